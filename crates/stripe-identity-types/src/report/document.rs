use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::date::Date;
use crate::id::FileId;
use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::report::check::{ReportError, ReportStatus};
use crate::sensitive::Sensitive;
use crate::session::options::DocumentType;
use crate::session::outputs::Sex;

/// The check of an identity document.
///
/// In Stripe's API, this is the field `document` of a report.
///
/// A detail that the document does not state, or that the check could not read, is absent. After
/// redaction, each string is `[redacted]` except the country of the address, which stays.
///
/// [`VerificationReport`](crate::VerificationReport) says when a field marked *restricted* is
/// present.
///
/// ```
/// use stripe_identity_types::{DocumentType, VerificationReport};
///
/// let report: VerificationReport = serde_json::from_str(
///     r#"{"id": "vr_1", "document": {"status": "verified", "type": "passport", "files": ["file_1"]}}"#,
/// )?;
/// let document = report.document.expect("the document was checked");
/// assert_eq!(document.type_, Some(DocumentType::Passport));
/// for image in document.files.unwrap_or_default() {
///     println!("download {image}");
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct DocumentReport {
    /// The address on the document.
    pub address: Option<Address>,
    /// The date of birth. *Restricted*:
    /// [`ReportExpand::DocumentDob`](crate::ReportExpand::DocumentDob).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<Sensitive<Date>>,
    /// Why the check failed. Absent if it passed.
    pub error: Option<ReportError<DocumentCheckErrorCode>>,
    /// The last day on which the document is valid. *Restricted*:
    /// [`ReportExpand::DocumentExpirationDate`](crate::ReportExpand::DocumentExpirationDate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Sensitive<Date>>,
    /// The images of the document, such as the front and the back of a card. Downloading them needs
    /// a restricted key.
    pub files: Option<Vec<FileId>>,
    /// The first name on the document.
    pub first_name: Option<Sensitive<String>>,
    /// The day on which the document was issued.
    pub issued_date: Option<Sensitive<Date>>,
    /// The country that issued the document, as a two-letter code such as `US`.
    pub issuing_country: Option<Sensitive<String>>,
    /// The last name on the document.
    pub last_name: Option<Sensitive<String>>,
    /// The document's number. *Restricted*:
    /// [`ReportExpand::DocumentNumber`](crate::ReportExpand::DocumentNumber).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Sensitive<String>>,
    /// The sex that the document states. Absent unless the request expands
    /// [`ReportExpand::DocumentSex`](crate::ReportExpand::DocumentSex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sensitive<Sex>>,
    /// The result of the check.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
    /// The document's type.
    #[doc(alias = "type")]
    #[serde(rename = "type")]
    pub type_: Option<DocumentType>,
    /// The place of birth, as the document spells it. Absent unless the request expands
    /// [`ReportExpand::DocumentUnparsedPlaceOfBirth`](crate::ReportExpand::DocumentUnparsedPlaceOfBirth).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_place_of_birth: Option<Sensitive<String>>,
    /// The sex, as the document spells it. Absent unless the request expands
    /// [`ReportExpand::DocumentUnparsedSex`](crate::ReportExpand::DocumentUnparsedSex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_sex: Option<Sensitive<String>>,
}

open_enum! {
    /// The machine-readable reason why the check of a document failed.
    pub enum DocumentCheckErrorCode {
        /// The document has expired.
        DocumentExpired = "document_expired",
        /// The session does not allow this type of document.
        DocumentTypeNotSupported = "document_type_not_supported",
        /// The document could not be verified, for a reason without a code of its own.
        DocumentUnverifiedOther = "document_unverified_other",
    }
}
