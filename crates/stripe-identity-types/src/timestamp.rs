use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A point in time, as whole seconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stripe_identity_types::Timestamp;
///
/// let time = Timestamp::from_secs(1_793_000_001);
/// assert_eq!(time.to_system_time(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_000_001)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time that it is now, by the system's clock.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// A time from its seconds since 1970; before then they are negative.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds since 1970.
    pub const fn as_secs(self) -> i64 {
        self.0
    }

    /// The time as the standard library tells it, or `None` where the platform's clock does not reach that far.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let distance = Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    }
}

/// Takes the last whole second at or before the time.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let seconds = |distance: Duration| i64::try_from(distance.as_secs()).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self(seconds(after)),
            Err(before) => {
                let before = before.duration();
                Self(-seconds(before) - i64::from(before.subsec_nanos() > 0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_time_is_floored_on_both_sides_of_1970() {
        let half = Duration::from_millis(500);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH + half).as_secs(), 0);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - half).as_secs(), -1);
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH - Duration::from_secs(2)).as_secs(), -2);
    }

    #[test]
    fn extremes_do_not_panic() {
        let _ = Timestamp::from_secs(i64::MIN).to_system_time();
        let _ = Timestamp::from_secs(i64::MAX).to_system_time();
    }
}
