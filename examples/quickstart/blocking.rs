use stripe_identity::simulator::{Outcome, Server};
use stripe_identity::{
    ApiKey, BlockingClient, CreateVerificationSession, LastErrorCode, ListVerificationSessions, SessionExpand,
    UpdateVerificationSession,
};

use crate::narration::{self, Failure};

/// From creating a session to redacting it; the simulator stands in for the person.
pub(crate) fn life(client: &BlockingClient, server: &Server) -> Result<(), Failure> {
    let sessions = client.verification_sessions();

    // The key is the id of the program's record of this attempt, not of the user, who may be verified again some day.
    let create = || {
        let params = CreateVerificationSession::document().require_matching_selfie(true).metadata("case", "7");
        sessions.create(params).idempotency_key("attempt-42")
    };
    let session = create().send()?;
    narration::created(&session);
    narration::repeated(&session, &create().send()?);

    server.submit(&session.id, Outcome::Failed(LastErrorCode::DocumentExpired))?;
    narration::tried(&sessions.retrieve(&session.id).send()?);

    server.submit(&session.id, Outcome::Verified)?;
    let verified = sessions.retrieve(&session.id).send()?;
    narration::tried(&verified);

    // The date of birth takes a key of its own, which may read sensitive fields.
    let restricted = ApiKey::new("rk_test_123")?;
    let expand = [SessionExpand::VerifiedOutputs, SessionExpand::Dob];
    narration::outputs(&sessions.retrieve(&session.id).expand(expand).api_key(restricted).send()?);

    if let Some(report) = &verified.last_verification_report {
        narration::report(&client.verification_reports().retrieve(report.id()).send()?);
    }

    narration::redacting(&sessions.redact(&session.id).send()?);
    server.finish_redaction(&session.id)?;
    let expand = [SessionExpand::VerifiedOutputs];
    narration::redacted(&sessions.retrieve(&session.id).expand(expand).send()?);

    let other = sessions.create(CreateVerificationSession::id_number()).send()?;
    sessions.cancel(&other.id).send()?;
    narration::list(&sessions.list(ListVerificationSessions::new().limit(5)).send()?);

    narration::refused(sessions.cancel(&session.id).send().err().as_ref());
    Ok(())
}

/// What can be shown of a session whose user never comes.
pub(crate) fn without_a_person(client: &BlockingClient) -> Result<(), Failure> {
    let sessions = client.verification_sessions();

    let session = sessions.create(CreateVerificationSession::document()).send()?;
    narration::created(&session);
    let params = UpdateVerificationSession::new().require_live_capture(true).metadata("case", "7");
    narration::updated(&sessions.update(&session.id, params).send()?);
    narration::tried(&sessions.retrieve(&session.id).send()?);
    narration::redacting(&sessions.redact(&session.id).send()?);
    narration::list(&sessions.list(ListVerificationSessions::new().limit(5)).send()?);
    Ok(())
}
