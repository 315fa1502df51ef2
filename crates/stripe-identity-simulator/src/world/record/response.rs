use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use stripe_identity_core::types::Timestamp;

use crate::world::idempotency::{Entry, Fingerprint};
use crate::world::store::Record;

/// The response to a request with an idempotency key, which is given again to the byte.
#[derive(Debug)]
pub(crate) struct StoredResponse {
    pub(crate) entry: Entry,
    pub(crate) created: Timestamp,
    pub(crate) fingerprint: Fingerprint,
    /// The id of the object that it shows.
    pub(crate) object: Option<Box<str>>,
    status: StatusCode,
    headers: Box<[(HeaderName, HeaderValue)]>,
    body: Body,
}

/// What a response says, which may be of a person.
pub(crate) struct Body(pub(crate) Box<[u8]>);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl StoredResponse {
    pub(crate) fn new(
        entry: Entry,
        created: Timestamp,
        fingerprint: Fingerprint,
        object: Option<Box<str>>,
        response: &Response<Bytes>,
    ) -> Self {
        Self {
            entry,
            created,
            fingerprint,
            object,
            status: response.status(),
            headers: response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: Body(response.body()[..].into()),
        }
    }

    pub(crate) fn body_len(&self) -> usize {
        self.body.0.len()
    }

    pub(crate) fn to_response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::copy_from_slice(&self.body.0));
        *response.status_mut() = self.status;
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        response
    }
}

impl Record for StoredResponse {
    const KIND: &'static str = "response";
    const NAME: &'static str = "response";
    const PARAM: &'static str = "response";

    fn id(&self) -> &str {
        self.entry.as_str()
    }

    /// They are in no list, and their ids name the account.
    fn account(&self) -> Option<&str> {
        None
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        if let Some(object) = &self.object {
            each(OBJECT, object);
        }
    }
}

/// The field by which the responses are found that show an object.
pub(crate) const OBJECT: &str = "object";
