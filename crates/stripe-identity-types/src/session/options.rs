use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// The type of a session: what it verifies.
    pub enum VerificationSessionType {
        /// An identity document, and also a selfie and an id number if the options require them.
        Document = "document",
        /// An id number, without a document.
        IdNumber = "id_number",
        /// The checks that a flow from the Dashboard defines. Only in responses. To create such a
        /// session, name the flow in
        /// [`CreateVerificationSession`](crate::CreateVerificationSession::verification_flow()).
        VerificationFlow = "verification_flow",
    }
}

/// The checks of a session, with their settings.
///
/// In Stripe's API, this is the field `options` of a session. A check that is absent does not run.
///
/// ```
/// use stripe_identity_types::VerificationSession;
///
/// let session: VerificationSession = serde_json::from_str(
///     r#"{"id": "vs_1", "options": {"document": {"require_matching_selfie": true}}}"#,
/// )?;
/// let document = session.options.and_then(|options| options.document).unwrap_or_default();
/// assert_eq!(document.require_matching_selfie, Some(true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The rules for matching the verified data with the data that is known of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<MatchingOptions>,
    /// The check of a phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneOptions>,
}

/// The settings of the document check, both in parameters and in responses: `options.document`. An
/// absent setting has Stripe's default.
///
/// ```
/// use stripe_identity_types::{DocumentOptions, DocumentType, Patch, UpdateVerificationSession};
///
/// let mut document = DocumentOptions::default();
/// document.allowed_types = Some(vec![DocumentType::Passport]);
/// document.require_live_capture = Some(true);
/// let mut params = UpdateVerificationSession::new();
/// params.options.document = Patch::Set(document);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct DocumentOptions {
    /// The accepted types of document. Defaults to all of them. A form has no empty list, so an empty
    /// list in parameters sets nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_types: Option<Vec<DocumentType>>,
    /// Whether the user must enter an id number, which is compared with the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_id_number: Option<bool>,
    /// Whether images must come from the camera, and not from a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_live_capture: Option<bool>,
    /// Whether the user must take a selfie, which is compared with the document's photo.
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

/// The settings of the email check: `options.email`.
///
/// ```
/// use stripe_identity_types::EmailOptions;
///
/// let email: EmailOptions = serde_json::from_str(r#"{"require_verification": true}"#)?;
/// assert_eq!(email.require_verification, Some(true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EmailOptions {
    /// Whether the user must prove that they own the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verification: Option<bool>,
}

/// The settings of the phone check: `options.phone`.
///
/// ```
/// use stripe_identity_types::PhoneOptions;
///
/// let phone: PhoneOptions = serde_json::from_str(r#"{"require_verification": true}"#)?;
/// assert_eq!(phone.require_verification, Some(true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneOptions {
    /// Whether the user must prove that they own the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verification: Option<bool>,
}

/// The settings of the id number check: `options.id_number`. Stripe has none so far. If the value is
/// present, the check runs.
///
/// ```
/// use stripe_identity_types::{IdNumberOptions, VerificationSessionOptions};
///
/// let options: VerificationSessionOptions = serde_json::from_str(r#"{"id_number": {}}"#)?;
/// assert_eq!(options.id_number, Some(IdNumberOptions::default()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct IdNumberOptions {}

/// The rules for matching the verified data with the data that is known of the person:
/// `options.matching`.
///
/// ```
/// use stripe_identity_types::{MatchingOptions, MatchingRule};
///
/// let matching: MatchingOptions = serde_json::from_str(r#"{"name": "similar"}"#)?;
/// assert_eq!(matching.name, Some(MatchingRule::Similar));
/// assert_eq!(matching.dob, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct MatchingOptions {
    /// The rule for the date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dob: Option<MatchingRule>,
    /// The rule for the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<MatchingRule>,
}

open_enum! {
    /// A rule for matching a verified detail with the known one.
    pub enum MatchingRule {
        /// The details need not match.
        None = "none",
        /// The details must be similar.
        Similar = "similar",
    }
}
