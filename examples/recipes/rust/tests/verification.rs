//! cargo test

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use stripe_identity::simulator::{Outcome, Person, Server, Simulator, Submission, WebhookEndpoint};
use stripe_identity::webhook::Verifier;
use stripe_identity::{Client, Config, CreateVerificationSession, EventType, HyperTransport, LastErrorCode};
use stripe_identity_recipe::year_of_birth;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

const SECRET: &str = "whsec_made_up";

/// One simulator for all tests of this file.
static SIMULATOR: LazyLock<Server> = LazyLock::new(|| Server::start("127.0.0.1:0", Simulator::new()).unwrap());

/// Returns a client with a secret key, one with a restricted key, and their new world, which no other test sees.
fn clients() -> (Client, Client, Simulator) {
    let world = fastrand::u64(..);
    let client = |key: &str| {
        let config = Config::builder(key).base_url(SIMULATOR.url()).build().unwrap();
        Client::new(config, HyperTransport::new().unwrap())
    };
    let (secret, restricted) = (format!("sk_test_{world}"), format!("rk_test_{world}"));
    (client(&secret), client(&restricted), SIMULATOR.world(&secret).unwrap())
}

/// Starts a server for webhooks. Returns its URL, and the bodies and headers that it receives.
async fn receiver() -> (String, mpsc::UnboundedReceiver<(Bytes, HeaderMap)>) {
    let (sender, received) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    let receive = |headers: HeaderMap, body: Bytes| async move { sender.send((body, headers)).unwrap() };
    let router = Router::new().route("/webhook", post(receive));
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, received)
}

#[tokio::test]
async fn verified_person_is_announced_by_a_webhook() {
    let (client, restricted, world) = clients();
    let (url, mut received) = receiver().await;
    world.add_webhook(WebhookEndpoint::new(&url, SECRET).unwrap());

    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    assert_eq!(year_of_birth(&restricted, &session.id).await.unwrap(), None);
    // Submits in place of the user of the session.
    let person = Person::from_seed(1).born(1990, 5, 1);
    world.submit(&session.id, Submission::verified().person(person)).unwrap();

    let verifier = Verifier::new(SECRET).unwrap();
    loop {
        let webhook = tokio::time::timeout(Duration::from_secs(60), received.recv()).await.unwrap();
        let (body, headers) = webhook.unwrap();
        let signature = headers.get("stripe-signature").map(|signature| signature.as_bytes());
        let event = verifier.verify_event(&body, signature).unwrap();
        if event.type_ == EventType::VerificationSessionVerified {
            assert_eq!(event.verification_session().unwrap().id, session.id);
            break;
        }
    }
    assert_eq!(year_of_birth(&restricted, &session.id).await.unwrap(), Some(1990));
}

#[tokio::test]
async fn expired_document_is_followed_by_a_second_try() {
    let (client, restricted, world) = clients();
    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    world.submit(&session.id, Outcome::Failed(LastErrorCode::DocumentExpired)).unwrap();
    assert_eq!(year_of_birth(&restricted, &session.id).await.unwrap(), None);
    world.submit(&session.id, Outcome::Verified).unwrap();
    assert!(year_of_birth(&restricted, &session.id).await.unwrap().is_some());
}
