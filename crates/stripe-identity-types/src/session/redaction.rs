use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::open_enum::open_enum;

/// The redaction of a session, which erases its personal data.
///
/// In Stripe's API, this is the field `redaction` of a session. The redaction covers everything that
/// belongs to the session, such as its reports and events.
///
/// ```
/// use stripe_identity_types::{Redaction, RedactionStatus, VerificationSession};
///
/// let mut session = VerificationSession::new("vs_1");
/// session.redaction = Some(Redaction::new(RedactionStatus::Redacted));
/// assert!(session.is_redacted());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Redaction {
    /// The status of the redaction.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "RedactionStatus::is_absent")]
    pub status: RedactionStatus,
}

impl Redaction {
    /// Creates a redaction with a status.
    pub fn new(status: RedactionStatus) -> Self {
        Self { status }
    }
}

open_enum! {
    /// The status of a redaction.
    pub enum RedactionStatus {
        /// The redaction was requested and is running, which takes up to four days.
        Processing = "processing",
        /// The redaction is complete: the personal data has been erased.
        Redacted = "redacted",
        /// A value that Stripe added in June 2026 and does not explain. The redaction is not
        /// complete until the status is [`Redacted`](Self::Redacted).
        Validated = "validated",
    }
}
