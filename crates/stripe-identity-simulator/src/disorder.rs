//! Disturbances of webhook deliveries, on demand.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration::{Seconds, duration};
use crate::serial;
use crate::settings::InvalidSetting;

/// A disturbance of a webhook delivery.
///
/// It applies to endpoints by a [`DisorderRule`], or to a single endpoint by
/// [`WebhookEndpoint::disorder`](crate::WebhookEndpoint::disorder). Its text, in the control API and for [`FromStr`],
/// is `doubled`, `reordered`, `late:10m`, `dropped`, `cut`, `old_timestamp`, `wrong_signature` or `two_signatures`.
///
/// ```
/// use std::time::Duration;
/// use stripe_identity_simulator::Disorder;
///
/// assert_eq!("late:10m".parse(), Ok(Disorder::Late(Duration::from_secs(600))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disorder {
    /// The request is sent twice.
    Doubled,
    /// The request takes a random position among the requests to the same endpoint that are ready. A
    /// [`Server`](crate::Server) also holds it back for less than 50 ms.
    Reordered,
    /// The request is sent later than scheduled by this duration, by the world's clock.
    Late(Duration),
    /// The request is never sent, and the attempt fails.
    Dropped,
    /// The connection ends after half of the request body.
    Cut,
    /// The signature is valid, but its timestamp is an hour old.
    OldTimestamp,
    /// The signature is made with another secret.
    WrongSignature,
    /// The header has two signatures: the first is made with another secret, and the second is valid.
    TwoSignatures,
}

impl fmt::Display for Disorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Doubled => "doubled",
            Self::Reordered => "reordered",
            Self::Late(duration) => return write!(f, "late:{}", Seconds(*duration)),
            Self::Dropped => "dropped",
            Self::Cut => "cut",
            Self::OldTimestamp => "old_timestamp",
            Self::WrongSignature => "wrong_signature",
            Self::TwoSignatures => "two_signatures",
        })
    }
}

serial::as_text!(Disorder);

impl FromStr for Disorder {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        Ok(match text {
            "doubled" => Self::Doubled,
            "reordered" => Self::Reordered,
            "dropped" => Self::Dropped,
            "cut" => Self::Cut,
            "old_timestamp" => Self::OldTimestamp,
            "wrong_signature" => Self::WrongSignature,
            "two_signatures" => Self::TwoSignatures,
            _ => {
                let late = text.strip_prefix("late:").and_then(duration).map(Self::Late);
                return late.ok_or(InvalidSetting(
                    "`doubled`, `reordered`, `late:10m`, `dropped`, `cut`, `old_timestamp`, `wrong_signature` or \
                     `two_signatures`",
                ));
            }
        })
    }
}

/// A rule that disturbs webhook deliveries.
///
/// A rule is [added](crate::Simulator::disturb_webhooks) to a simulator. It is checked for each attempt: a rule without
/// [`times`](Self::times) applies to every attempt at a delivery, retries included.
///
/// ```
/// use stripe_identity_simulator::{Disorder, DisorderRule, Simulator};
///
/// let stripe = Simulator::new();
/// // The next `identity.verification_session.verified` is lost.
/// let lost = DisorderRule::new(Disorder::Dropped).event_type("*.verified").times(1);
/// // One attempt in ten is sent twice.
/// let doubled = DisorderRule::new(Disorder::Doubled).probability(0.1);
/// stripe.disturb_webhooks([lost, doubled]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisorderRule {
    pub(crate) disorder: Disorder,
    pub(crate) webhook_endpoint: Option<String>,
    pub(crate) event_type: Option<String>,
    #[serde(with = "serial::probability")]
    pub(crate) probability: f64,
    pub(crate) times: Option<u32>,
}

impl DisorderRule {
    /// Creates a rule for every attempt to deliver any event to any endpoint.
    pub fn new(disorder: Disorder) -> Self {
        Self { disorder, webhook_endpoint: None, event_type: None, probability: 1.0, times: None }
    }

    /// Limits the rule to the endpoint with this id, `we_…` or `ed_test_…`. Defaults to all endpoints.
    pub fn webhook_endpoint(self, id: impl Into<String>) -> Self {
        Self { webhook_endpoint: Some(id.into()), ..self }
    }

    /// Limits the rule to events whose type matches a pattern, in which `*` stands for any text. The types of thin
    /// events are matched without their `v1.`. Defaults to all types.
    pub fn event_type(self, pattern: impl Into<String>) -> Self {
        Self { event_type: Some(pattern.into()), ..self }
    }

    /// Makes the rule apply with a probability from 0 to 1, which the simulator's seed decides. Defaults to 1.
    pub fn probability(self, probability: f64) -> Self {
        Self { probability, ..self }
    }

    /// Removes the rule after it has applied to this number of attempts. Defaults to no limit.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disorder_as_text_reads_back() {
        for text in [
            "doubled",
            "reordered",
            "late:600s",
            "dropped",
            "cut",
            "old_timestamp",
            "wrong_signature",
            "two_signatures",
        ] {
            assert_eq!(text.parse::<Disorder>().unwrap().to_string(), text);
        }
        assert_eq!("late:10m".parse(), Ok(Disorder::Late(Duration::from_secs(600))));
        for text in ["", "late", "late:", "late:x", "Doubled", "cut "] {
            assert!(text.parse::<Disorder>().is_err(), "{text}");
        }
    }
}
