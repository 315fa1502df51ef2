//! The settings of a world.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Timestamp;

use crate::duration::{Seconds, duration};
use crate::serial;

/// The clock of a world.
///
/// Its text is `real`, `frozen`, or `frozen:` and a time such as `2026-10-26T07:33:20Z`.
///
/// ```
/// use stripe_identity_simulator::{Clock, Simulator};
///
/// let clock: Clock = "frozen:2026-10-26T07:33:20Z".parse()?;
/// let stripe = Simulator::builder().clock(clock).build();
/// assert_eq!(stripe.time().to_string(), "2026-10-26T07:33:20Z");
/// # Ok::<(), stripe_identity_simulator::InvalidSetting>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The time of this machine, plus the durations by which the world was advanced.
    Real,
    /// The present time. It stands still until the world is advanced.
    Frozen,
    /// The given time, which is not before 1970. It stands still until the world is advanced.
    FrozenAt(Timestamp),
}

impl FromStr for Clock {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        match text {
            "real" => return Ok(Self::Real),
            "frozen" => return Ok(Self::Frozen),
            _ => {}
        }
        let time = text.strip_prefix("frozen:").and_then(|time| time.parse::<Timestamp>().ok());
        // A world has no time before 1970.
        let time = time.filter(|time| time.as_secs() >= 0);
        time.map(Self::FrozenAt)
            .ok_or(InvalidSetting("`real`, `frozen`, or `frozen:` and a time such as `2026-10-26T07:33:20Z`"))
    }
}

/// The end of a session's checks, after its user has submitted.
///
/// Its text is `at_once`, `retrieves:3`, or a duration such as `30s`.
///
/// ```
/// use std::time::Duration;
/// use stripe_identity_simulator::Processing;
///
/// assert_eq!("retrieves:3".parse(), Ok(Processing::AfterRetrieves(3)));
/// assert_eq!("30s".parse(), Ok(Processing::After(Duration::from_secs(30))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Processing {
    /// Immediately, so that no retrieve sees the status `processing`.
    AtOnce,
    /// At the retrieve that follows this number of retrieves with the status `processing`.
    AfterRetrieves(u32),
    /// After this duration, by the world's clock.
    After(Duration),
}

impl fmt::Display for Processing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at_once"),
            Self::AfterRetrieves(count) => write!(f, "retrieves:{count}"),
            Self::After(duration) => Seconds(*duration).fmt(f),
        }
    }
}

impl FromStr for Processing {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let retrieves = || text.strip_prefix("retrieves:")?.parse().ok().map(Self::AfterRetrieves);
        match text {
            "at_once" => Ok(Self::AtOnce),
            _ => retrieves()
                .or_else(|| duration(text).map(Self::After))
                .ok_or(InvalidSetting("`at_once`, `retrieves:3` or a duration such as `30s`")),
        }
    }
}

/// The end of a session's redaction.
///
/// Its text is `by_request`, or a duration such as `4d`.
///
/// ```
/// use std::time::Duration;
/// use stripe_identity_simulator::Redacting;
///
/// assert_eq!("2h".parse(), Ok(Redacting::After(Duration::from_secs(2 * 60 * 60))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redacting {
    /// When [`finish_redaction`](crate::Simulator::finish_redaction) is called.
    ByRequest,
    /// After this duration, by the world's clock, unless [`finish_redaction`](crate::Simulator::finish_redaction) is
    /// called before.
    After(Duration),
}

impl fmt::Display for Redacting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByRequest => f.write_str("by_request"),
            Self::After(duration) => Seconds(*duration).fmt(f),
        }
    }
}

impl FromStr for Redacting {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        match text {
            "by_request" => Ok(Self::ByRequest),
            _ => duration(text).map(Self::After).ok_or(InvalidSetting("`by_request` or a duration such as `4d`")),
        }
    }
}

/// The sensitive fields and images that a restricted key may read.
///
/// A request for others gets the status 403. Its text is `all`, `recent` or `none`.
///
/// ```
/// use stripe_identity_simulator::SensitiveReads;
///
/// assert_eq!("recent".parse(), Ok(SensitiveReads::Recent));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SensitiveReads {
    /// Those of every session, like a key with the permission that Stripe limits to IP addresses.
    All,
    /// Those that were collected in the last 48 hours by the world's clock, like any other key with the permission.
    Recent,
    /// None, like a key without the permission.
    None,
}

