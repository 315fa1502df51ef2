//! The six operations on sessions.

use http::Method;
use stripe_identity_types::{
    CreateVerificationSession, List, ListVerificationSessions, SessionExpand, UpdateVerificationSession,
    VerificationSession, VerificationSessionId,
};

use super::{Endpoint, WriteEndpoint};
use crate::call::{Call, Caller};

/// Lists sessions, newest first.
impl Endpoint for ListVerificationSessions {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/v1/identity/verification_sessions";
    const EXPAND_PREFIX: &'static str = "data.";
    type Params = Self;
    type Response = List<VerificationSession>;
    type Expand = SessionExpand;

    fn params(&self) -> Option<&Self> {
        Some(self)
    }
}

/// Creates a session.
impl Endpoint for CreateVerificationSession {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/v1/identity/verification_sessions";
    type Params = Self;
    type Response = VerificationSession;
    type Expand = SessionExpand;

    fn params(&self) -> Option<&Self> {
        Some(self)
    }
}

impl WriteEndpoint for CreateVerificationSession {}

macro_rules! on_one_session {
    ($( $(#[$meta:meta])* $name:ident { $($field:ident: $params:ty)? } = $method:ident $path:literal; )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            session: VerificationSessionId,
            $( $field: $params, )?
        }

        impl $name {
            /// The call for one session.
            pub fn new(session: impl Into<VerificationSessionId>, $( $field: $params )?) -> Self {
                Self { session: session.into(), $( $field )? }
            }
        }

        impl Endpoint for $name {
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            type Params = on_one_session!(@params $($params)?);
            type Response = VerificationSession;
            type Expand = SessionExpand;

            fn id(&self) -> Option<&str> {
                Some(self.session.as_str())
            }

            fn params(&self) -> Option<&Self::Params> {
                on_one_session!(@value self $($field)?)
            }
        }
    )+ };
    (@params) => { () };
    (@params $params:ty) => { $params };
    (@value $self:ident) => { None };
    (@value $self:ident $field:ident) => { Some(&$self.$field) };
}

on_one_session! {
    /// Retrieves a session.
    Retrieve {} = GET "/v1/identity/verification_sessions/{session}";
    /// Updates a session.
    Update { params: UpdateVerificationSession } = POST "/v1/identity/verification_sessions/{session}";
    /// Cancels a session.
    Cancel {} = POST "/v1/identity/verification_sessions/{session}/cancel";
    /// Redacts a session.
    Redact {} = POST "/v1/identity/verification_sessions/{session}/redact";
}

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
    /// Stripe bills a session once its user has submitted. With an [idempotency key](Call::idempotency_key) of your
    /// own, made from your own id for the case, the call can be repeated even after a crash and still makes one session.
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
