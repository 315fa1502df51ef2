use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::report::check::{ReportError, ReportStatus};
use crate::sensitive::Sensitive;

/// The check of an email address.
///
/// In Stripe's API, this is the field `email` of a report.
///
/// ```
/// use stripe_identity_types::{ReportStatus, VerificationReport};
///
/// let report: VerificationReport = serde_json::from_str(
///     r#"{"id": "vr_1", "email": {"status": "verified", "email": "robin@example.test"}}"#,
/// )?;
/// let check = report.email.expect("the address was checked");
/// assert_eq!(check.status, ReportStatus::Verified);
/// assert_eq!(check.email.as_ref().map(|email| email.expose().as_str()), Some("robin@example.test"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EmailReport {
    /// The address that was checked. After redaction, the string `[redacted]`.
    pub email: Option<Sensitive<String>>,
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<EmailCheckErrorCode>>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// The machine-readable reason why the check of an email address failed.
    pub enum EmailCheckErrorCode {
        /// The address could not be verified.
        EmailUnverifiedOther = "email_unverified_other",
        /// The user declined to verify the address.
        EmailVerificationDeclined = "email_verification_declined",
    }
}

/// The check of a phone number.
///
/// In Stripe's API, this is the field `phone` of a report.
///
/// ```
/// use stripe_identity_types::{PhoneCheckErrorCode, VerificationReport};
///
/// let report: VerificationReport = serde_json::from_str(
///     r#"{"id": "vr_1", "phone": {"status": "unverified", "error": {"code": "phone_verification_declined"}}}"#,
/// )?;
/// let error = report.phone.and_then(|phone| phone.error).expect("the check failed");
/// assert_eq!(error.code, Some(PhoneCheckErrorCode::PhoneVerificationDeclined));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneReport {
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<PhoneCheckErrorCode>>,
    /// The number that was checked. After redaction, the string `[redacted]`.
    pub phone: Option<Sensitive<String>>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// The machine-readable reason why the check of a phone number failed.
    pub enum PhoneCheckErrorCode {
        /// The number could not be verified.
        PhoneUnverifiedOther = "phone_unverified_other",
        /// The user declined to verify the number.
        PhoneVerificationDeclined = "phone_verification_declined",
    }
}
