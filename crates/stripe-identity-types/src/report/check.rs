use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::sensitive::debug_fields;

open_enum! {
    /// The result of one check of a report.
    pub enum ReportStatus {
        /// The check failed. The field `error` has the reason.
        Unverified = "unverified",
        /// The check passed.
        Verified = "verified",
    }
}

/// The reason why one check of a report failed.
///
/// In Stripe's API, this is the field `error` of the check. The codes differ from check to check.
///
/// ```
/// use stripe_identity_types::{ReportError, SelfieCheckErrorCode};
///
/// let error = ReportError::new(SelfieCheckErrorCode::SelfieFaceMismatch, None);
/// assert_eq!(error.code, Some(SelfieCheckErrorCode::SelfieFaceMismatch));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
#[non_exhaustive]
pub struct ReportError<C> {
    /// The machine-readable reason.
    #[serde(default = "Option::default")]
    pub code: Option<C>,
    /// The human-readable reason, in English and suitable for display to the user.
    #[serde(default)]
    pub reason: Option<String>,
}

debug_fields!(ReportError<C> { code } codes {} hidden { reason });

impl<C> ReportError<C> {
    /// Creates an error with a code and a text.
    pub fn new(code: C, reason: Option<String>) -> Self {
        Self { code: Some(code), reason }
    }
}
