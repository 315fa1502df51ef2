use stripe_identity::simulator::{Outcome, Server};
use stripe_identity::{
    ApiKey, BlockingClient, CreateVerificationSession, LastErrorCode, ListVerificationSessions, SessionExpand,
    UpdateVerificationSession,
};

use crate::narration::{self, Failure};

/// Takes a session from its creation to its redaction. The simulator stands in for the user.
pub(crate) fn life(client: &BlockingClient, server: &Server) -> Result<(), Failure> {
    let sessions = client.verification_sessions();

    // The key is the id of a record of this attempt, not of the user, who may be verified again some day. In a program
    // the record is written before the call.
    let create = || {
        let params = CreateVerificationSession::document().require_matching_selfie(true).metadata("case", "7");
        sessions.create(params).idempotency_key("attempt-42")
    };
    let session = create().send()?;
    narration::created(&session);
    narration::repeated(&session, &create().send()?);
    let params = UpdateVerificationSession::new().require_live_capture(true);
    narration::updated(&sessions.update(&session.id, params).send()?);

    server.submit(&session.id, Outcome::Failed(LastErrorCode::DocumentExpired))?;
    narration::submitted("an expired document");
    narration::retrieved(&sessions.retrieve(&session.id).send()?);

    server.submit(&session.id, Outcome::Verified)?;
    narration::submitted("a valid document and a selfie");
    let verified = sessions.retrieve(&session.id).send()?;
    narration::retrieved(&verified);

    // A secret key cannot read the date of birth. A restricted key with the permission can.
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

    let other = sessions.create(CreateVerificationSession::id_number()).idempotency_key("attempt-43").send()?;
    narration::canceled(&sessions.cancel(&other.id).send()?);
    narration::list(&sessions.list(ListVerificationSessions::new().limit(5)).send()?);

    narration::refused(sessions.cancel(&session.id).send().err().as_ref());
    Ok(())
}

/// Takes a session as far as it goes without a user.
pub(crate) fn without_a_user(client: &BlockingClient) -> Result<(), Failure> {
    let sessions = client.verification_sessions();

    // No record outlives this run, so the client makes a random idempotency key.
    let session = sessions.create(CreateVerificationSession::document()).send()?;
    narration::created(&session);
    let params = UpdateVerificationSession::new().require_live_capture(true).metadata("case", "7");
    narration::updated(&sessions.update(&session.id, params).send()?);
    narration::retrieved(&sessions.retrieve(&session.id).send()?);
    narration::redacting(&sessions.redact(&session.id).send()?);
    narration::list(&sessions.list(ListVerificationSessions::new().limit(5)).send()?);
    Ok(())
}
