use serde::{Deserialize, Serialize};

use crate::expandable::link;
use crate::lenient::{null_as_default, private};
use crate::object_type::own;
use crate::open_enum::open_enum;
use crate::{
    AccountId, CustomerAccountId, CustomerId, Expandable, HasId, Metadata, ObjectType, PersonId, Sensitive, Timestamp,
    VerificationFlowId, VerificationReport, VerificationSessionId, VerifiedOutputs,
};

/// One attempt to verify one person, with all their tries: what you create, send the user to, and read the outcome from.
///
/// A new session has the status [`RequiresInput`](VerificationSessionStatus::RequiresInput). When the user has
/// submitted, it goes on to [`Processing`](VerificationSessionStatus::Processing) and from there to
/// [`Verified`](VerificationSessionStatus::Verified), or back to `RequiresInput` with [`last_error`](Self::last_error)
/// set, so that the user can try again with a fresh [`url`](Self::url).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct VerificationSession {
    /// The session's id, `vs_…`.
    pub id: VerificationSessionId,
    /// Always [`ObjectType::VerificationSession`].
    #[serde(default, deserialize_with = "own::verification_session", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// Your own reference to the user or the case, as given when the session was created.
    #[serde(default)]
    pub client_reference_id: Option<Sensitive<String>>,
    /// What Stripe's browser and mobile SDKs need to start the verification. Single use, valid for 24 hours; absent
    /// unless the session requires input. Don't store it, log it, or put it in a URL.
    #[serde(default)]
    pub client_secret: Option<Sensitive<String>>,
    /// When the session was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Why the last try failed; absent while there was none, and once the session is verified or canceled.
    #[serde(default)]
    pub last_error: Option<LastError>,
    /// The report of the last try: its id, or with
    /// [`SessionExpand::LastVerificationReport`](crate::SessionExpand::LastVerificationReport) the report itself.
    #[serde(default, deserialize_with = "link")]
    pub last_verification_report: Option<Expandable<VerificationReport>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your own key-value pairs. Redaction erases them.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// Which checks run, and how.
    #[serde(default)]
    pub options: Option<VerificationSessionOptions>,
    /// What you told Stripe about the user beforehand; absent if nothing.
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub provided_details: Option<ProvidedDetails>,
    /// How far redaction has come; absent if it was never asked for.
    #[serde(default)]
    pub redaction: Option<Redaction>,
    /// The customer whom the session is about, if you named one.
    #[serde(default)]
    pub related_customer: Option<CustomerId>,
    /// The customer whom the session is about, where customers are accounts, if you named one.
    #[serde(default)]
    pub related_customer_account: Option<CustomerAccountId>,
    /// The person on a connected account whom the session is about, if you named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_person: Option<RelatedPerson>,
    /// Where the session stands.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionStatus::is_absent"
    )]
    pub status: VerificationSessionStatus,
    /// What is verified.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "VerificationSessionType::is_absent"
    )]
    pub type_: VerificationSessionType,
    /// The page on Stripe to send the user to. Single use, valid for 48 hours; absent unless the session requires
    /// input. Don't store it, log it, or mail it.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
    /// The flow that the session was made from; absent for the other types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_flow: Option<VerificationFlowId>,
    /// What was verified about the person. Present only if the session is verified and the call asked for it with
    /// [`SessionExpand::VerifiedOutputs`](crate::SessionExpand::VerifiedOutputs).
    #[serde(default, deserialize_with = "private", skip_serializing_if = "Option::is_none")]
    pub verified_outputs: Option<VerifiedOutputs>,
}

impl VerificationSession {
    /// A session of which nothing but the id is known, to start from in tests and servers.
    pub fn new(id: impl Into<VerificationSessionId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::VerificationSession,
            client_reference_id: None,
            client_secret: None,
            created: None,
            last_error: None,
            last_verification_report: None,
            livemode: None,
            metadata: Metadata::new(),
            options: None,
            provided_details: None,
            redaction: None,
            related_customer: None,
            related_customer_account: None,
            related_person: None,
            status: VerificationSessionStatus::default(),
            type_: VerificationSessionType::default(),
            url: None,
            verification_flow: None,
            verified_outputs: None,
        }
    }
}

impl HasId for VerificationSession {
    type Id = VerificationSessionId;

    fn id(&self) -> &VerificationSessionId {
        &self.id
    }
}

impl From<&VerificationSession> for VerificationSessionId {
    fn from(session: &VerificationSession) -> Self {
        session.id.clone()
    }
}

open_enum! {
    /// Where a session stands.
    pub enum VerificationSessionStatus {
        /// It was canceled and takes no more tries. Final.
        Canceled = "canceled",
        /// The user has submitted; the checks are running. Mostly under a minute.
        Processing = "processing",
        /// It waits for the user: not started yet, or failed and open for another try.
        RequiresInput = "requires_input",
        /// The checks passed. Final.
        Verified = "verified",
    }
}

open_enum! {
    /// What a session verifies.
    pub enum VerificationSessionType {
        /// An identity document, and a selfie and an id number with it if the options say so.
        Document = "document",
        /// An id number, without a document.
        IdNumber = "id_number",
        /// Whatever a flow made in the Dashboard says. Only ever in responses; to create such a session, name the flow.
        VerificationFlow = "verification_flow",
    }
}

