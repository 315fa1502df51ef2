//! Tests that each event is applied exactly once, whatever happens to its deliveries.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use stripe_identity::simulator::{Outcome, Simulator, SimulatorTransport, WebhookEndpoint};
use stripe_identity::webhook::{SIGNATURE_HEADER, Verifier};
use stripe_identity::{BlockingClient, Config, CreateVerificationSession};

use crate::SECRET;
use crate::receiver::{Receiver, receive};
use crate::store::{Store, Totals};

/// Returns the deliveries for a number of users, each of whom fails once and then succeeds.
fn deliveries(users: usize) -> (SimulatorTransport, Vec<Request<Bytes>>) {
    let stripe = SimulatorTransport::from(Simulator::with_seed(1));
    stripe.add_webhook(WebhookEndpoint::new("http://127.0.0.1:1/webhook", SECRET).unwrap().in_disorder());
    let sessions = BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe.clone()).verification_sessions();
    for _ in 0..users {
        let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
        stripe.submit(&session, Outcome::Failed("document_expired".into())).unwrap();
        stripe.submit(&session, Outcome::Verified).unwrap();
    }
    let mut deliveries = Vec::new();
    stripe.deliver_to(|request| {
        deliveries.push(request);
        StatusCode::OK
    });
    assert_eq!(deliveries.len(), 2 * 5 * users);
    (stripe, deliveries)
}

fn receiver(stripe: SimulatorTransport) -> Arc<Receiver> {
    let verifier = Verifier::new(SECRET).unwrap().clock(move || stripe.time());
    Arc::new(Receiver { verifier, store: Store::create().unwrap() })
}

async fn deliver(receiver: &Arc<Receiver>, delivery: &Request<Bytes>) -> StatusCode {
    receive(State(receiver.clone()), delivery.headers().clone(), delivery.body().clone()).await
}

fn is_verified(delivery: &Request<Bytes>) -> bool {
    String::from_utf8_lossy(delivery.body()).contains("identity.verification_session.verified")
}

#[tokio::test]
async fn shuffled_duplicates_make_each_effect_once() {
    let (stripe, deliveries) = deliveries(50);
    let receiver = receiver(stripe);
    for delivery in &deliveries {
        assert_eq!(deliver(&receiver, delivery).await, StatusCode::OK);
    }
    let expected = Totals { deliveries: 500, bonuses: 50, spent: 50, failures: 50 };
    assert_eq!(receiver.store.totals().unwrap(), expected);
}

#[tokio::test]
async fn effect_that_fails_halfway_is_rolled_back_and_made_once_on_redelivery() {
    let (stripe, deliveries) = deliveries(1);
    let receiver = receiver(stripe);
    let verified: Vec<_> = deliveries.iter().filter(|delivery| is_verified(delivery)).collect();
    let sql = |sql| receiver.store.connection().execute_batch(sql).unwrap();

    // The bonus is inserted before this fails.
    sql("CREATE TRIGGER outage BEFORE UPDATE ON budget BEGIN SELECT RAISE(ABORT, 'outage'); END");
    assert_eq!(deliver(&receiver, verified[0]).await, StatusCode::INTERNAL_SERVER_ERROR);
    let nothing = Totals { deliveries: 0, bonuses: 0, spent: 0, failures: 0 };
    assert_eq!(receiver.store.totals().unwrap(), nothing);

    sql("DROP TRIGGER outage");
    assert_eq!(deliver(&receiver, verified[0]).await, StatusCode::OK);
    assert_eq!(deliver(&receiver, verified[1]).await, StatusCode::OK);
    let once = Totals { deliveries: 2, bonuses: 1, spent: 1, failures: 0 };
    assert_eq!(receiver.store.totals().unwrap(), once);
}

#[tokio::test]
async fn concurrent_duplicates_make_the_effect_once() {
    let (stripe, deliveries) = deliveries(1);
    let receiver = receiver(stripe);
    let verified = deliveries.iter().find(|delivery| is_verified(delivery)).unwrap();
    let all = [(); 8].map(|()| {
        let (receiver, headers, body) = (receiver.clone(), verified.headers().clone(), verified.body().clone());
        tokio::spawn(receive(State(receiver), headers, body))
    });
    for response in all {
        assert_eq!(response.await.unwrap(), StatusCode::OK);
    }
    let once = Totals { deliveries: 8, bonuses: 1, spent: 1, failures: 0 };
    assert_eq!(receiver.store.totals().unwrap(), once);
}

#[tokio::test]
async fn forged_delivery_is_rejected_and_changes_nothing() {
    let (stripe, mut deliveries) = deliveries(1);
    let receiver = receiver(stripe);
    for delivery in &mut deliveries {
        *delivery.body_mut() = [delivery.body(), &b" "[..]].concat().into();
        assert_eq!(deliver(&receiver, delivery).await, StatusCode::BAD_REQUEST);
        delivery.headers_mut().remove(SIGNATURE_HEADER);
        assert_eq!(deliver(&receiver, delivery).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(receiver.store.totals().unwrap().deliveries, 0);
}
