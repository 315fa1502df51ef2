use std::fmt;

use stripe_identity_core::types::Timestamp;

use crate::delivery::{AttemptResult, DeliveryFailure};

/// Something that a response does not say, and that the person at the simulator may want to know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// A request names an object that is not in the world of its key, but in another one.
    ObjectOfAnotherWorld {
        /// The id of the object.
        id: String,
        /// The world of the request's key, shortened if its name may be a secret.
        world: String,
        /// The world that the object is in, shortened likewise.
        other: String,
    },
    /// An attempt to deliver a webhook has failed. One that is [dropped](crate::Disorder::Dropped) on purpose is not noted.
    DeliveryFailed {
        /// The type of the event.
        event_type: String,
        /// The URL of the endpoint, without user information and query.
        endpoint: String,
        /// The world of the event, shortened if its name may be a secret.
        world: String,
        /// What came of the attempt, without a body.
        result: AttemptResult,
        /// When the next attempt is due by itself, if it is.
        next_attempt: Option<Timestamp>,
    },
    /// The state file holds worlds already, and the [initial lines](crate::SimulatorBuilder::initial_lines) were left out.
    InitialLinesLeftOut,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ObjectOfAnotherWorld { id, world, other } => write!(
                f,
                "{id} is not in the world \"{world}\", which the request's key names, but in the world \"{other}\": \
                 use the key that made it"
            ),
            Self::DeliveryFailed { event_type, endpoint, world, result, next_attempt } => {
                write!(f, "webhook {event_type} was not delivered to {endpoint}: {}", Reason(result))?;
                match next_attempt {
                    Some(time) => write!(f, "; the next try is at {time}")?,
                    None => f.write_str("; no further try is due")?,
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
            DeliveryFailure::Unreachable => "no connection was made",
            DeliveryFailure::Tls => "TLS failed, mostly since no trusted root vouches for the certificate",
            DeliveryFailure::TimedOut => "the receiver took too long",
            DeliveryFailure::Closed => "the connection ended before a response came",
            DeliveryFailure::Cut => "the connection was cut on purpose",
            DeliveryFailure::Dropped => "the request was dropped on purpose",
            DeliveryFailure::HostNotAllowed => {
                "the host is neither this machine nor one that was named (--webhook-host)"
            }
        })
    }
}
