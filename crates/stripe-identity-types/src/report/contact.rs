use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::report::check::{ReportError, ReportStatus};
use crate::sensitive::Sensitive;

/// The check of an email address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EmailReport {
    /// The address.
    pub email: Option<Sensitive<String>>,
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<EmailCheckErrorCode>>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// Why the check of an email address failed.
    pub enum EmailCheckErrorCode {
        /// The address could not be verified.
        EmailUnverifiedOther = "email_unverified_other",
        /// The user declined to verify the address.
        EmailVerificationDeclined = "email_verification_declined",
    }
}

/// The check of a phone number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneReport {
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<PhoneCheckErrorCode>>,
    /// The number.
    pub phone: Option<Sensitive<String>>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// Why the check of a phone number failed.
    pub enum PhoneCheckErrorCode {
        /// The number could not be verified.
        PhoneUnverifiedOther = "phone_unverified_other",
        /// The user declined to verify the number.
        PhoneVerificationDeclined = "phone_verification_declined",
    }
}
