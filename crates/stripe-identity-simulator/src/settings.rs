//! What can be set for a world.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Timestamp;

pub(crate) use crate::duration::{Seconds, duration};
use crate::serial;

/// Where a world has its time from.
///
/// As text: `real`, `frozen`, or `frozen:` and a time such as `2026-10-26T07:33:20Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// The time of this machine, and what the world was advanced by.
    Real,
    /// The time that it is, which then stands still until the world is advanced.
    Frozen,
    /// A time that stands still until the world is advanced.
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

/// When the checks of a session end after its user has submitted.
///
/// As text: `at_once`, `retrieves:3`, or a time such as `30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Processing {
    /// Before anything else happens.
    AtOnce,
    /// After the session was retrieved this often with the status `processing`.
    AfterRetrieves(u32),
    /// When so much time has passed.
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
                .ok_or(InvalidSetting("`at_once`, `retrieves:3` or a time such as `30s`")),
        }
    }
}

/// When a redaction ends.
///
/// As text: `by_request`, or a time such as `4d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redacting {
    /// When the simulator is asked to [finish](crate::Simulator::finish_redaction) it.
    ByRequest,
    /// When so much time has passed, or when the simulator is asked to finish it before.
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
            _ => duration(text).map(Self::After).ok_or(InvalidSetting("`by_request` or a time such as `4d`")),
        }
    }
}

/// Which sensitive fields and images a restricted key may read.
///
/// As text: `all`, `recent` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SensitiveReads {
    /// Those of every session, as Stripe allows a key that is bound to addresses.
    All,
    /// Those that were collected in the last 48 hours, as Stripe allows any other key.
    Recent,
    /// None, as of a key without the permission.
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

/// How many requests to Stripe's API a world takes in a second of its clock.
///
/// A request beyond the limit gets the status 429 and the code `rate_limit`. As text: `none`, or a number such as `25`,
/// which is the limit of Stripe's sandboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateLimit {
    /// Any number.
    None,
    /// So many in any second, all of them at once if they like. While the clock stands, no more are let in.
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

/// How a world behaves where Stripe gives no choice but time, or leaves it to a key's permissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// When checks end. Defaults to [`Processing::AtOnce`].
    pub processing: Processing,
    /// When redactions end. Defaults to four days, the longest that Stripe speaks of.
    pub redacting: Redacting,
    /// What restricted keys may read. Defaults to [`SensitiveReads::All`].
    pub sensitive_reads: SensitiveReads,
    /// How long a [`Server`](crate::Server) waits for the response to a webhook, by the machine's clock. Defaults to 10 s.
    #[serde(with = "serial::duration")]
    pub webhook_timeout: Duration,
    /// How many requests there may be in a second. Defaults to [`RateLimit::None`].
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

/// The text is no value of the setting.
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
        assert_eq!(duration("4d"), Some(Duration::from_secs(345_600)));
        assert_eq!(duration("1.5m"), Some(Duration::from_secs(90)));
        for exact in [Duration::MAX, Duration::from_nanos(1), Duration::new(1_793_000_000, 123_456_789)] {
            assert_eq!(duration(&Seconds(exact).to_string()), Some(exact));
        }
    }

    #[test]
    fn text_of_another_form_is_no_setting() {
        for text in ["", "s", ".s", "3", "1.2.3s", "-1s", "1e9s", "infs", "NaNs", "99999999999999999999999d", "1w", "é"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
        assert!("0".parse::<RateLimit>().is_err() && "-1".parse::<RateLimit>().is_err());
        assert!("retrieves:x".parse::<Processing>().is_err());
        assert!("frozen:".parse::<Clock>().is_err() && "frozen:1960-01-01T00:00:00Z".parse::<Clock>().is_err());
    }
}
