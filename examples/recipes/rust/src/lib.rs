//! The program under test. It reads when a verified person was born.

use stripe_identity::{Client, Error, Sensitive, SessionExpand, VerificationSessionId, VerificationSessionStatus};

/// Returns the year in which the person of a session was born, or `None` if the person is not verified. The client must
/// have a restricted key: as at Stripe, no other key can read a date of birth.
pub async fn year_of_birth(restricted: &Client, session: &VerificationSessionId) -> Result<Option<i64>, Error> {
    let session = restricted.verification_sessions().retrieve(session).expand([SessionExpand::Dob]).await?;
    if session.status != VerificationSessionStatus::Verified {
        return Ok(None);
    }
    let outputs = session.into_inner().verified_outputs;
    Ok(outputs.and_then(|outputs| outputs.dob).map(Sensitive::into_inner).and_then(|dob| dob.year))
}
