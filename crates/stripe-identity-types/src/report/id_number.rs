use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::report::check::{ReportError, ReportStatus};
use crate::sensitive::Sensitive;
use crate::session::outputs::IdNumberType;

/// The check of an id number.
///
/// In Stripe's API, this is the field `id_number` of a report.
///
/// A detail that was not checked is absent. After redaction, each string is `[redacted]`.
///
/// [`VerificationReport`](crate::VerificationReport) says when a field marked *restricted* is
/// present.
///
/// ```
/// use stripe_identity_types::{IdNumberCheckErrorCode, VerificationReport};
///
/// let report: VerificationReport = serde_json::from_str(
///     r#"{"id": "vr_1", "id_number": {"status": "unverified", "error": {"code": "id_number_mismatch"}}}"#,
/// )?;
/// let error = report.id_number.and_then(|id_number| id_number.error).expect("the check failed");
/// assert_eq!(error.code, Some(IdNumberCheckErrorCode::IdNumberMismatch));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct IdNumberReport {
    /// The date of birth that belongs to the number. *Restricted*:
    /// [`ReportExpand::IdNumberDob`](crate::ReportExpand::IdNumberDob).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<Sensitive<Date>>,
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<IdNumberCheckErrorCode>>,
    /// The first name that belongs to the number.
    pub first_name: Option<Sensitive<String>>,
    /// The number. *Restricted*: [`ReportExpand::IdNumber`](crate::ReportExpand::IdNumber).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Sensitive<String>>,
    /// The number's type.
    pub id_number_type: Option<IdNumberType>,
    /// The last name that belongs to the number.
    pub last_name: Option<Sensitive<String>>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// The machine-readable reason why the check of an id number failed.
    pub enum IdNumberCheckErrorCode {
        /// The document has too little data to look up the number.
        IdNumberInsufficientDocumentData = "id_number_insufficient_document_data",
        /// The number does not match the other details.
        IdNumberMismatch = "id_number_mismatch",
        /// The number could not be verified, for a reason without a code of its own.
        IdNumberUnverifiedOther = "id_number_unverified_other",
    }
}
