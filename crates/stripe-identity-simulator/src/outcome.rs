use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stripe_identity_core::types::{LastErrorCode, VerificationSession, VerificationSessionType};

/// The end of a user's try to verify themselves.
///
/// Its text is `verified` or the code of the failure: `"document_expired".parse::<Outcome>()`.
///
/// A session can only have the outcomes that its checks allow. [`possible_for`](Self::possible_for) lists them.
///
/// ```
/// use stripe_identity_simulator::{Check, Outcome};
///
/// let outcome: Outcome = "selfie_face_mismatch".parse()?;
/// assert_eq!(outcome.check(), Some(Check::Selfie));
/// assert_eq!(outcome.needs(), ["options[document][require_matching_selfie]=true"]);
/// # Ok::<(), stripe_identity_simulator::UnknownOutcome>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// All checks pass, and the session is verified.
    Verified,
    /// A check fails, or the user gives up before the checks. The session requires input again, with this code in its
    /// `last_error`.
    Failed(LastErrorCode),
}

impl Outcome {
    /// Returns all outcomes: verified, and a failure for each code that Stripe documents.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Verified).chain(LastErrorCode::KNOWN.iter().cloned().map(Self::Failed))
    }

    /// Returns the outcomes that a session can have. They depend on its type and options.
    pub fn possible_for(session: &VerificationSession) -> impl Iterator<Item = Self> {
        Self::all().filter(|outcome| outcome.is_possible_for(session))
    }

    /// Returns whether a session can have this outcome. It depends on the type and the options of the session.
    pub fn is_possible_for(&self, session: &VerificationSession) -> bool {
        self.check().is_none_or(|check| check.is_part_of(session))
            && (!self.compares_document_with_id_number() || Check::Document.is_part_of(session))
    }

    /// Returns the check that fails, or `None` if the outcome is verified or precedes the checks.
    pub fn check(&self) -> Option<Check> {
        let Self::Failed(code) = self else { return None };
        Check::ALL.into_iter().find(|check| {
            let rest = code.as_str().strip_prefix(check.as_str());
            rest.is_some_and(|rest| rest.starts_with('_'))
        })
    }

    /// Returns the parameters of a new session that make this outcome possible. One of them is enough. Empty if every
    /// session can have the outcome.
    pub fn needs(&self) -> &'static [&'static str] {
        match self.check() {
            Some(_) if self.compares_document_with_id_number() => &[REQUIRE_ID_NUMBER],
            Some(check) => check.parameters(),
            None => &[],
        }
    }

    /// Returns the `reason` of the session's `last_error`, or `None` if the outcome is verified. The words are the
    /// simulator's, not Stripe's.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Verified => None,
            Self::Failed(code) => Some(reason(code)),
        }
    }

    /// Returns whether the try leaves a verification report. A try that ends before the checks does not.
    pub fn leaves_report(&self) -> bool {
        *self == Self::Verified || self.check().is_some()
    }

    fn compares_document_with_id_number(&self) -> bool {
        *self == Self::Failed(LastErrorCode::IdNumberInsufficientDocumentData)
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

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Unlike [`FromStr`], this accepts a code that is not known.
impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(if text == "verified" { Self::Verified } else { Self::Failed(LastErrorCode::from(text.as_str())) })
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::all().find(|outcome| outcome.to_string() == text).ok_or(UnknownOutcome(()))
    }
}

/// The error when a string is not the name of an [`Outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownOutcome(());

impl fmt::Display for UnknownOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown outcome: expected one of ")?;
        write_list(f, Outcome::all())
    }
}

impl std::error::Error for UnknownOutcome {}

/// Writes values, separated by commas.
pub(crate) fn write_list(f: &mut fmt::Formatter<'_>, list: impl Iterator<Item: fmt::Display>) -> fmt::Result {
    for (index, value) in list.enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{value}")?;
    }
    Ok(())
}

