use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::open_enum::open_enum;

/// How far the redaction of a session has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Redaction {
    /// Where it stands.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "RedactionStatus::is_absent")]
    pub status: RedactionStatus,
}

impl Redaction {
    /// A redaction at the given point.
    pub fn new(status: RedactionStatus) -> Self {
        Self { status }
    }
}

open_enum! {
    /// Where a redaction stands.
    pub enum RedactionStatus {
        /// Asked for and under way; it may take four days.
        Processing = "processing",
        /// Done: the personal data is gone.
        Redacted = "redacted",
        /// Listed by Stripe since June 2026, and explained nowhere so far. Not the end: wait for
        /// [`Redacted`](Self::Redacted).
        Validated = "validated",
    }
}
