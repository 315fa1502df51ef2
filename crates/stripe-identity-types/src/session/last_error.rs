use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

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
