use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;
use crate::sensitive::debug_fields;

/// The reason why the last try of a session failed.
///
/// In Stripe's API, this is the field `last_error` of a session.
///
/// ```
/// use stripe_identity_types::{LastErrorCode, VerificationSession};
///
/// let session: VerificationSession = serde_json::from_str(
///     r#"{"id": "vs_1", "last_error": {"code": "document_expired", "reason": "The document is expired."}}"#,
/// )?;
/// if let Some(error) = session.last_error {
///     assert_eq!(error.code, Some(LastErrorCode::DocumentExpired));
///     println!("{}", error.reason.unwrap_or_default());
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct LastError {
    /// The machine-readable reason.
    pub code: Option<LastErrorCode>,
    /// The human-readable reason, in English and suitable for display to the user.
    pub reason: Option<String>,
}

debug_fields!(LastError { code } codes {} hidden { reason });

impl LastError {
    /// Creates an error with a code and a text.
    pub fn new(code: LastErrorCode, reason: Option<String>) -> Self {
        Self { code: Some(code), reason }
    }
}

open_enum! {
    /// The machine-readable reason why a try failed.
    pub enum LastErrorCode {
        /// The user left before submitting.
        Abandoned = "abandoned",
        /// The user declined to be verified by Stripe.
        ConsentDeclined = "consent_declined",
        /// The user is in a country in which Stripe does not verify.
        CountryNotSupported = "country_not_supported",
        /// The user's device has no suitable camera.
        DeviceNotSupported = "device_not_supported",
        /// The document has expired.
        DocumentExpired = "document_expired",
        /// The session does not allow this type of document.
        DocumentTypeNotSupported = "document_type_not_supported",
        /// The document could not be verified, for a reason without a code of its own.
        DocumentUnverifiedOther = "document_unverified_other",
        /// The email address could not be verified.
        EmailUnverifiedOther = "email_unverified_other",
        /// The user declined to verify the email address.
        EmailVerificationDeclined = "email_verification_declined",
        /// The document has too little data to look up the id number.
        IdNumberInsufficientDocumentData = "id_number_insufficient_document_data",
        /// The id number does not match the other details.
        IdNumberMismatch = "id_number_mismatch",
        /// The id number could not be verified, for a reason without a code of its own.
        IdNumberUnverifiedOther = "id_number_unverified_other",
        /// The phone number could not be verified.
        PhoneUnverifiedOther = "phone_unverified_other",
        /// The user declined to verify the phone number.
        PhoneVerificationDeclined = "phone_verification_declined",
        /// The document has no photo to compare the selfie with.
        SelfieDocumentMissingPhoto = "selfie_document_missing_photo",
        /// The selfie and the document's photo show different faces.
        SelfieFaceMismatch = "selfie_face_mismatch",
        /// The selfie was manipulated.
        SelfieManipulated = "selfie_manipulated",
        /// The selfie could not be verified, for a reason without a code of its own.
        SelfieUnverifiedOther = "selfie_unverified_other",
        /// The user is too young to be verified.
        UnderSupportedAge = "under_supported_age",
    }
}
