//! What a world says of a request that it has done.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::error::RequestError;

/// What only the world of a request knows of it.
#[derive(Default)]
pub(crate) struct Trace {
    /// The parameters, if they were read.
    pub(crate) form: Option<Bytes>,
    pub(crate) account: Option<String>,
    pub(crate) idempotency: Option<(KeyHash, IdempotencyUse)>,
    pub(crate) faults: Vec<AppliedFault>,
    pub(crate) error: Option<RequestError>,
    /// Whether its handler did what it asks for.
    pub(crate) took_effect: bool,
}

impl Trace {
    pub(crate) fn used(&mut self, usage: IdempotencyUse) {
        if let Some((_, used)) = &mut self.idempotency {
            *used = usage;
        }
    }
}

/// Stands for an idempotency key, which may be a secret or personal. It is another number for the same key in another
/// process, so that it cannot be looked up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyHash(u64);

impl KeyHash {
    pub(crate) fn of(key: &str) -> Self {
        static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self(STATE.hash_one(key))
    }
}

/// What an idempotency key has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdempotencyUse {
    /// The response is not that of an earlier request.
    New,
    /// The response is that of an earlier request with the same key.
    Replayed,
    /// The request is refused: the key is that of a request with other parameters.
    Mismatch,
    /// The request is refused: the key is that of a request that is in progress.
    InProgress,
    /// The request is refused: the key is too long or empty.
    Invalid,
}

/// A fault that applied to a request, or the world's limit on the rate of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppliedFault {
    /// The id of the fault, or `None` for the limit of the world's [settings](crate::Settings::rate_limit).
    pub id: Option<Box<str>>,
    /// The effect, by its name in the control API, such as `lose_response`.
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
