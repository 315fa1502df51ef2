use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity_types::{
    EphemeralKey, EphemeralKeyId, Event, EventId, File, FileId, FileLink, FileLinkId, VerificationReport,
    VerificationReportId, VerificationSession, VerificationSessionId,
};

use crate::headers;
use crate::shown::Token;

/// What a successful call gives: the model, and what the wire said about it.
///
/// It derefs to the model. `Debug` shows the model (of which the personal data is hidden), the status and the request id.
#[derive(Clone)]
pub struct Response<T> {
    model: T,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    attempts: u32,
    idempotency_key: Option<HeaderValue>,
}

impl<T> Response<T> {
    pub(crate) fn new(model: T, response: http::Response<Bytes>, attempts: u32, key: Option<&HeaderValue>) -> Self {
        let (parts, body) = response.into_parts();
        let idempotency_key = key.cloned();
        Self { model, status: parts.status, headers: parts.headers, body, attempts, idempotency_key }
    }

    /// What the wire said, without the model.
    pub(crate) fn to_http(&self) -> http::Response<Bytes> {
        let mut response = http::Response::new(self.body.clone());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }

    /// The model, and what the wire said.
    pub(crate) fn split(self) -> (T, Response<()>) {
        let Self { model, status, headers, body, attempts, idempotency_key } = self;
        (model, Response { model: (), status, headers, body, attempts, idempotency_key })
    }

    /// The model, without what the wire said.
    pub fn into_inner(self) -> T {
        self.model
    }

    /// The id that Stripe gave to the request, which its support asks for.
    pub fn request_id(&self) -> Option<&str> {
        headers::request_id(&self.headers)
    }

    /// Whether this is a repetition of the answer that the same idempotency key got before, and nothing new was done.
    pub fn is_replayed(&self) -> bool {
        headers::is_replayed(&self.headers)
    }

    /// The key that the request carried, yours or a random one. `None` if it carried none.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_ref()?.to_str().ok()
    }

    /// How often the request was handed to the transport.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What Stripe wants developers to know about the request, such as that it used something on its way out.
    pub fn notice(&self) -> Option<&str> {
        headers::notice(&self.headers)
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body as it came, with the keys that the model does not know. It holds personal data.
    pub fn body(&self) -> &Bytes {
        &self.body
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

/// An object that a call gave stands for its id in the next call.
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
    VerificationReport: VerificationReportId,
    VerificationSession: VerificationSessionId,
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("model", &self.model)
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id().map(Token))
            .finish_non_exhaustive()
    }
}
