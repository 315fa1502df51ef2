use std::time::{Duration, SystemTime};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stripe_identity_core::types::Timestamp;

/// A point in time, as the duration since the Unix epoch. Unlike a `Timestamp`, it has fractions of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(Duration);

impl Time {
    /// Returns the current time of this machine.
    pub(crate) fn of_system() -> Self {
        Self(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
    }

    pub(crate) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    pub(crate) fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }

    /// Returns the duration since `earlier`, or zero if `earlier` is later than this time.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    pub(crate) fn since_epoch(self) -> Duration {
        self.0
    }

    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::from_secs(i64::try_from(self.0.as_secs()).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Time {
    /// A time before 1970 becomes 1970.
    fn from(timestamp: Timestamp) -> Self {
        Self(Duration::from_secs(u64::try_from(timestamp.as_secs()).unwrap_or(0)))
    }
}

/// Whole seconds are serialized as a number. A time with a fraction is serialized as a string, which is exact.
impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        if nanos == 0 {
            serializer.serialize_u64(seconds)
        } else {
            serializer.collect_str(&format_args!("{seconds}.{nanos:09}"))
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form<'a> {
            Seconds(u64),
            Text(std::borrow::Cow<'a, str>),
        }

        const EXPECTED: &str = "expected a time in seconds since 1970, or a string such as `2026-10-26T07:33:20Z`";
        let text = match Form::deserialize(deserializer).map_err(|_| D::Error::custom(EXPECTED))? {
            Form::Seconds(seconds) => return Ok(Self(Duration::from_secs(seconds))),
            Form::Text(text) => text,
        };
        let exact = || {
            let (seconds, nanos) = text.split_once('.').filter(|(_, nanos)| nanos.len() == 9)?;
            Some(Self(Duration::new(seconds.parse().ok()?, nanos.parse().ok()?)))
        };
        let time = exact().or_else(|| text.parse::<Timestamp>().ok().map(Self::from));
        time.ok_or_else(|| D::Error::custom(EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_time_reads_back_exactly() {
        for time in [Duration::ZERO, Duration::from_secs(1_793_000_000), Duration::new(1_793_000_000, 1), Duration::MAX]
        {
            let written = serde_json::to_string(&Time(time)).unwrap();
            assert_eq!(serde_json::from_str::<Time>(&written).unwrap(), Time(time), "{written}");
        }
        assert_eq!(serde_json::from_str::<Time>("\"1970-01-01T00:00:09Z\"").unwrap(), Time(Duration::from_secs(9)));
        for wrong in ["-1", "\"\"", "\"1.2\"", "\"x.000000000\"", "null", "\"1.-00000001\""] {
            assert!(serde_json::from_str::<Time>(wrong).is_err(), "{wrong}");
        }
    }
}
