use serde::{Deserialize, Serialize};

use crate::id::FileId;
use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::report::check::{ReportError, ReportStatus};

/// The comparison of a selfie with the document's photo.
///
/// In Stripe's API, this is the field `selfie` of a report.
///
/// ```
/// use stripe_identity_types::{ReportStatus, VerificationReport};
///
/// let report: VerificationReport =
///     serde_json::from_str(r#"{"id": "vr_1", "selfie": {"status": "verified", "selfie": "file_1"}}"#)?;
/// let check = report.selfie.expect("a selfie was required");
/// assert_eq!(check.status, ReportStatus::Verified);
/// assert_eq!(check.selfie.unwrap(), "file_1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct SelfieReport {
    /// The image of the document that the selfie was compared with. Downloading it needs a
    /// restricted key.
    pub document: Option<FileId>,
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<SelfieCheckErrorCode>>,
    /// The image of the selfie. Downloading it needs a restricted key.
    pub selfie: Option<FileId>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// The machine-readable reason why the check of a selfie failed.
    pub enum SelfieCheckErrorCode {
        /// The document has no photo to compare the selfie with.
        SelfieDocumentMissingPhoto = "selfie_document_missing_photo",
        /// The selfie and the document's photo show different faces.
        SelfieFaceMismatch = "selfie_face_mismatch",
        /// The selfie was manipulated.
        SelfieManipulated = "selfie_manipulated",
        /// The selfie could not be verified, for a reason without a code of its own.
        SelfieUnverifiedOther = "selfie_unverified_other",
    }
}
