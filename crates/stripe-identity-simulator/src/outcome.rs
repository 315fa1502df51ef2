use std::fmt;
use std::str::FromStr;

use stripe_identity_core::types::LastErrorCode;

/// How a user's try ends.
///
/// As text, `verified` or the code of the failure: `"document_expired".parse::<Outcome>()`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// All checks pass. The verified outputs are those of a made-up person.
    Verified,
    /// A check fails, and the session requires input again.
    Failed(LastErrorCode),
}

impl Outcome {
    /// Every outcome there is: verified, and one for each code.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Verified).chain(LastErrorCode::KNOWN.iter().cloned().map(Self::Failed))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Verified => "verified",
            Self::Failed(code) => code.as_str(),
        })
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::all().find(|outcome| outcome.to_string() == text).ok_or(UnknownOutcome(()))
    }
}

/// The text names no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOutcome(());

impl fmt::Display for UnknownOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Outcome::all().map(|outcome| outcome.to_string()).collect();
        write!(f, "an outcome is one of {}", names.join(", "))
    }
}

impl std::error::Error for UnknownOutcome {}

/// The reason that a user reads of a failure, in our words.
pub(crate) fn reason(code: &LastErrorCode) -> &'static str {
    match code {
        LastErrorCode::Abandoned => "The verification was left before it was submitted.",
        LastErrorCode::ConsentDeclined => "The user did not agree to be verified.",
        LastErrorCode::CountryNotSupported => "The user's country is not supported.",
        LastErrorCode::DeviceNotSupported => "The user's device has no suitable camera.",
        LastErrorCode::DocumentExpired => "The document is past its expiration date.",
        LastErrorCode::DocumentTypeNotSupported => "The document is of a type that is not allowed.",
        LastErrorCode::DocumentUnverifiedOther => "The document could not be verified.",
        LastErrorCode::EmailUnverifiedOther => "The email address could not be verified.",
        LastErrorCode::EmailVerificationDeclined => "The user declined to verify the email address.",
        LastErrorCode::IdNumberInsufficientDocumentData => {
            "The document does not show enough to look the id number up."
        }
        LastErrorCode::IdNumberMismatch => "The id number does not match the other details.",
        LastErrorCode::IdNumberUnverifiedOther => "The id number could not be verified.",
        LastErrorCode::PhoneUnverifiedOther => "The phone number could not be verified.",
        LastErrorCode::PhoneVerificationDeclined => "The user declined to verify the phone number.",
        LastErrorCode::SelfieDocumentMissingPhoto => "The document has no photo to hold the selfie against.",
        LastErrorCode::SelfieFaceMismatch => "The selfie does not show the face on the document.",
        LastErrorCode::SelfieManipulated => "The selfie was tampered with.",
        LastErrorCode::SelfieUnverifiedOther => "The selfie could not be verified.",
        LastErrorCode::UnderSupportedAge => "The user is too young to be verified.",
        _ => "The verification failed.",
    }
}
