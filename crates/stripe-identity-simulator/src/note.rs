use std::fmt;

use stripe_identity_core::types::Timestamp;

use crate::delivery::{AttemptResult, DeliveryFailure};

/// Information for the person who runs the simulator that no response contains.
///
/// [`SimulatorBuilder::on_note`](crate::SimulatorBuilder::on_note) receives it, and the program prints it. `Display`
/// writes one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A request names an object that is not in the world of its key but in another one.
    ObjectOfAnotherWorld {
        /// The id of the object.
        id: String,
        /// The name of the world of the request's key, shortened if it may be a secret.
        world: String,
        /// The name of the world that holds the object, shortened if it may be a secret.
        other: String,
    },
    /// An attempt to deliver a webhook has failed. One that is [dropped](crate::Disorder::Dropped) on purpose is not
    /// noted.
    DeliveryFailed {
        /// The type of the event.
        event_type: String,
        /// The URL of the endpoint, without user information and query.
        endpoint: String,
        /// The name of the world of the event, shortened if it may be a secret.
        world: String,
        /// The result of the attempt, without a body.
        result: AttemptResult,
        /// The time at which the next scheduled attempt is due, or `None` if none is scheduled.
        next_attempt: Option<Timestamp>,
    },
    /// The [initial lines](crate::SimulatorBuilder::initial_lines) were ignored, since the state file holds worlds
    /// already.
    InitialLinesLeftOut,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectOfAnotherWorld { id, world, other } => write!(
                f,
                "{id} is not in the world \"{world}\" of the request's key, but in the world \"{other}\": use the key \
                 that created it"
            ),
            Self::DeliveryFailed { event_type, endpoint, world, result, next_attempt } => {
                write!(f, "webhook {event_type} was not delivered to {endpoint}: {}", Reason(result))?;
                match next_attempt {
                    Some(time) => write!(f, "; the next attempt is at {time}")?,
                    None => f.write_str("; no further attempt is scheduled")?,
                }
                write!(f, " (world \"{world}\")")
            }
            Self::InitialLinesLeftOut => {
                f.write_str("the initial lines are not used: the state file holds worlds already")
            }
        }
    }
}

struct Reason<'a>(&'a AttemptResult);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = match self.0 {
            AttemptResult::Response { status, .. } => return write!(f, "status {}", status.as_u16()),
            AttemptResult::Failure(failure) => failure,
        };
        f.write_str(match failure {
            DeliveryFailure::Unreachable => "no connection could be established",
            DeliveryFailure::Tls => "the TLS handshake failed, probably because no trusted root signed the certificate",
            DeliveryFailure::TimedOut => "the receiver did not respond in time",
            DeliveryFailure::Closed => "the connection ended before a response arrived",
            DeliveryFailure::Cut => "the connection was cut on purpose",
            DeliveryFailure::Dropped => "the request was dropped on purpose",
            DeliveryFailure::HostNotAllowed => "the host is neither this machine nor allowed by --webhook-host",
        })
    }
}
