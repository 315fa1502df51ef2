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

/// The result of a successful call: the model, and the [`Meta`] of the HTTP response.
///
/// Derefs to the model. Everything else is under [`meta`](Self::meta), so that no method hides a
/// field of a model. `Debug` shows the model without its personal data, the status, the request id and
/// the number of attempts.
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

    /// Returns the model, and drops the rest.
    pub fn into_inner(self) -> T {
        self.model
    }

    /// Returns the status, the headers, the body, the number of attempts and the idempotency key.
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

/// Allows `&Response<Model>` as an argument in place of the model's id.
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

/// The HTTP side of a response: its status, headers and body, and the attempts and the idempotency key
/// of its call.
///
/// [`Response::meta`] returns it after a success, and [`Error::meta`](crate::Error::meta) after an
/// error. `Debug` shows the status, the request id and the number of attempts, since the rest may hold
/// personal data.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// # fn example(client: &BlockingClient, session: &str, request: &str) -> Result<(), Error> {
/// // `request` is the id of the record of the request to cancel.
/// let session = client.verification_sessions().cancel(session).idempotency_key(request).send()?;
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

    /// Returns the body as it arrived, with the fields that the model does not know. It may hold
    /// personal data.
    ///
    /// In an [`Error`](crate::Error), it is cut to 16 KiB. If the error is about one object of a
    /// page, it is that object instead of the page.
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

    /// Returns whether this is the stored response to an earlier request with the same idempotency key.
    /// If so, this request had no effect.
    ///
    /// Stripe returns a stored response for as long as it keeps the key, even if the status is 500 or
    /// more. After such a failure, use a new key.
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
