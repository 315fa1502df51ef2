use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// The result of one check of a report.
    pub enum ReportStatus {
        /// The check failed. Its `error` has the reason.
        Unverified = "unverified",
        /// The check passed.
        Verified = "verified",
    }
}

/// Why one check failed. Each check has codes of its own.
///
/// ```
/// use stripe_identity_types::{ReportError, SelfieCheckErrorCode};
///
/// let error = ReportError::new(SelfieCheckErrorCode::SelfieFaceMismatch, None);
/// assert_eq!(error.code, Some(SelfieCheckErrorCode::SelfieFaceMismatch));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
#[non_exhaustive]
pub struct ReportError<C> {
    /// The reason for programs.
    #[serde(default = "Option::default")]
    pub code: Option<C>,
    /// The reason for people, in English, suitable for display to the user.
    #[serde(default)]
    pub reason: Option<String>,
}

impl<C> ReportError<C> {
    /// Creates an error with a code and a text.
    pub fn new(code: C, reason: Option<String>) -> Self {
        Self { code: Some(code), reason }
    }
}
