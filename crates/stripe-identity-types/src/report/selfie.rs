use serde::{Deserialize, Serialize};

use crate::id::FileId;
use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::report::check::{ReportError, ReportStatus};

/// The check of a selfie against the document's photo.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct SelfieReport {
    /// The image of the document that the selfie was held against. Reading it takes a restricted key.
    pub document: Option<FileId>,
    /// Why the check failed; absent if it passed.
    pub error: Option<ReportError<SelfieCheckErrorCode>>,
    /// The selfie. Reading it takes a restricted key.
    pub selfie: Option<FileId>,
    /// How the check came out.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// Why the check of a selfie failed.
    pub enum SelfieCheckErrorCode {
        /// The document has no photo to hold it against.
        SelfieDocumentMissingPhoto = "selfie_document_missing_photo",
        /// It shows another face than the document's photo.
        SelfieFaceMismatch = "selfie_face_mismatch",
        /// It was tampered with.
        SelfieManipulated = "selfie_manipulated",
        /// It could not be verified, for a reason with no code of its own.
        SelfieUnverifiedOther = "selfie_unverified_other",
    }
}
