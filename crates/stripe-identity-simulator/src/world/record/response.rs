use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stripe_identity_core::types::Timestamp;

use crate::serial;
use crate::world::idempotency::{Entry, Fingerprint};
use crate::world::rows::Kind;
use crate::world::store::Record;

/// The response to a request with an idempotency key, which is replayed byte for byte.
#[derive(Debug)]
pub(crate) struct StoredResponse {
    pub(crate) entry: Entry,
    pub(crate) created: Timestamp,
    pub(crate) fingerprint: Fingerprint,
    /// The id of the object in the body, if it is one object.
    pub(crate) object: Option<Box<str>>,
    status: StatusCode,
    headers: Box<[(HeaderName, HeaderValue)]>,
    body: Body,
}

/// The body of a response, which may contain personal data.
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

/// A response as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<E, O> {
    entry: E,
    created: Timestamp,
    fingerprint: Fingerprint,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    object: Option<O>,
    #[serde(with = "serial::status")]
    status: StatusCode,
    #[serde(with = "serial::headers")]
    headers: HeaderMap,
    #[serde(with = "serial::bytes")]
    body: Bytes,
}

fn none<O>() -> Option<O> {
    None
}

impl Serialize for StoredResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (parts, body) = self.to_response().into_parts();
        let written = Written {
            entry: &self.entry,
            created: self.created,
            fingerprint: self.fingerprint,
            object: self.object.as_deref(),
            status: parts.status,
            headers: parts.headers,
            body,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::<Entry, Box<str>>::deserialize(deserializer)?;
        let mut response = Response::new(written.body);
        *response.status_mut() = written.status;
        *response.headers_mut() = written.headers;
        Ok(Self::new(written.entry, written.created, written.fingerprint, written.object, &response))
    }
}

impl Record for StoredResponse {
    const KIND: Kind = Kind::Response;
    const NAME: &'static str = "response";
    const PARAM: &'static str = "response";

    fn id(&self) -> &str {
        self.entry.as_str()
    }

    /// Returns `None`, since stored responses are in no list, and their ids contain the account.
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

/// The name of the field with the id of the object in the body.
pub(crate) const OBJECT: &str = "object";