impl fmt::Display for SensitiveReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Recent => "recent",
            Self::None => "none",
        })
    }
}

impl FromStr for SensitiveReads {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        let all = [Self::All, Self::Recent, Self::None];
        all.into_iter().find(|it| it.to_string() == text).ok_or(InvalidSetting("`all`, `recent` or `none`"))
    }
}

/// The number of requests to Stripe's API that a world accepts per second of its clock.
///
/// A request beyond the limit gets the status 429 and the code `rate_limit`. Its text is `none`, or a number such as
/// `25`, which is the limit of Stripe's sandboxes.
///
/// ```
/// use std::num::NonZeroU32;
///
/// use stripe_identity_simulator::RateLimit;
///
/// assert_eq!("25".parse(), Ok(RateLimit::PerSecond(NonZeroU32::new(25).unwrap())));
/// assert_eq!("none".parse(), Ok(RateLimit::None));
/// assert!("0".parse::<RateLimit>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimit {
    /// No limit.
    None,
    /// This number of requests in any second, in a burst or spread out. While the clock stands still, further requests
    /// are refused.
    PerSecond(NonZeroU32),
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::PerSecond(number) => write!(f, "{number}"),
        }
    }
}

impl FromStr for RateLimit {
    type Err = InvalidSetting;

    fn from_str(text: &str) -> Result<Self, InvalidSetting> {
        match text {
            "none" => Ok(Self::None),
            _ => text.parse().map(Self::PerSecond).map_err(|_| InvalidSetting("`none` or a number such as `25`")),
        }
    }
}

/// The settings of a world: aspects of Stripe that depend on time, on the permissions of a key, or on the load.
///
/// ```
/// use std::time::Duration;
/// use stripe_identity_simulator::{Processing, Settings, Simulator};
///
/// let mut settings = Settings::default();
/// settings.processing = Processing::After(Duration::from_secs(30));
/// let stripe = Simulator::builder().settings(settings).build();
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// When checks end. Defaults to [`Processing::AtOnce`].
    pub processing: Processing,
    /// When redactions end. Defaults to 4 days, the longest duration that Stripe documents.
    pub redacting: Redacting,
    /// The sensitive fields and images that restricted keys may read. Defaults to [`SensitiveReads::All`].
    pub sensitive_reads: SensitiveReads,
    /// The time that a [`Server`](crate::Server) waits for the response to a webhook, by the machine's clock. Defaults
    /// to 10 s.
    #[serde(with = "serial::duration")]
    pub webhook_timeout: Duration,
    /// The number of requests per second. Defaults to [`RateLimit::None`].
    pub rate_limit: RateLimit,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            processing: Processing::AtOnce,
            redacting: Redacting::After(Duration::from_secs(4 * 24 * 60 * 60)),
            sensitive_reads: SensitiveReads::All,
            webhook_timeout: Duration::from_secs(10),
            rate_limit: RateLimit::None,
        }
    }
}

/// The error when a string is not a valid value of a setting. It says what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSetting(pub(crate) &'static str);

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid value: expected {}", self.0)
    }
}

impl std::error::Error for InvalidSetting {}

serial::as_text!(Processing, Redacting, SensitiveReads, RateLimit);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_as_text_reads_back() {
        for text in ["at_once", "retrieves:3", "30s", "0.5s"] {
            assert_eq!(text.parse::<Processing>().unwrap().to_string(), text);
        }
        for text in ["by_request", "30s"] {
            assert_eq!(text.parse::<Redacting>().unwrap().to_string(), text);
        }
        for text in ["all", "recent", "none"] {
            assert_eq!(text.parse::<SensitiveReads>().unwrap().to_string(), text);
        }
        for text in ["none", "25"] {
            assert_eq!(text.parse::<RateLimit>().unwrap().to_string(), text);
        }
        assert_eq!("real".parse(), Ok(Clock::Real));
        assert_eq!("frozen:1970-01-01T00:01:00Z".parse(), Ok(Clock::FrozenAt(Timestamp::from_secs(60))));
    }

    #[test]
    fn text_of_another_form_is_not_a_setting() {
        assert!("0".parse::<RateLimit>().is_err() && "-1".parse::<RateLimit>().is_err());
        assert!("retrieves:x".parse::<Processing>().is_err());
        assert!("frozen:".parse::<Clock>().is_err() && "frozen:1960-01-01T00:00:00Z".parse::<Clock>().is_err());
    }
}
