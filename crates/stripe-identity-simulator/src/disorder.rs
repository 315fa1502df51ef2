//! What can go wrong on the way of a webhook, on demand.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration::{Seconds, duration};
use crate::serial;
use crate::settings::InvalidSetting;

/// Something that is done to a delivery on purpose.
///
/// As text: `doubled`, `reordered`, `late:10m`, `dropped`, `cut`, `old_timestamp`, `wrong_signature` or `two_signatures`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disorder {
    /// The request is sent twice.
    Doubled,
    /// The request takes a random place among those to the same endpoint that are ready. A [`Server`](crate::Server)
    /// also holds it back for up to 50 ms.
    Reordered,
    /// The request is sent so much later, by the world's clock.
    Late(Duration),
    /// The request is never sent, and counts as failed.
    Dropped,
    /// The request ends in the middle of its body.
    Cut,
    /// The signature is an hour old, and right otherwise.
    OldTimestamp,
    /// The signature was made with another secret.
    WrongSignature,
    /// There are two signatures: the first was made with another secret, and the second is right.
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

/// Which deliveries something is done to.
///
/// Each attempt is looked at anew: a rule without [`times`](Self::times) does its harm to all attempts at a delivery.
///
/// ```
/// use stripe_identity_simulator::{Disorder, DisorderRule, Simulator};
///
/// let stripe = Simulator::new();
/// // The next webhook that says "verified" is lost.
/// let lost = DisorderRule::new(Disorder::Dropped).event_type("*.verified").times(1);
/// // One in ten is delivered twice.
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
    /// Creates a rule for every attempt to deliver anything to any endpoint.
    pub fn new(disorder: Disorder) -> Self {
        Self { disorder, webhook_endpoint: None, event_type: None, probability: 1.0, times: None }
    }

    /// Restricts the rule to one endpoint, by its id.
    pub fn webhook_endpoint(self, id: impl Into<String>) -> Self {
        Self { webhook_endpoint: Some(id.into()), ..self }
    }

    /// Restricts the rule to the events of a type, in which `*` stands for any text.
    pub fn event_type(self, pattern: impl Into<String>) -> Self {
        Self { event_type: Some(pattern.into()), ..self }
    }

    /// Restricts the rule to a part of the attempts, from 0 to 1. Which ones, follows from the seed.
    pub fn probability(self, probability: f64) -> Self {
        Self { probability, ..self }
    }

    /// Ends the rule after it was applied this often.
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
