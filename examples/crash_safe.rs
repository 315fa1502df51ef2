//! A program that crashes after it has created a session and before it has stored the session's id. It creates no
//! second session.
//!
//! The idempotency key is the id of a record of the attempt to verify, which the program writes before the call.
//! Repeating the call for the same record returns the same session, even after a restart. Stripe keeps a key for at
//! least 24 hours and may forget it then. For an older record, the program first looks for a session whose
//! `client_reference_id` is the record's id, and creates one if there is none.

use std::error::Error;
use std::time::Duration;

use stripe_identity::simulator::SimulatorTransport;
use stripe_identity::{
    BlockingClient, Config, CreateVerificationSession, ListVerificationSessions, Timestamp, VerificationSessionId,
};

/// A row of the program's database, one for each time that a user verifies.
struct Attempt {
    /// Names no person: it is sent as an idempotency key, in a header, and is not hidden as a body is.
    id: String,
    written_at: Timestamp,
    session: Option<VerificationSessionId>,
}

/// How long the program relies on an idempotency key: less than 24 hours, since clocks differ and calls take time.
const KEY_LIFE: Duration = Duration::from_secs(23 * 3600);

/// Where the session of an attempt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Stored,
    Created,
    Replayed,
    LookedUp,
}

/// Returns the session of an attempt: the stored one, the one that was created before a crash, or a new one.
fn session_of(
    client: &BlockingClient,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(VerificationSessionId, Source), stripe_identity::Error> {
    if let Some(id) = &attempt.session {
        return Ok((id.clone(), Source::Stored));
    }
    let sessions = client.verification_sessions();
    let age = now.as_secs().saturating_sub(attempt.written_at.as_secs());
    if !u64::try_from(age).is_ok_and(|age| age < KEY_LIFE.as_secs()) {
        let ours = ListVerificationSessions::new().client_reference_id(attempt.id.as_str());
        if let Some(session) = sessions.list(ours).items().next().transpose()? {
            return Ok((session.id, Source::LookedUp));
        }
    }
    // The parameters follow from the record, since Stripe refuses other parameters under the same key.
    let params = CreateVerificationSession::document().client_reference_id(attempt.id.as_str());
    let session = sessions.create(params).idempotency_key(attempt.id.as_str()).send()?;
    let source = if session.meta().is_replayed() { Source::Replayed } else { Source::Created };
    Ok((session.into_inner().id, source))
}

fn main() -> Result<(), Box<dyn Error>> {
    let stripe = SimulatorTransport::new();
    let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
    let find = |attempt: &Attempt| {
        let (id, source) = session_of(&client, attempt, stripe.time())?;
        let source = match source {
            Source::Stored => "stored",
            Source::Created => "created",
            Source::Replayed => "the first response to the idempotency key again",
            Source::LookedUp => "found by its client_reference_id, since the key may be forgotten",
        };
        println!("  {id}: {source}");
        Ok::<_, stripe_identity::Error>(id)
    };

    println!("The program writes a record, creates a session, and crashes before it stores the session's id.");
    let mut attempt = Attempt { id: "attempt-7".to_owned(), written_at: stripe.time(), session: None };
    let lost = find(&attempt)?;

    println!("It restarts a minute later, and crashes again.");
    stripe.advance(Duration::from_secs(60));
    assert_eq!(find(&attempt)?, lost);

    println!("It restarts two days later, and stores the id.");
    stripe.advance(Duration::from_secs(2 * 24 * 3600));
    attempt.session = Some(find(&attempt)?);
    assert_eq!(attempt.session.as_ref(), Some(&lost));

    println!("It needs the session again.");
    find(&attempt)?;

    // The URL of a replayed response may be used up or expired, so a program retrieves it before it redirects the user.
    let session = client.verification_sessions().retrieve(&lost).send()?;
    let all = client.verification_sessions().list(ListVerificationSessions::new()).send()?;
    println!("Stripe has {} session, which waits for its user:", all.data.len());
    println!("  {}: {}", session.id, session.status);
    assert_eq!(all.data.len(), 1);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HOUR: u64 = 3600;

    fn setup() -> (SimulatorTransport, BlockingClient, Attempt) {
        let stripe = SimulatorTransport::new();
        let client = BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe.clone());
        let attempt = Attempt { id: "attempt-1".to_owned(), written_at: stripe.time(), session: None };
        (stripe, client, attempt)
    }

    fn count(client: &BlockingClient) -> usize {
        client.verification_sessions().list(ListVerificationSessions::new()).items().count()
    }

    #[test]
    fn lost_session_is_found_at_any_age() {
        for (hours, source) in [
            (0, Source::Replayed),
            (22, Source::Replayed),
            (23, Source::LookedUp),
            (24, Source::LookedUp),
            (25, Source::LookedUp),
            (24 * 400, Source::LookedUp),
        ] {
            let (stripe, client, attempt) = setup();
            let (lost, source_of_first) = session_of(&client, &attempt, stripe.time()).unwrap();
            assert_eq!(source_of_first, Source::Created);
            stripe.advance(Duration::from_secs(hours * HOUR));
            for _ in 0..2 {
                assert_eq!(session_of(&client, &attempt, stripe.time()).unwrap(), (lost.clone(), source), "{hours} h");
            }
            assert_eq!(count(&client), 1, "{hours} h");
        }
    }

    #[test]
    fn attempt_that_never_reached_stripe_creates_a_session_at_any_age() {
        let (stripe, client, mut attempt) = setup();
        stripe.advance(Duration::from_secs(48 * HOUR));
        let (id, source) = session_of(&client, &attempt, stripe.time()).unwrap();
        assert_eq!(source, Source::Created);
        assert_eq!(session_of(&client, &attempt, stripe.time()).unwrap(), (id.clone(), Source::LookedUp));
        attempt.session = Some(id.clone());
        assert_eq!(session_of(&client, &attempt, stripe.time()).unwrap(), (id, Source::Stored));
        assert_eq!(count(&client), 1);
    }

    #[test]
    fn second_attempt_of_a_user_creates_another_session() {
        let (stripe, client, first) = setup();
        let second = Attempt { id: "attempt-2".to_owned(), written_at: stripe.time(), session: None };
        let found = |attempt| session_of(&client, attempt, stripe.time()).unwrap().0;
        let before = [found(&first), found(&second)];
        assert_ne!(before[0], before[1]);
        stripe.advance(Duration::from_secs(48 * HOUR));
        assert_eq!([found(&first), found(&second)], before);
    }

    #[test]
    fn record_from_the_future_is_looked_up() {
        let (stripe, client, mut attempt) = setup();
        session_of(&client, &attempt, stripe.time()).unwrap();
        attempt.written_at = stripe.time();
        let before = Timestamp::from_secs(stripe.time().as_secs() - 1);
        assert_eq!(session_of(&client, &attempt, before).unwrap().1, Source::LookedUp);
    }
}
