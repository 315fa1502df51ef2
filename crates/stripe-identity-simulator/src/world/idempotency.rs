//! Idempotency keys, and the requests that they belong to.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Sensitive;

use crate::key::KeyKind;
use crate::parameters::Parameters;
use crate::serial;
use crate::world::ids::hash_of_parts;

pub(crate) const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// An idempotency key, with the account and the kind of API key that it belongs to. A secret key must not get the
/// response to a restricted one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Entry(Sensitive<Box<str>>);

impl Entry {
    pub(crate) fn new(account: Option<&str>, key: KeyKind, idempotency_key: &str) -> Self {
        // None of the parts contains a line break, since they come from headers.
        let key = match key {
            KeyKind::Secret => "secret",
            KeyKind::Restricted => "restricted",
            KeyKind::Publishable => "publishable",
        };
        Self(Sensitive::new(format!("{}\n{key}\n{idempotency_key}", account.unwrap_or_default()).into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.expose()
    }

    pub(crate) fn idempotency_key(&self) -> &str {
        self.as_str().rsplit('\n').next().unwrap_or_default()
    }
}

/// The fingerprint of a request: of its route, its parameters in any order, and its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Fingerprint(#[serde(with = "serial::hex")] pub(crate) u64);

impl Fingerprint {
    pub(crate) fn of(request: &Request<Bytes>, parameters: &Parameters) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(&parameters.form).collect();
        // The sort is stable: among parameters with the same name the order matters.
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let route = [request.method().as_str().as_bytes(), request.uri().path().as_bytes()];
        let pairs = pairs.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let file = parameters.file.iter().flat_map(|file| [b"file", file.filename.as_bytes(), &file.contents[..]]);
        Self(hash_of_parts(route.into_iter().chain(pairs).chain(file)))
    }
}
