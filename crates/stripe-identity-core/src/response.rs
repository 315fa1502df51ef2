use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity_types::{
    EphemeralKey, EphemeralKeyId, Event, EventId, File, FileId, FileLink, FileLinkId, ThinEvent, VerificationReport,
    VerificationReportId, VerificationSession, VerificationSessionId,
};

use crate::error::loggable::LogId;
use crate::headers;

/// The result of a successful call: the model, and what the response says besides it.
///
/// Derefs to the model. Everything else is under [`meta`](Self::meta), so that no method hides a
/// field of a model. `Debug` shows the model without its personal data, the status and the request
/// id.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let session = client.verification_sessions().retrieve("vs_123").send()?;
/// println!("{}: {:?}", session.id, session.status);
/// println!("request {:?}", session.meta().request_id());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Response<T> {
    model: T,
    meta: Meta,
}

impl<T> Response<T> {
    pub(crate) fn new(model: T, meta: Meta) -> Self {
        Self { model, meta }
    }

    pub(crate) fn into_parts(self) -> (T, Meta) {
        (self.model, self.meta)
    }

    /// Returns the model alone.
    pub fn into_inner(self) -> T {
        self.model
    }

    /// Returns the status, the headers and the body, and how the call got them.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.model
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.model
    }
}

/// Lets a response stand for the id of its object in the next call.
macro_rules! ids_of_responses {
    ($($model:ident: $id:ident,)+) => { $(
        impl From<&Response<$model>> for $id {
            fn from(response: &Response<$model>) -> Self {
                response.model.id.clone()
            }
        }
    )+ };
}
ids_of_responses! {
    EphemeralKey: EphemeralKeyId,
    Event: EventId,
    File: FileId,
    FileLink: FileLinkId,
    ThinEvent: EventId,
    VerificationReport: VerificationReportId,
    VerificationSession: VerificationSessionId,
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("model", &self.model).field("meta", &self.meta).finish()
    }
}

/// The HTTP side of a response: status, headers and body, and how the call got them.
///
/// `Debug` shows the status, the request id and the number of attempts. The rest may hold personal
/// data.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let session = client.verification_sessions().cancel("vs_123").idempotency_key("cancel-123").send()?;
/// let meta = session.meta();
/// if meta.is_replayed() {
///     println!("canceled before, by request {:?}", meta.request_id());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Meta {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
    pub(crate) idempotency_key: Option<HeaderValue>,
}

impl Meta {
    pub(crate) fn new(response: http::Response<Bytes>, attempts: u32, idempotency_key: Option<HeaderValue>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body, attempts, idempotency_key }
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body as it arrived, with the keys that the model does not know. It holds personal
    /// data.
    ///
    /// Of an error, this is the first 16 KiB of the body, or of the object of a page that does not
    /// parse.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns Stripe's id of the request, to quote to Stripe's support, or `None` if the response has
    /// none.
    pub fn request_id(&self) -> Option<&str> {
        headers::request_id(&self.headers)
    }

    /// Returns how many attempts the call made.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the idempotency key of the request, given or random, or `None` if it had none.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_ref()?.to_str().ok()
    }

    /// Returns whether Stripe repeated the response to an earlier request with the same idempotency
    /// key, and did nothing new.
    ///
    /// A stored response comes back for as long as the key lives, also a stored failure of 500 or more.
    /// After such a failure, use a new key.
    pub fn is_replayed(&self) -> bool {
        headers::is_replayed(&self.headers)
    }

    /// Returns the `Stripe-Notice` header, for example a deprecation warning, or `None` if the
    /// response has none.
    pub fn notice(&self) -> Option<&str> {
        headers::notice(&self.headers)
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meta")
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id().map(LogId))
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
