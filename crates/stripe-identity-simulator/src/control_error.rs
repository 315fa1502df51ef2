use std::fmt;

use stripe_identity_core::types::VerificationSessionStatus;

/// What a user's try or a redaction could not be done to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such session.
    NoSuchSession,
    /// The session is not in the status that this takes; it has this one.
    WrongStatus(VerificationSessionStatus),
    /// No redaction of the session is under way.
    NoRedaction,
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSession => f.write_str("there is no such session"),
            Self::WrongStatus(status) => write!(f, "the session has the status {status}"),
            Self::NoRedaction => f.write_str("no redaction of the session is under way"),
        }
    }
}

impl std::error::Error for ControlError {}
