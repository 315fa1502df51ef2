use serde::{Deserialize, Serialize};

use crate::lenient::{null_as_default, private};
use crate::object_type::own;
use crate::open_enum::open_enum;
use crate::{
    Address, Date, DocumentOptions, DocumentType, FileId, HasId, IdNumberOptions, IdNumberType, ObjectType, Sensitive,
    Sex, Timestamp, VerificationFlowId, VerificationReportId, VerificationSessionId, VerificationSessionType,
};

/// What one try at verification found, check by check.
///
/// A check that did not run is absent. The fields marked *restricted* come only if they are expanded by name, in a call made
/// with a [restricted key](https://docs.stripe.com/identity/access-verification-results) that may read them. What
/// [`ReportExpand`](crate::ReportExpand) is in a call for the report, [`SessionExpand`](crate::SessionExpand) is in one for its
/// session, under the same name with `Report` before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct VerificationReport {
    /// The report's id, `vr_…`.
    pub id: VerificationReportId,
    /// Always [`ObjectType::VerificationReport`].
    #[serde(default, deserialize_with = "own::verification_report", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// Your own reference, as given when the session was created.
    #[serde(default)]
    pub client_reference_id: Option<Sensitive<String>>,
    /// When the report was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The check of the identity document.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentReport>,
    /// The check of the email address.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailReport>,
    /// The check of the id number.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberReport>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The options that the checks ran with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<ReportOptions>,
    /// The check of the phone number.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneReport>,
    /// The check of the selfie against the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selfie: Option<SelfieReport>,
    /// What was verified.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionType::is_absent"
    )]
    pub type_: VerificationSessionType,
    /// The flow that the session was made from; absent for the other types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
    /// The session that the report belongs to.
    #[serde(default)]
    pub verification_session: Option<VerificationSessionId>,
}

impl VerificationReport {
    /// A report of which nothing but the id is known, to start from in tests and servers.
    pub fn new(id: impl Into<VerificationReportId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::VerificationReport,
            client_reference_id: None,
            created: None,
            document: None,
            email: None,
            id_number: None,
            livemode: None,
            options: None,
            phone: None,
            selfie: None,
            type_: VerificationSessionType::default(),
            verification_flow: None,
            verification_session: None,
        }
    }
}

impl HasId for VerificationReport {
    type Id = VerificationReportId;

    fn id(&self) -> &VerificationReportId {
        &self.id
    }
}

impl From<&VerificationReport> for VerificationReportId {
    fn from(report: &VerificationReport) -> Self {
        report.id.clone()
    }
}

/// The options that the checks of a report ran with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ReportOptions {
    /// Those of the document check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentOptions>,
    /// Those of the id number check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberOptions>,
}

open_enum! {
    /// How one check of a report came out.
    pub enum ReportStatus {
        /// It failed; its `error` says why.
        Unverified = "unverified",
        /// It passed.
        Verified = "verified",
    }
}

/// Why one check failed. Each check has codes of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
#[non_exhaustive]
pub struct ReportError<C> {
    /// The reason for programs.
    #[serde(default = "Option::default")]
    pub code: Option<C>,
    /// The reason for people, in English, fit to be shown to the user.
    #[serde(default)]
    pub reason: Option<String>,
}

impl<C> ReportError<C> {
    /// An error with its code and its text.
    pub fn new(code: C, reason: Option<String>) -> Self {
        Self { code: Some(code), reason }
    }
}

