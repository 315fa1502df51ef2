//! The six operations on sessions.

use stripe_identity_types::{
    CreateVerificationSession, ListVerificationSessions, SessionExpand, UpdateVerificationSession, VerificationSession,
    VerificationSessionId,
};

use super::WriteEndpoint;
use crate::call::{Call, Caller};
use crate::page::Page;

own_params! {
    /// Lists sessions, newest first.
    ListVerificationSessions = GET Api "/v1/identity/verification_sessions" -> Page<VerificationSession>,
        expand "data." SessionExpand;
    /// Creates a session.
    CreateVerificationSession = POST Api "/v1/identity/verification_sessions" -> VerificationSession,
        expand SessionExpand;
}

by_id! {
    /// Retrieves a session.
    Retrieve(VerificationSessionId) = GET Api "/v1/identity/verification_sessions/{session}" -> VerificationSession,
        expand SessionExpand;
    /// Updates a session.
    Update(VerificationSessionId, UpdateVerificationSession) =
        POST Api "/v1/identity/verification_sessions/{session}" -> VerificationSession, expand SessionExpand;
    /// Cancels a session.
    Cancel(VerificationSessionId) = POST Api "/v1/identity/verification_sessions/{session}/cancel" -> VerificationSession,
        expand SessionExpand;
    /// Redacts a session.
    Redact(VerificationSessionId) = POST Api "/v1/identity/verification_sessions/{session}/redact" -> VerificationSession,
        expand SessionExpand;
}

impl WriteEndpoint for CreateVerificationSession {}
impl WriteEndpoint for Update {}
impl WriteEndpoint for Cancel {}
impl WriteEndpoint for Redact {}

/// Calls on sessions. From `verification_sessions()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct VerificationSessions<C> {
    caller: C,
}

impl<C: Caller> VerificationSessions<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists sessions, newest first.
    pub fn list(&self, params: ListVerificationSessions) -> Call<C, ListVerificationSessions> {
        Call::new(&self.caller, params)
    }

    /// Retrieves a session. If it requires input, its `client_secret` and `url` are fit for another try.
    #[doc(alias = "get")]
    pub fn retrieve(&self, session: impl Into<VerificationSessionId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(session))
    }

    /// Creates a session.
    ///
    /// Stripe bills a session once its user has submitted. With an [idempotency key](Call::idempotency_key) from a
    /// record of this attempt to verify, written before the call, the call can be repeated even after a crash and makes
    /// one session for as long as Stripe keeps the key, at least 24 hours. After that, look for the session by its
    /// `client_reference_id` first. A key made from the user's id alone would give the first response again when the
    /// user verifies for the second time.
    pub fn create(&self, params: CreateVerificationSession) -> Call<C, CreateVerificationSession> {
        Call::new(&self.caller, params)
    }

    /// Changes a session that requires input.
    pub fn update(
        &self,
        session: impl Into<VerificationSessionId>,
        params: UpdateVerificationSession,
    ) -> Call<C, Update> {
        Call::new(&self.caller, Update::new(session, params))
    }

    /// Cancels a session that requires input: it takes no more tries. This cannot be undone.
    pub fn cancel(&self, session: impl Into<VerificationSessionId>) -> Call<C, Cancel> {
        Call::new(&self.caller, Cancel::new(session))
    }

    /// Starts to remove all that was collected about the person, from this session and all that belongs to it. This
    /// cannot be undone.
    ///
    /// The session must be verified or require input; in the latter case it is canceled too. Redaction may take four
    /// days, in which [`redaction`](stripe_identity_types::VerificationSession::redaction) reads `processing`. After it,
    /// personal texts read `[redacted]` and the metadata is empty.
    pub fn redact(&self, session: impl Into<VerificationSessionId>) -> Call<C, Redact> {
        Call::new(&self.caller, Redact::new(session))
    }
}
