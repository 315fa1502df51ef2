//! A receiver of webhooks with axum: it answers at once, takes each event once, knows every session by its events, and
//! reads what a verified person's documents say with a second, restricted key.
//!
//! Here the simulator stands in for Stripe, on a bad day: more than a thousand events, each twice, in any order.

mod receiver;
mod worker;

use std::error::Error;
use std::time::Duration;

use stripe_identity::simulator::{Outcome, Server, Simulator, WebhookEndpoint};
use stripe_identity::webhook::Verifier;
use stripe_identity::{
    ApiKey, Client, Config, CreateVerificationSession, HyperTransport, ListEvents, ListVerificationSessions, Timestamp,
};
use tokio::net::TcpListener;
use worker::Worker;

const SECRET: &str = "whsec_made_up";
const SESSIONS: usize = 400;
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let stripe = Server::start("127.0.0.1:0", Simulator::with_seed(1).with_clock(Timestamp::now))?;
    let verifier = Verifier::new(SECRET)?;
    let config = Config::builder("sk_test_123").base_url(stripe.url()).build()?;
    let client = Client::new(config, HyperTransport::new()?);

    // The program under way: a receiver that answers at once, and a worker behind it.
    let (worker, queue) = Worker::new(client.clone(), ApiKey::new("rk_test_123")?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/webhook", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, receiver::router(verifier, queue)).into_future());
    let records = worker.records();
    tokio::spawn(worker.run());

    // What happens at Stripe meanwhile.
    stripe.add_webhook(WebhookEndpoint::new(&url, SECRET)?.in_disorder());
    live(&stripe, &client).await?;

    let events = client.events().list(ListEvents::new().limit(100)).items().collect_up_to(100_000).await?.len();
    let all_came = async {
        while records.deliveries() < 2 * events || records.is_behind() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_came).await?;
    println!("{events} events came {} times", records.deliveries());

    let mut sessions = client.verification_sessions().list(ListVerificationSessions::new().limit(100)).items();
    let mut right = 0;
    while let Some(session) = sessions.next().await {
        let session = session?;
        let known = records.known(&session.id).ok_or("a session is not known")?;
        assert_eq!((known.state, known.redaction), (session.state(), session.redaction_state()), "{}", session.id);
        right += 1;
    }
    println!("{right} of {SESSIONS} sessions are known as they are");
    println!("{} people were verified; of {} it is known that they are of age", records.verified(), records.adults());
    assert!(events > 1000 && right == SESSIONS && records.verified() == SESSIONS / 2);
    Ok(())
}

/// Sessions are created, and people try, fail, try again and are forgotten.
async fn live(stripe: &Server, client: &Client) -> Result<(), Box<dyn Error>> {
    let sessions = client.verification_sessions();
    let a_while = || stripe.advance(Duration::from_secs(1));
    for number in 0..SESSIONS {
        let session = sessions.create(CreateVerificationSession::document()).await?;
        let tries = [Outcome::Failed("selfie_face_mismatch".into()), Outcome::Verified];
        let tries = [&tries[..], &tries[1..], &tries[..1], &[]][number % 4];
        for outcome in tries {
            a_while();
            stripe.start_processing(&session)?;
            a_while();
            stripe.finish_processing(&session, outcome)?;
        }
        a_while();
        if number % 8 == 3 {
            sessions.cancel(&session).await?;
        } else if number % 8 == 4 {
            sessions.redact(&session).await?;
            a_while();
            stripe.finish_redaction(&session)?;
        }
    }
    Ok(())
}
