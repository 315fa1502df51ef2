use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

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