/// The check of an identity document. After redaction each text reads `[redacted]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct DocumentReport {
    /// The address on the document.
    pub address: Option<Address>,
    /// The date of birth. *Restricted*: [`ReportExpand::DocumentDob`](crate::ReportExpand::DocumentDob).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<Sensitive<Date>>,
    /// Why the check failed; absent if it passed.
    pub error: Option<ReportError<DocumentCheckErrorCode>>,
    /// The last day that the document is valid. *Restricted*:
    /// [`ReportExpand::DocumentExpirationDate`](crate::ReportExpand::DocumentExpirationDate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Sensitive<Date>>,
    /// The images of the document. Reading their contents takes a restricted key.
    pub files: Option<Vec<FileId>>,
    /// The first name on the document.
    pub first_name: Option<Sensitive<String>>,
    /// The day that the document was issued.
    pub issued_date: Option<Sensitive<Date>>,
    /// The country that issued it, as a two-letter code.
    pub issuing_country: Option<Sensitive<String>>,
    /// The last name on the document.
    pub last_name: Option<Sensitive<String>>,
    /// The document's number. *Restricted*:
    /// [`ReportExpand::DocumentNumber`](crate::ReportExpand::DocumentNumber).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Sensitive<String>>,
    /// The sex, as read. Comes with [`ReportExpand::DocumentSex`](crate::ReportExpand::DocumentSex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sensitive<Sex>>,
    /// How the check came out.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
    /// The document's type.
    #[doc(alias = "type")]
    #[serde(rename = "type")]
    pub type_: Option<DocumentType>,
    /// The place of birth, as the document spells it. Comes with
    /// [`ReportExpand::DocumentUnparsedPlaceOfBirth`](crate::ReportExpand::DocumentUnparsedPlaceOfBirth).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_place_of_birth: Option<Sensitive<String>>,
    /// The sex, as the document spells it. Comes with
    /// [`ReportExpand::DocumentUnparsedSex`](crate::ReportExpand::DocumentUnparsedSex).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unparsed_sex: Option<Sensitive<String>>,
}

open_enum! {
    /// Why the check of a document failed.
    pub enum DocumentCheckErrorCode {
        /// It is past its expiration date.
        DocumentExpired = "document_expired",
        /// It is of a type that the session does not allow.
        DocumentTypeNotSupported = "document_type_not_supported",
        /// It could not be verified, for a reason with no code of its own.
        DocumentUnverifiedOther = "document_unverified_other",
    }
}

/// The check of an email address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EmailReport {
    /// The address.
    pub email: Option<Sensitive<String>>,
    /// Why the check failed; absent if it passed.
    pub error: Option<ReportError<EmailCheckErrorCode>>,
    /// How the check came out.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// Why the check of an email address failed.
    pub enum EmailCheckErrorCode {
        /// It could not be verified.
        EmailUnverifiedOther = "email_unverified_other",
        /// The user declined.
        EmailVerificationDeclined = "email_verification_declined",
    }
}

/// The check of a phone number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneReport {
    /// Why the check failed; absent if it passed.
    pub error: Option<ReportError<PhoneCheckErrorCode>>,
    /// The number.
    pub phone: Option<Sensitive<String>>,
    /// How the check came out.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// Why the check of a phone number failed.
    pub enum PhoneCheckErrorCode {
        /// It could not be verified.
        PhoneUnverifiedOther = "phone_unverified_other",
        /// The user declined.
        PhoneVerificationDeclined = "phone_verification_declined",
    }
}

/// The check of an id number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct IdNumberReport {
    /// The date of birth. *Restricted*: [`ReportExpand::IdNumberDob`](crate::ReportExpand::IdNumberDob).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<Sensitive<Date>>,
    /// Why the check failed; absent if it passed.
    pub error: Option<ReportError<IdNumberCheckErrorCode>>,
    /// The first name.
    pub first_name: Option<Sensitive<String>>,
    /// The number. *Restricted*: [`ReportExpand::IdNumber`](crate::ReportExpand::IdNumber).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<Sensitive<String>>,
    /// The number's type.
    pub id_number_type: Option<IdNumberType>,
    /// The last name.
    pub last_name: Option<Sensitive<String>>,
    /// How the check came out.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ReportStatus::is_absent")]
    pub status: ReportStatus,
}

open_enum! {
    /// Why the check of an id number failed.
    pub enum IdNumberCheckErrorCode {
        /// The document did not give enough to look the number up.
        IdNumberInsufficientDocumentData = "id_number_insufficient_document_data",
        /// It does not go with the other details.
        IdNumberMismatch = "id_number_mismatch",
        /// It could not be verified, for a reason with no code of its own.
        IdNumberUnverifiedOther = "id_number_unverified_other",
    }
}

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
