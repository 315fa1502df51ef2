//! The application: a sign-up that admits users once they are verified and of age.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use stripe_identity::http::StatusCode;
use stripe_identity::webhook::Verifier;
use stripe_identity::{
    ApiKey, Client, CreateVerificationSession, Date, Error, EventType, RedactionState, SessionExpand, SessionState,
    VerificationSession, VerificationSessionId,
};

const MIN_AGE: i64 = 18;

/// Production creates one when it starts, with a [`Client`] over its transport. A test differs only in the transport.
pub(crate) struct SignUp {
    stripe: Client,
    /// A secret key cannot read dates of birth.
    restricted_key: ApiKey,
    verifier: Verifier,
    /// Stands in for a table of the database.
    admitted: Mutex<HashSet<VerificationSessionId>>,
}

/// The decision about a user, by the user's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The user is verified and of age.
    Admit,
    /// The user is a minor or has no date of birth, or the session is canceled or redacted.
    Refuse,
    /// The last try failed. The user may try again, and can be shown the reason.
    TryAgain { reason: Option<String> },
    /// The user has not submitted yet, or the checks are running.
    Wait,
}

impl SignUp {
    pub(crate) fn new(stripe: Client, restricted_key: ApiKey, verifier: Verifier) -> Self {
        Self { stripe, restricted_key, verifier, admitted: Mutex::default() }
    }

    /// Starts a verification. `attempt` is the id of a record that was written before this call, one for each time that
    /// a user verifies. After a failure, repeat the call with the same id, within 24 hours. The example `crash_safe`
    /// shows what to do later.
    pub(crate) async fn start(&self, attempt: &str) -> Result<VerificationSession, Error> {
        let sessions = self.stripe.verification_sessions();
        let params = CreateVerificationSession::document().client_reference_id(attempt);
        let mut session = sessions.create(params).idempotency_key(attempt).await?;
        if session.meta().is_replayed() {
            // The first response to the key may be hours old, and its URL used up.
            session = sessions.retrieve(&session).await?;
        }
        Ok(session.into_inner())
    }

    /// Decides whether the user of a session may enter.
    pub(crate) async fn decide(&self, session: &VerificationSessionId, today: Date) -> Result<Decision, Error> {
        let retrieve = self.stripe.verification_sessions().retrieve(session).expand([SessionExpand::Dob]);
        let session = retrieve.api_key(self.restricted_key.clone()).await?.into_inner();
        Ok(match session.state() {
            // A redaction sets the date of birth to 0001-01-01, at which everybody is of age.
            SessionState::Verified if session.redaction_state() != RedactionState::NotRequested => Decision::Refuse,
            SessionState::Verified => {
                let born = session.verified_outputs.and_then(|outputs| outputs.dob);
                let is_of_age = born.is_some_and(|born| is_of_age(*born.expose(), today));
                if is_of_age { Decision::Admit } else { Decision::Refuse }
            }
            SessionState::Failed { reason, .. } => Decision::TryAgain { reason },
            SessionState::Canceled => Decision::Refuse,
            // A status that this version of the crate has no name for admits nobody, either.
            _ => Decision::Wait,
        })
    }

    /// Receives a webhook: the raw body, since the signature covers its bytes, and the header `Stripe-Signature`.
    pub(crate) async fn receive(&self, body: &[u8], signature: Option<&[u8]>, today: Date) -> StatusCode {
        let event = match self.verifier.verify_event(body, signature) {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "rejected a webhook");
                return StatusCode::BAD_REQUEST;
            }
        };
        let (EventType::VerificationSessionVerified, Some(session)) = (&event.type_, event.verification_session_id())
        else {
            return StatusCode::OK;
        };
        // Events arrive late and more than once, so the decision is by the session as it is now.
        match self.decide(&session, today).await {
            Ok(Decision::Admit) => {
                self.admitted.lock().unwrap_or_else(PoisonError::into_inner).insert(session);
                StatusCode::OK
            }
            Ok(_) => StatusCode::OK,
            // After a 5xx, Stripe delivers the event again.
            Err(error) => {
                tracing::error!(%error, event = %event.id, "did not process a webhook");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// Starts to remove what Stripe has collected about the user of a session.
    pub(crate) async fn redact(&self, session: &VerificationSessionId) -> Result<(), Error> {
        self.stripe.verification_sessions().redact(session).await.map(|_| ())
    }

    pub(crate) fn is_admitted(&self, session: &VerificationSessionId) -> bool {
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner).contains(session)
    }
}

/// Returns `false` if a part of either date is absent.
fn is_of_age(born: Date, today: Date) -> bool {
    let (Some(year), Some(month), Some(day)) = (born.year, born.month, born.day) else { return false };
    (Some(year.saturating_add(MIN_AGE)), Some(month), Some(day)) <= (today.year, today.month, today.day)
}
