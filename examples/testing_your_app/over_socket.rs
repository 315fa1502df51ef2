//! Tests with the simulator as a server. They show the application with its production transport, over connections that
//! really break, and its route for webhooks. They cannot show TLS, DNS or proxies, and retries wait in real time. A few
//! are enough.
//!
//! An application in another language is tested in the same way: see `examples/recipes`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::routing::post;
use stripe_identity::simulator::{Fault, Outcome, RequestPattern, Server, Simulator, WebhookEndpoint};
use stripe_identity::webhook::{SIGNATURE_HEADER, Verifier};
use stripe_identity::{Client, Config, HyperTransport};
use tokio::net::TcpListener;

use crate::setup::{ATTEMPT, TODAY, WEBHOOK_SECRET, application};
use crate::sign_up::SignUp;

fn setup() -> (Server, Arc<SignUp>) {
    let stripe = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let config = Config::builder("sk_test_123").base_url(stripe.url()).build().unwrap();
    let client = Client::new(config, HyperTransport::new().unwrap());
    (stripe, Arc::new(application(client, Verifier::new(WEBHOOK_SECRET).unwrap()).unwrap()))
}

/// Serves the application's route for webhooks. Returns its URL.
async fn serve(sign_up: Arc<SignUp>) -> String {
    let receive = move |headers: HeaderMap, body: Bytes| async move {
        sign_up.receive(&body, headers.get(SIGNATURE_HEADER).map(HeaderValue::as_bytes), TODAY).await
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Router::new().route("/webhook", post(receive))).into_future());
    url
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn lost_response_makes_one_session() {
    let (stripe, sign_up) = setup();
    stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));

    let session = sign_up.start(ATTEMPT).await.unwrap();

    assert!(session.url.is_some());
    stripe.verify(RequestPattern::create_session().idempotency_key(ATTEMPT).and_no_other()).unwrap();
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn webhook_admits_the_user() {
    let (stripe, sign_up) = setup();
    let url = serve(sign_up.clone()).await;
    stripe.add_webhook(WebhookEndpoint::new(&url, WEBHOOK_SECRET).unwrap());

    let session = sign_up.start(ATTEMPT).await.unwrap();
    stripe.submit(&session.id, Outcome::Verified).unwrap();

    let admitted = async {
        while !sign_up.is_admitted(&session.id) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), admitted).await.unwrap();
}
