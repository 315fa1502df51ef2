//! A receiver of webhooks with axum and SQLite. It verifies each delivery, dispatches by a `match` on the event's type,
//! and applies each event exactly once: it commits the event's id in the same transaction as the effect.
//!
//! The simulator stands in for Stripe. It delivers 1200 events, each twice, in any order.

#[cfg(test)]
mod exactly_once;
mod receiver;
mod store;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use receiver::{Receiver, receive};
use store::{Store, Totals};
use stripe_identity::simulator::{Clock, Outcome, Server, Simulator, WebhookEndpoint};
use stripe_identity::webhook::Verifier;
use stripe_identity::{Client, Config, CreateVerificationSession, HyperTransport};
use tokio::net::TcpListener;

const SECRET: &str = "whsec_made_up";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let stripe = Server::start("127.0.0.1:0", Simulator::builder().seed(1).clock(Clock::Real).build())?;
    let config = Config::builder("sk_test_123").base_url(stripe.url()).build()?;
    let client = Client::new(config, HyperTransport::new()?);
    let store = Store::create()?;

    let receiver = Receiver { verifier: Verifier::new(SECRET)?, store: store.clone() };
    let router = Router::new().route("/webhook", post(receive)).with_state(Arc::new(receiver));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhook", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, router).into_future());
    stripe.add_webhook(WebhookEndpoint::new(&url, SECRET)?.in_disorder());

    println!("400 users. Of each four, one fails and then succeeds, one succeeds, one fails, and one submits nothing.");
    println!("The simulator delivers an event when a session is created, is processing, fails or is verified.");
    println!("The receiver records a bonus when a user is verified, and a failure when a try fails.");
    println!();
    let outcomes = [Outcome::Failed("selfie_face_mismatch".into()), Outcome::Verified];
    for number in 0..400 {
        let session = client
            .verification_sessions()
            .create(CreateVerificationSession::document().require_matching_selfie(true))
            .idempotency_key(format!("attempt-{number}"))
            .await?;
        for outcome in [&outcomes[..], &outcomes[1..], &outcomes[..1], &[]][number % 4] {
            stripe.submit(&session, outcome)?;
        }
    }

    // Each session has one event for its creation and two for each submission.
    let expected = Totals { deliveries: 2400, bonuses: 200, spent: 200, failures: 200 };
    let all_delivered = async {
        while store.totals().unwrap_or_default().deliveries < expected.deliveries {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(300), all_delivered).await?;
    let totals = store.totals()?;
    assert_eq!(totals, expected);
    println!("{} deliveries arrived: 1200 events, each twice and in any order.", totals.deliveries);
    println!("Each event took effect once: {} bonuses and {} failures.", totals.bonuses, totals.failures);
    Ok(())
}