/// Why the last try failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct LastError {
    /// The reason for programs.
    pub code: Option<LastErrorCode>,
    /// The reason for people, in English, fit to be shown to the user.
    pub reason: Option<String>,
}

impl LastError {
    /// An error with its code and its text.
    pub fn new(code: LastErrorCode, reason: Option<String>) -> Self {
        Self { code: Some(code), reason }
    }
}

open_enum! {
    /// Why a try failed.
    pub enum LastErrorCode {
        /// The user left before submitting.
        Abandoned = "abandoned",
        /// The user did not agree to be verified by Stripe.
        ConsentDeclined = "consent_declined",
        /// The user is in a country that Stripe does not verify in.
        CountryNotSupported = "country_not_supported",
        /// The user's device has no camera that will do.
        DeviceNotSupported = "device_not_supported",
        /// The document is past its expiration date.
        DocumentExpired = "document_expired",
        /// The document is of a type that the session does not allow.
        DocumentTypeNotSupported = "document_type_not_supported",
        /// The document could not be verified, for a reason with no code of its own.
        DocumentUnverifiedOther = "document_unverified_other",
        /// The email address could not be verified.
        EmailUnverifiedOther = "email_unverified_other",
        /// The user declined to verify the email address.
        EmailVerificationDeclined = "email_verification_declined",
        /// The document did not give enough to look the id number up.
        IdNumberInsufficientDocumentData = "id_number_insufficient_document_data",
        /// The id number does not go with the other details.
        IdNumberMismatch = "id_number_mismatch",
        /// The id number could not be verified, for a reason with no code of its own.
        IdNumberUnverifiedOther = "id_number_unverified_other",
        /// The phone number could not be verified.
        PhoneUnverifiedOther = "phone_unverified_other",
        /// The user declined to verify the phone number.
        PhoneVerificationDeclined = "phone_verification_declined",
        /// The document has no photo to hold the selfie against.
        SelfieDocumentMissingPhoto = "selfie_document_missing_photo",
        /// The selfie and the document's photo show different faces.
        SelfieFaceMismatch = "selfie_face_mismatch",
        /// The selfie was tampered with.
        SelfieManipulated = "selfie_manipulated",
        /// The selfie could not be verified, for a reason with no code of its own.
        SelfieUnverifiedOther = "selfie_unverified_other",
        /// The user is too young to be verified.
        UnderSupportedAge = "under_supported_age",
    }
}

/// Which checks of a session run, and how. A check that is absent does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct VerificationSessionOptions {
    /// The check of an identity document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentOptions>,
    /// The check of an email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailOptions>,
    /// The check of an id number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_number: Option<IdNumberOptions>,
    /// How closely the outcome must match what was known beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<MatchingOptions>,
    /// The check of a phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneOptions>,
}

/// How the document check runs. The same shape serves as parameter and as response; what is absent is Stripe's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct DocumentOptions {
    /// The types of document that are taken. Absent: all of them. As a parameter, an empty list is not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_types: Option<Vec<DocumentType>>,
    /// Whether the user must give an id number, which is held against the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_id_number: Option<bool>,
    /// Whether images must come from the camera, not from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_live_capture: Option<bool>,
    /// Whether the user must take a selfie, which is held against the document's photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_matching_selfie: Option<bool>,
}

open_enum! {
    /// The type of an identity document.
    pub enum DocumentType {
        /// A driving license.
        DrivingLicense = "driving_license",
        /// An identity card.
        IdCard = "id_card",
        /// A passport.
        Passport = "passport",
    }
}

/// How the check of an email address runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EmailOptions {
    /// Whether the user must prove that the address is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verification: Option<bool>,
}

/// How the check of a phone number runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneOptions {
    /// Whether the user must prove that the number is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verification: Option<bool>,
}

/// How the check of an id number runs. It has no settings so far; that it is there says that the check runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct IdNumberOptions {}

/// How closely the outcome must match what was known about the person beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct MatchingOptions {
    /// For the date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<MatchingRule>,
    /// For the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<MatchingRule>,
}

open_enum! {
    /// How closely two details must match.
    pub enum MatchingRule {
        /// They need not match.
        None = "none",
        /// They must be similar.
        Similar = "similar",
    }
}

/// What you told Stripe about the user beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ProvidedDetails {
    /// The user's email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Sensitive<String>>,
    /// The user's phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Sensitive<String>>,
}

/// The person on a connected account whom a session is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct RelatedPerson {
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The person on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// How far the redaction of a session has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct Redaction {
    /// Where it stands.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "RedactionStatus::is_absent")]
    pub status: RedactionStatus,
}

impl Redaction {
    /// A redaction at the given point.
    pub fn new(status: RedactionStatus) -> Self {
        Self { status }
    }
}

open_enum! {
    /// Where a redaction stands.
    pub enum RedactionStatus {
        /// Asked for and under way; it may take four days.
        Processing = "processing",
        /// Done: the personal data is gone.
        Redacted = "redacted",
        /// Listed by Stripe since June 2026, and explained nowhere so far. Not the end: wait for
        /// [`Redacted`](Self::Redacted).
        Validated = "validated",
    }
}
