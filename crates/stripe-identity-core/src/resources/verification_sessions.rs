//! Verification sessions: a person's attempts to prove who they are.

use std::time::Duration;

use stripe_identity_types::{
    CreateVerificationSession, ListVerificationSessions, SessionExpand, UpdateVerificationSession, VerificationSession,
    VerificationSessionId,
};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;
use crate::retry::PollUntil;

endpoints! {
    /// The endpoint that lists sessions, newest first.
    List {
        method: GET,
        path: "/v1/identity/verification_sessions",
        params: ListVerificationSessions,
        page: VerificationSession,
        expand: SessionExpand,
    }
    /// The endpoint that creates a session.
    Create {
        method: POST,
        path: "/v1/identity/verification_sessions",
        params: CreateVerificationSession,
        response: VerificationSession,
        expand: SessionExpand,
    }
    /// The endpoint that retrieves a session.
    Retrieve {
        method: GET,
        path: "/v1/identity/verification_sessions/{session}",
        id: VerificationSessionId,
        response: VerificationSession,
        expand: SessionExpand,
    }
    /// The endpoint that updates a session.
    Update {
        method: POST,
        path: "/v1/identity/verification_sessions/{session}",
        id: VerificationSessionId,
        params: UpdateVerificationSession,
        response: VerificationSession,
        expand: SessionExpand,
    }
    /// The endpoint that cancels a session.
    Cancel {
        method: POST,
        path: "/v1/identity/verification_sessions/{session}/cancel",
        id: VerificationSessionId,
        response: VerificationSession,
        expand: SessionExpand,
    }
    /// The endpoint that redacts a session.
    Redact {
        method: POST,
        path: "/v1/identity/verification_sessions/{session}/redact",
        id: VerificationSessionId,
        response: VerificationSession,
        expand: SessionExpand,
    }
}

/// The calls on verification sessions.
///
/// `verification_sessions()` of a client or of a [`Config`](crate::Config) returns it:
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// use stripe_identity_core::types::CreateVerificationSession;
///
/// # fn example(client: &BlockingClient, attempt: &str) -> Result<(), Error> {
/// let sessions = client.verification_sessions();
/// // `attempt` is the id of a record that was written before this call.
/// let params = CreateVerificationSession::document().client_reference_id(attempt);
/// let session = sessions.create(params).idempotency_key(attempt).send()?;
/// let session = sessions.cancel(&session).send()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct VerificationSessions<C> {
    caller: C,
}

impl<C: Caller> VerificationSessions<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists sessions, newest first.
    pub fn list(&self, params: ListVerificationSessions) -> Call<C, List> {
        Call::new(&self.caller, List::new(params))
    }

    /// Retrieves a session. If it requires input, its `client_secret` and `url` are those for the
    /// next try.
    #[doc(alias = "get")]
    pub fn retrieve(&self, session: impl Into<VerificationSessionId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(session))
    }

    /// Creates a session.
    ///
    /// Stripe bills a session once its user has submitted. Take the [idempotency
    /// key](Call::idempotency_key) from a record of this attempt to verify that was written before
    /// the call. The call can then be repeated, even after a crash, and creates one session for as
    /// long as Stripe keeps the key, which is at least 24 hours. After that, look for the session by
    /// its `client_reference_id` first.
    ///
    /// Do not make the key from the user's id alone: when the user verifies for the second time, Stripe
    /// would return the first response again.
    pub fn create(&self, params: CreateVerificationSession) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(params))
    }

    /// Updates a session.
    ///
    /// Stripe accepts changes of the checks and their options only while the session requires input,
    /// and no changes at all after its redaction was requested. The call then fails with
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest).
    pub fn update(
        &self,
        session: impl Into<VerificationSessionId>,
        params: UpdateVerificationSession,
    ) -> Call<C, Update> {
        Call::new(&self.caller, Update::new(session, params))
    }

    /// Cancels a session that requires input: it takes no more tries. This cannot be undone. For any
    /// other session, the call fails with [`InvalidRequest`](crate::ErrorKind::InvalidRequest).
    pub fn cancel(&self, session: impl Into<VerificationSessionId>) -> Call<C, Cancel> {
        Call::new(&self.caller, Cancel::new(session))
    }

    /// Starts to remove everything collected about the person, from this session and all objects that
    /// belong to it. This cannot be undone.
    ///
    /// The session must be verified or require input. A session that requires input is canceled too.
    /// For any other session, the call fails with
    /// [`InvalidRequest`](crate::ErrorKind::InvalidRequest).
    ///
    /// Redaction may take four days. During that time,
    /// [`redaction`](stripe_identity_types::VerificationSession::redaction) has the status
    /// `processing`. After it, personal strings are `[redacted]`, the metadata is empty, and the date
    /// of birth is 0001-01-01. The status of a verified session stays `verified`.
    pub fn redact(&self, session: impl Into<VerificationSessionId>) -> Call<C, Redact> {
        Call::new(&self.caller, Redact::new(session))
    }
}

impl<C: Caller> Call<C, Retrieve> {
    /// Polls the session until it meets a condition, for at most `within`.
    ///
    /// The waits between the polls grow from 1 s to a hundredth of `within`, but at least to 5 s and
    /// at most to an hour. A poll that fails transiently (a lost connection, a rate limit, an outage)
    /// counts as "not met yet": such failures are bounded by `within`, not by `max_retries`. Any
    /// other failure ends the polling. Zero is invalid.
    ///
    /// If the condition is not met in time, the call fails with
    /// [`WaitTimedOut`](crate::ErrorKind::WaitTimedOut), or with the error of the last poll if that
    /// poll failed. Dropping the future ends the polling, even during a poll.
    ///
    /// A webhook is faster and takes fewer requests. Polling is for programs that cannot receive one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use stripe_identity_core::types::VerificationSession;
    /// # use stripe_identity_core::{BlockingClient, Error};
    ///
    /// # fn example(client: &BlockingClient) -> Result<(), Error> {
    /// let sessions = client.verification_sessions();
    /// let decided = VerificationSession::is_decided;
    /// let session = sessions.retrieve("vs_123").wait_until(decided, Duration::from_secs(600)).send()?;
    ///
    /// let four_days = Duration::from_secs(4 * 24 * 3600);
    /// sessions.redact(&session).send()?;
    /// sessions.retrieve(&session).wait_until(VerificationSession::is_redacted, four_days).send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until(
        self,
        condition: impl Fn(&VerificationSession) -> bool + Send + Sync + 'static,
        within: Duration,
    ) -> Self {
        self.poll_until(PollUntil::new(condition, within))
    }
}
