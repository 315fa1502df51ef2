use std::time::Duration;

use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Timestamp;

use crate::serial;
use crate::settings::Clock;
use crate::time::Time;

/// The clock of a world. It never goes back. To set an empty world to an earlier time, its clock is replaced.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorldClock {
    now: Time,
    /// How far a running clock is ahead of the machine's, or `None` if the clock stands still.
    #[serde(with = "serial::optional_duration", default)]
    ahead: Option<Duration>,
}

impl WorldClock {
    pub(crate) fn new(clock: Clock, real: Time) -> Self {
        match clock {
            Clock::Real => Self { now: real, ahead: Some(Duration::ZERO) },
            Clock::Frozen => Self { now: real, ahead: None },
            Clock::FrozenAt(time) => Self { now: time.into(), ahead: None },
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Returns the clock without the time of a running clock, which changes on its own.
    pub(crate) fn without_passing(&self) -> Self {
        let now = if self.is_frozen() { self.now } else { Timestamp::from_secs(0).into() };
        Self { now, ahead: self.ahead }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.ahead.is_none()
    }

    /// Returns how far a running clock is ahead of the machine's, or `None` if the clock stands still.
    pub(crate) fn ahead(&self) -> Option<Duration> {
        self.ahead
    }

    /// Returns the time of the clock at a time of the machine.
    pub(crate) fn at(&self, real: Time) -> Time {
        self.ahead.map_or(self.now, |ahead| real.after(ahead).max(self.now))
    }

    /// Returns the real time until the clock reaches a time, or `None` if the clock stands still.
    #[cfg(feature = "server")]
    pub(crate) fn until(&self, time: Time, real: Time) -> Option<Duration> {
        self.ahead.map(|_| time.since(self.at(real)))
    }

    /// Moves the time forward. An earlier time is ignored.
    pub(crate) fn set(&mut self, time: Time) {
        self.now = self.now.max(time);
    }

    /// Moves a running clock further ahead of the machine's. Does nothing if the clock stands still.
    pub(crate) fn shift(&mut self, duration: Duration) {
        self.ahead = self.ahead.map(|ahead| ahead.saturating_add(duration));
    }

    pub(crate) fn freeze(&mut self) {
        self.ahead = None;
    }

    /// Starts the clock at the machine's time, or at its own time if that is later.
    pub(crate) fn run(&mut self, real: Time) {
        self.ahead = Some(self.now.since(real));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Time {
        Timestamp::from_secs(second).into()
    }

    #[test]
    fn frozen_clock_stands_still_and_real_clock_runs() {
        let frozen = WorldClock::new(Clock::FrozenAt(Timestamp::from_secs(5)), second(100));
        assert_eq!(frozen.at(second(200)), second(5));

        let mut real = WorldClock::new(Clock::Real, second(100));
        assert_eq!(real.at(second(110)), second(110));
        assert_eq!(real.at(second(90)), second(100), "the machine's clock was set back");
        real.shift(Duration::from_secs(1000));
        assert_eq!(real.at(second(110)), second(1110));
    }

    #[cfg(feature = "server")]
    #[test]
    fn running_clock_knows_the_real_time_until_a_time() {
        let frozen = WorldClock::new(Clock::FrozenAt(Timestamp::from_secs(5)), second(100));
        assert_eq!(frozen.until(second(9), second(100)), None);
        let mut real = WorldClock::new(Clock::Real, second(100));
        real.shift(Duration::from_secs(1000));
        assert_eq!(real.until(second(1200), second(110)), Some(Duration::from_secs(90)));
        assert_eq!(real.until(second(1000), second(110)), Some(Duration::ZERO));
    }

    #[test]
    fn restarted_clock_does_not_go_back() {
        let mut clock = WorldClock::new(Clock::Real, second(100));
        clock.freeze();
        clock.set(second(500));
        assert_eq!(clock.at(second(200)), second(500));
        clock.run(second(200));
        assert_eq!((clock.at(second(200)), clock.at(second(210))), (second(500), second(510)));
        clock.freeze();
        clock.run(second(1000));
        assert_eq!(clock.at(second(1000)), second(1000));
    }
}
