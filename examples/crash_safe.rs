//! A program that crashes between creating a session and writing down its id, and makes no second session.
//!
//! The idempotency key comes from the program's own record of the case, which is written before the call. Whoever repeats
//! the call for the same record, today or after a restart, gets the session that is there. Stripe keeps a key for at least
//! 24 hours; who comes later looks for the session by the record's id instead.

use std::error::Error;
use std::time::Duration;

use stripe_identity::simulator::SimulatorTransport;
use stripe_identity::{
    BlockingClient, Config, CreateVerificationSession, ListVerificationSessions, VerificationSessionId,
};

/// A row of the program's database.
struct Case {
    /// Its own id: it names no person, since it goes to Stripe in a header and in the clear.
    id: String,
    session: Option<VerificationSessionId>,
}

const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// The session of a case: the one that is written down, the one that was made and not written down, or a new one.
fn session_of(client: &BlockingClient, case: &Case, age: Duration) -> Result<VerificationSessionId, Box<dyn Error>> {
    if let Some(id) = &case.session {
        return Ok(id.clone());
    }
    let sessions = client.verification_sessions();
    if age >= A_DAY {
        let ours = ListVerificationSessions::new().client_reference_id(case.id.as_str());
        if let Some(session) = sessions.list(ours).items().collect_up_to(1)?.pop() {
            return Ok(session.id);
        }
    }
    // The same parameters each time: another request under the same key would be refused.
    let params = CreateVerificationSession::document().client_reference_id(case.id.as_str());
    let session = sessions.create(params).idempotency_key(format!("verification-{}", case.id)).send()?;
    println!("  asked Stripe: {}", if session.is_replayed() { "it is there already" } else { "it is new" });
    Ok(session.into_inner().id)
}

fn main() -> Result<(), Box<dyn Error>> {
    let stripe = SimulatorTransport::default();
    let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
    let mut case = Case { id: "case-7".to_owned(), session: None };

    println!("The program creates a session and crashes before it writes down the id.");
    let lost = session_of(&client, &case, Duration::ZERO)?;

    println!("It starts again and finds the case without a session.");
    let found = session_of(&client, &case, Duration::from_secs(60))?;
    assert_eq!(found, lost);

    println!("It crashes again, and starts two days later.");
    stripe.advance(2 * A_DAY);
    let found = session_of(&client, &case, 2 * A_DAY)?;
    assert_eq!(found, lost);
    case.session = Some(found);

    let all = client.verification_sessions().list(ListVerificationSessions::new()).send()?;
    assert_eq!(all.data.len(), 1);
    println!("There is one session, and the case knows it: {}", session_of(&client, &case, 2 * A_DAY)?);
    Ok(())
}
