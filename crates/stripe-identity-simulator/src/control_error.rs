use std::fmt;

use stripe_identity_core::types::{DocumentType, VerificationSessionStatus};

use crate::outcome::{Outcome, write_list};
use crate::unwritten::Unwritten;

/// Why a session or a clock could not be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlError {
    /// There is no such session.
    NoSuchSession,
    /// The session does not have the status that this takes.
    WrongStatus {
        /// The status that it has.
        actual: VerificationSessionStatus,
        /// The status that it would have to have.
        expected: VerificationSessionStatus,
    },
    /// The session has no check that could end so; it can have these outcomes.
    ImpossibleOutcome(Vec<Outcome>),
    /// The session does not allow the type of the document, and the outcome is not that it is refused; these types are
    /// allowed.
    DocumentNotAllowed(Vec<DocumentType>),
    /// No redaction of the session is under way.
    NoRedaction,
    /// There is no such webhook endpoint.
    NoSuchWebhookEndpoint,
    /// The secret of a webhook endpoint was to be blank.
    BlankSecret,
    /// The clock was to be set to a time that has passed, in a world that holds something.
    TimeHasPassed,
    /// The initial lines do not fit what has come since, for this reason.
    InitialLines(String),
    /// The state file cannot be written, for this reason. What was asked for may have happened; it is written once it can
    /// be, and nothing else happens in the world before.
    Unwritten(String),
}

impl From<Unwritten> for ControlError {
    fn from(unwritten: Unwritten) -> Self {
        Self::Unwritten(unwritten.reason)
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlankSecret => f.write_str("the secret is blank: expected text such as `whsec_made_up`"),
            Self::NoSuchWebhookEndpoint => f.write_str("there is no such webhook endpoint"),
            Self::NoSuchSession => f.write_str("there is no such session"),
            Self::WrongStatus { actual, expected } => {
                write!(f, "the session has the status {actual}: expected one with the status {expected}")
            }
            Self::TimeHasPassed => f.write_str(
                "the time has passed: expected the present or the future, or a world that holds nothing yet, such as \
                 that of another key",
            ),
            Self::ImpossibleOutcome(possible) => {
                f.write_str("the session has no check that could end so: expected one of ")?;
                write_list(f, possible.iter())?;
                f.write_str("; for others, a new session needs the parameter that `/_simulator/outcomes` lists")
            }
            Self::DocumentNotAllowed(allowed) => {
                f.write_str("the session does not allow this type of document: expected one of ")?;
                write_list(f, allowed.iter())
            }
            Self::InitialLines(reason) => write!(f, "the initial lines do not fit: {reason}"),
            Self::Unwritten(reason) => Unwritten { reason: reason.clone() }.fmt(f),
            Self::NoRedaction => f.write_str("no redaction of the session is under way"),
        }
    }
}

impl std::error::Error for ControlError {}
