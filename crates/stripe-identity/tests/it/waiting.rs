//! `wait_until` over the simulator, whose clock advances by the waits.

use std::time::Duration;

use stripe_identity::{
    BlockingClient, Client, Config, CreateVerificationSession, ErrorKind, SessionState, VerificationSession,
};
use stripe_identity_simulator::{Outcome, SimulatorTransport};

const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Returns settings under which the newest session is submitted after its poll with the number `polls`.
fn config(stripe: &SimulatorTransport, polls: u32) -> Config {
    let person = stripe.clone();
    Config::builder("sk_test_123")
        .on_attempt(move |attempt| {
            if attempt.number == polls && attempt.path_template.ends_with("{session}") {
                let newest = BlockingClient::new(Config::new("sk_test_123").unwrap(), person.clone());
                let sessions = newest.verification_sessions().list(stripe_identity::ListVerificationSessions::new());
                // Fails if the session is decided already.
                let _ = person.submit(&sessions.send().unwrap().data[0].id, Outcome::Verified);
            }
        })
        .build()
        .unwrap()
}

#[test]
fn blocking_wait_until_ends_with_decision_and_redaction() {
    let stripe = SimulatorTransport::new();
    let client = BlockingClient::new(config(&stripe, 4), stripe.clone());
    let sessions = client.verification_sessions();
    let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
    let began = stripe.time();
    let decided = sessions.retrieve(&session).wait_until(VerificationSession::is_decided, TEN_MINUTES).send().unwrap();
    assert_eq!(decided.state(), SessionState::Verified);
    assert!((5..=15).contains(&(stripe.time().as_secs() - began.as_secs())));

    sessions.redact(&session).send().unwrap();
    let redacted = || sessions.retrieve(&session).wait_until(VerificationSession::is_redacted, TEN_MINUTES).send();
    assert_eq!(redacted().unwrap_err().kind(), ErrorKind::WaitTimedOut);
    stripe.finish_redaction(&session).unwrap();
    assert!(redacted().unwrap().is_redacted());
}

#[tokio::test]
async fn async_wait_until_ends_with_decision_and_redaction() {
    let stripe = SimulatorTransport::new();
    let client = Client::new(config(&stripe, 4), stripe.clone());
    let sessions = client.verification_sessions();
    let session = sessions.create(CreateVerificationSession::document()).await.unwrap();
    let waiting = sessions.retrieve(&session).wait_until(VerificationSession::is_decided, TEN_MINUTES);
    assert_eq!(waiting.await.unwrap().state(), SessionState::Verified);
    let waiting = sessions.retrieve(&session).wait_until(VerificationSession::is_redacted, TEN_MINUTES);
    assert_eq!(waiting.await.unwrap_err().kind(), ErrorKind::WaitTimedOut);
}

#[tokio::test]
async fn wait_until_yields_to_other_tasks_of_its_thread() {
    let stripe = SimulatorTransport::new();
    let client = Client::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    let call = client.verification_sessions().retrieve(&session);
    let waiting = call.wait_until(VerificationSession::is_decided, TEN_MINUTES).into_future();
    let person = async {
        tokio::task::yield_now().await;
        stripe.submit(&session, Outcome::Verified).unwrap();
    };
    let (decided, ()) = tokio::join!(waiting, person);
    assert!((2..=4).contains(&decided.unwrap().meta().attempts()));
}

#[tokio::test]
async fn time_limit_counts_from_the_first_poll_of_the_future() {
    let stripe = SimulatorTransport::new();
    let client = Client::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    let call = client.verification_sessions().retrieve(&session);
    let waiting = call.wait_until(VerificationSession::is_decided, TEN_MINUTES).into_future();
    let began = stripe.time().as_secs();
    stripe.advance(2 * TEN_MINUTES);
    assert_eq!(waiting.await.unwrap_err().kind(), ErrorKind::WaitTimedOut);
    assert!(stripe.time().as_secs() - began > 1700, "the time limit began before the first poll");
}
