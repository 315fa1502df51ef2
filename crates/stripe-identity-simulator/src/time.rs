use std::time::{Duration, SystemTime};

use stripe_identity_core::types::Timestamp;

/// A moment, as the time since the Unix epoch. Unlike a `Timestamp`, it has fractions of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(Duration);

impl Time {
    /// Returns the time of this machine.
    pub(crate) fn of_system() -> Self {
        Self(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
    }

    pub(crate) fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }

    pub(crate) fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration))
    }

    /// Returns how long ago `earlier` was, and zero if it is still to come.
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
