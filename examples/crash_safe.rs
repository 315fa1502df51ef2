//! A program that crashes between creating a session and writing down its id, and makes no second session.
//!
//! The idempotency key is the id of the program's own record of the attempt to verify, which is written before the call.
//! Repeating the call for the same record, today or after a restart, gives the session that is there. Stripe keeps a key
//! for at least 24 hours and may forget it then. For an older record, the program looks for the session by the record's id,
//! which the session has as its `client_reference_id`, before it creates one.

use std::error::Error;
use std::time::Duration;

use stripe_identity::simulator::SimulatorTransport;
use stripe_identity::{
    BlockingClient, Config, CreateVerificationSession, ListVerificationSessions, Timestamp, VerificationSessionId,
};

/// A row of the program's database: one for each time that a user is to be verified.
struct Attempt {
    /// It names no person, since it goes to Stripe in a header and in the clear.
    id: String,
    written_at: Timestamp,
    session: Option<VerificationSessionId>,
}

/// For how long an idempotency key is relied on: less than 24 hours, since clocks differ and calls take time.
const KEY_LIFE: Duration = Duration::from_secs(23 * 3600);

/// How the session of an attempt was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    WrittenDown,
    Created,
    Replayed,
    LookedUp,
}

/// The session of an attempt: the one that is written down, the one that was made and not written down, or a new one.
fn session_of(
    client: &BlockingClient,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(VerificationSessionId, Source), stripe_identity::Error> {
    if let Some(id) = &attempt.session {
        return Ok((id.clone(), Source::WrittenDown));
    }
    let sessions = client.verification_sessions();
    let age = now.as_secs().saturating_sub(attempt.written_at.as_secs());
    if !u64::try_from(age).is_ok_and(|age| age < KEY_LIFE.as_secs()) {
        let ours = ListVerificationSessions::new().client_reference_id(attempt.id.as_str());
        if let Some(session) = sessions.list(ours).items().next().transpose()? {
            return Ok((session.id, Source::LookedUp));
        }
    }
    // The same parameters each time: another request under the same key would be refused.
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
        let how = match source {
            Source::WrittenDown => "it is written down",
            Source::Created => "the call made it",
            Source::Replayed => "the call gave the first response again, since Stripe knows the key",
            Source::LookedUp => "the key may be forgotten, so the list was asked for the attempt's id",
        };
        println!("  {id}: {how}");
        Ok::<_, stripe_identity::Error>(id)
    };

    println!("The program writes down an attempt, creates a session and crashes before it writes down its id.");
    let mut attempt = Attempt { id: "attempt-7".to_owned(), written_at: stripe.time(), session: None };
    let lost = find(&attempt)?;

    println!("A minute later it starts again and finds the attempt without a session.");
    stripe.advance(Duration::from_secs(60));
    assert_eq!(find(&attempt)?, lost);

    println!("It crashes again, and starts two days later.");
    stripe.advance(Duration::from_secs(2 * 24 * 3600));
    attempt.session = Some(find(&attempt)?);
    assert_eq!(attempt.session.as_ref(), Some(&lost));

    println!("Now it is written down.");
    find(&attempt)?;

    // A response that is given again is as old as its key: what is to be sent to the user is asked for afresh.
    let session = client.verification_sessions().retrieve(&lost).send()?;
    println!("The session that the user is sent to is {}, {}.", session.id, session.status);
    let all = client.verification_sessions().list(ListVerificationSessions::new()).send()?;
    println!("There is {} session.", all.data.len());
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
    fn lost_session_is_found_at_any_age_and_made_once() {
        for (hours, source) in [
            (0, Source::Replayed),
            (22, Source::Replayed),
            (23, Source::LookedUp),
            (24, Source::LookedUp),
            (25, Source::LookedUp),
            (24 * 400, Source::LookedUp),
        ] {
            let (stripe, client, attempt) = setup();
            let (lost, made) = session_of(&client, &attempt, stripe.time()).unwrap();
            assert_eq!(made, Source::Created);
            stripe.advance(Duration::from_secs(hours * HOUR));
            for _ in 0..2 {
                assert_eq!(session_of(&client, &attempt, stripe.time()).unwrap(), (lost.clone(), source), "{hours} h");
            }
            assert_eq!(count(&client), 1, "{hours} h");
        }
    }

    #[test]
    fn attempt_that_never_reached_stripe_is_made_at_any_age() {
        let (stripe, client, mut attempt) = setup();
        stripe.advance(Duration::from_secs(48 * HOUR));
        let (id, source) = session_of(&client, &attempt, stripe.time()).unwrap();
        assert_eq!(source, Source::Created);
        assert_eq!(session_of(&client, &attempt, stripe.time()).unwrap(), (id.clone(), Source::LookedUp));
        attempt.session = Some(id.clone());
        assert_eq!(session_of(&client, &attempt, stripe.time()).unwrap(), (id, Source::WrittenDown));
        assert_eq!(count(&client), 1);
    }

    #[test]
    fn second_attempt_of_a_user_is_a_session_of_its_own() {
        let (stripe, client, first) = setup();
        let second = Attempt { id: "attempt-2".to_owned(), written_at: stripe.time(), session: None };
        let found = |attempt| session_of(&client, attempt, stripe.time()).unwrap().0;
        let before = [found(&first), found(&second)];
        assert_ne!(before[0], before[1]);
        stripe.advance(Duration::from_secs(48 * HOUR));
        assert_eq!([found(&first), found(&second)], before);
    }

    #[test]
    fn record_of_the_future_is_looked_up() {
        let (stripe, client, mut attempt) = setup();
        session_of(&client, &attempt, stripe.time()).unwrap();
        attempt.written_at = stripe.time();
        let before = Timestamp::from_secs(stripe.time().as_secs() - 1);
        assert_eq!(session_of(&client, &attempt, before).unwrap().1, Source::LookedUp);
    }
}