/// A check of a session.
///
/// ```
/// use stripe_identity_core::types::{VerificationSession, VerificationSessionType};
/// use stripe_identity_simulator::Check;
///
/// let mut session = VerificationSession::new("vs_123");
/// session.type_ = VerificationSessionType::IdNumber;
/// assert!(Check::IdNumber.is_part_of(&session) && !Check::Document.is_part_of(&session));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The check of an identity document.
    Document,
    /// The check of an id number.
    IdNumber,
    /// The check of a selfie, which is compared with the document.
    Selfie,
    /// The check of an email address.
    Email,
    /// The check of a phone number.
    Phone,
}

const REQUIRE_ID_NUMBER: &str = "options[document][require_id_number]=true";

impl Check {
    /// All checks.
    pub const ALL: [Self; 5] = [Self::Document, Self::IdNumber, Self::Selfie, Self::Email, Self::Phone];

    /// Returns the name of the check, which is also the name of its field in a report: `document`, `id_number`,
    /// `selfie`, `email` or `phone`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::IdNumber => "id_number",
            Self::Selfie => "selfie",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// Returns whether a session has this check. It depends on the type and the options of the session.
    pub fn is_part_of(self, session: &VerificationSession) -> bool {
        let options = session.options.as_ref();
        let document = options.and_then(|options| options.document.as_ref());
        match self {
            Self::Document => match session.type_ {
                VerificationSessionType::Document => true,
                VerificationSessionType::IdNumber => false,
                _ => document.is_some(),
            },
            Self::IdNumber => {
                session.type_ == VerificationSessionType::IdNumber
                    || document.is_some_and(|document| document.require_id_number == Some(true))
            }
            Self::Selfie => {
                Self::Document.is_part_of(session)
                    && document.is_some_and(|document| document.require_matching_selfie == Some(true))
            }
            Self::Email => options.is_some_and(|options| options.email.is_some()),
            Self::Phone => options.is_some_and(|options| options.phone.is_some()),
        }
    }

    /// Returns the parameters of a new session that include this check. One of them is enough.
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Document => &["type=document", "verification_flow"],
            Self::IdNumber => &["type=id_number", REQUIRE_ID_NUMBER],
            Self::Selfie => &["options[document][require_matching_selfie]=true"],
            Self::Email | Self::Phone => &["verification_flow"],
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Returns the reason of a failure as a user reads it, in the simulator's words.
pub(crate) fn reason(code: &LastErrorCode) -> &'static str {
    match code {
        LastErrorCode::Abandoned => "The verification was abandoned before it was submitted.",
        LastErrorCode::ConsentDeclined => "The user did not agree to be verified.",
        LastErrorCode::CountryNotSupported => "The user's country is not supported.",
        LastErrorCode::DeviceNotSupported => "The user's device has no suitable camera.",
        LastErrorCode::DocumentExpired => "The document is past its expiration date.",
        LastErrorCode::DocumentTypeNotSupported => "The document is of a type that is not allowed.",
        LastErrorCode::DocumentUnverifiedOther => "The document could not be verified.",
        LastErrorCode::EmailUnverifiedOther => "The email address could not be verified.",
        LastErrorCode::EmailVerificationDeclined => "The user declined to verify the email address.",
        LastErrorCode::IdNumberInsufficientDocumentData => {
            "The document does not have enough data to look up the id number."
        }
        LastErrorCode::IdNumberMismatch => "The id number does not match the other details.",
        LastErrorCode::IdNumberUnverifiedOther => "The id number could not be verified.",
        LastErrorCode::PhoneUnverifiedOther => "The phone number could not be verified.",
        LastErrorCode::PhoneVerificationDeclined => "The user declined to verify the phone number.",
        LastErrorCode::SelfieDocumentMissingPhoto => "The document has no photo to compare the selfie with.",
        LastErrorCode::SelfieFaceMismatch => "The selfie does not show the face on the document.",
        LastErrorCode::SelfieManipulated => "The selfie was tampered with.",
        LastErrorCode::SelfieUnverifiedOther => "The selfie could not be verified.",
        LastErrorCode::UnderSupportedAge => "The user is too young to be verified.",
        _ => "The verification failed.",
    }
}
