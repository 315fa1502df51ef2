//! The program under test, which wants to know when people were born.

use stripe_identity::{Client, Error, Sensitive, SessionExpand, VerificationSessionId, VerificationSessionStatus};

/// Returns the year in which the person of a session was born, once the person is verified. The client has a restricted
/// key: as at Stripe, no other key reads a date of birth.
pub async fn year_of_birth(restricted: &Client, session: &VerificationSessionId) -> Result<Option<i64>, Error> {
    let session = restricted.verification_sessions().retrieve(session).expand([SessionExpand::Dob]).await?;
    if session.status != VerificationSessionStatus::Verified {
        return Ok(None);
    }
    let outputs = session.into_inner().verified_outputs;
    Ok(outputs.and_then(|outputs| outputs.dob).map(Sensitive::into_inner).and_then(|dob| dob.year))
}
