use std::fmt;

use stripe_identity_core::types::{DocumentType, VerificationSessionStatus};

use crate::outcome::{Outcome, write_list};
use crate::unwritten::Unwritten;

/// The error when the simulator cannot do what a test asks of a session, a clock, a webhook endpoint or a world.
///
/// Nothing has changed, except where a variant says otherwise.
///
/// ```
/// use stripe_identity_simulator::{ControlError, Outcome, SimulatorTransport};
///
/// let stripe = SimulatorTransport::new();
/// assert_eq!(stripe.submit("vs_unknown", Outcome::Verified), Err(ControlError::NoSuchSession));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlError {
    /// No session has the id.
    NoSuchSession,
    /// The session does not have the status that the call requires.
    WrongStatus {
        /// The status of the session.
        actual: VerificationSessionStatus,
        /// The status that the call requires.
        expected: VerificationSessionStatus,
    },
    /// The session has no check that can end with the outcome. The list holds the outcomes that the session can have.
    ImpossibleOutcome(Vec<Outcome>),
    /// The session does not allow the type of the document, and the outcome is not a failure of the document check. The
    /// list holds the types that the session allows.
    DocumentNotAllowed(Vec<DocumentType>),
    /// No redaction of the session is under way.
    NoRedaction,
    /// No webhook endpoint has the id.
    NoSuchWebhookEndpoint,
    /// The new secret of a webhook endpoint is blank.
    BlankSecret,
    /// The new time of a clock is in the past, and the world is not empty.
    TimeHasPassed,
    /// The initial lines can no longer be imported, for example because there are too many worlds by now. The text says
    /// why.
    InitialLines(String),
    /// The state file cannot be written. The text says why.
    ///
    /// The change itself may have happened. It is written as soon as the file can be written, and nothing else happens
    /// in the world before.
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
            Self::NoSuchWebhookEndpoint => {
                f.write_str("no webhook endpoint has that id: expected the id of an endpoint of this world")
            }
            Self::NoSuchSession => {
                f.write_str("no session has that id: expected the id of a session that this simulator created")
            }
            Self::WrongStatus { actual, expected } => {
                write!(f, "the session has the status {actual}: expected one with the status {expected}")
            }
            Self::TimeHasPassed => f.write_str(
                "the time is in the past: expected the present or the future, or an empty world, such as that of a new \
                 key",
            ),
            Self::ImpossibleOutcome(possible) => {
                f.write_str("the session has no check that can end with this outcome: expected one of ")?;
                write_list(f, possible.iter())?;
                f.write_str(
                    "; for another outcome, create a session with the parameter that `/_simulator/outcomes` lists",
                )
            }
            Self::DocumentNotAllowed(allowed) => {
                f.write_str("the session does not allow this type of document: expected one of ")?;
                write_list(f, allowed.iter())
            }
            Self::InitialLines(reason) => write!(f, "the initial lines cannot be imported again: {reason}"),
            Self::Unwritten(reason) => Unwritten { reason: reason.clone() }.fmt(f),
            Self::NoRedaction => f.write_str(
                "no redaction of the session is under way: expected a session whose redaction was requested",
            ),
        }
    }
}

impl std::error::Error for ControlError {}
