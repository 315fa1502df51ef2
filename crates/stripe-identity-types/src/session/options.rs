use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// What a session verifies.
    pub enum VerificationSessionType {
        /// An identity document, and also a selfie and an id number if the options require them.
        Document = "document",
        /// An id number, without a document.
        IdNumber = "id_number",
        /// What a flow from the Dashboard defines. Only in responses: to create such a session,
        /// name the flow.
        VerificationFlow = "verification_flow",
    }
}

/// The checks of a session, with their settings. A check that is absent does not run.
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
    /// How closely the verified data must match what was known in advance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<MatchingOptions>,
    /// The check of a phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneOptions>,
}

/// The settings of the document check, both in parameters and in responses. An absent setting has
/// Stripe's default.
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
    /// The accepted types of document. Defaults to all of them. An empty list is not sent as a
    /// parameter.
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

/// The settings of the email check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EmailOptions {
    /// Whether the user must prove that they own the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verification: Option<bool>,
}

/// The settings of the phone check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneOptions {
    /// Whether the user must prove that they own the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_verification: Option<bool>,
}

/// The settings of the id number check, which has none so far. If it is present, the check runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct IdNumberOptions {}

/// How closely the verified data must match what was known about the person in advance.
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
    /// How closely two details must match.
    pub enum MatchingRule {
        /// The details need not match.
        None = "none",
        /// The details must be similar.
        Similar = "similar",
    }
}
