//! The part of a journal entry that only the world of a request knows.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::error::RequestError;

/// The facts about a request that only its world knows.
#[derive(Default)]
pub(crate) struct Trace {
    /// The parameters, or `None` if they were not read.
    pub(crate) form: Option<Bytes>,
    pub(crate) account: Option<String>,
    pub(crate) idempotency: Option<(KeyHash, IdempotencyUse)>,
    pub(crate) faults: Vec<AppliedFault>,
    pub(crate) error: Option<RequestError>,
    /// Whether its handler executed it.
    pub(crate) took_effect: bool,
}

impl Trace {
    pub(crate) fn used(&mut self, usage: IdempotencyUse) {
        if let Some((_, used)) = &mut self.idempotency {
            *used = usage;
        }
    }
}

/// The hash of an idempotency key, which may be a secret or personal. It is seeded anew in each process, so that the
/// key cannot be looked up by its hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash(u64);

impl KeyHash {
    pub(crate) fn of(key: &str) -> Self {
        static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(STATE.hash_one(key))
    }
}

/// The effect of the idempotency key of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyUse {
    /// The key was not known: the response is new.
    New,
    /// The response is that of an earlier request with the same key.
    Replayed,
    /// The request is refused, since the key belongs to a request with other parameters.
    Mismatch,
    /// The request is refused, since another request with the key is in progress.
    InProgress,
    /// The request is refused, since the key is empty or longer than 255 characters.
    Invalid,
}

/// A fault that applied to a request, or the rate limit of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppliedFault {
    /// The id of the fault, `fault_…`, or `None` for the [rate limit](crate::Settings::rate_limit) of the world.
    pub id: Option<Box<str>>,
    /// The name of the effect in the control API, such as `lose_response`, or `latency` for a fault that only delays.
    pub effect: &'static str,
}

impl AsRef<str> for IdempotencyUse {
    fn as_ref(&self) -> &str {
        match self {
            Self::New => "new",
            Self::Replayed => "replayed",
            Self::Mismatch => "mismatch",
            Self::InProgress => "in_progress",
            Self::Invalid => "invalid",
        }
    }
}

impl Serialize for AppliedFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("effect", self.effect)?;
        map.end()
    }
}
