//! Looking at something again and again until it is as it should be.

use std::sync::Arc;
use std::time::Duration;

use crate::retry::{LONGEST_RETRY_AFTER, back_off};

/// The shortest wait between two looks, and the least time that a look must have left.
const SHORTEST: Duration = Duration::from_secs(1);

/// What a call waits for, and how long.
pub(crate) struct Until<T> {
    condition: Arc<dyn Fn(&T) -> bool + Send + Sync>,
    pub(crate) within: Duration,
}

impl<T> Until<T> {
    pub(crate) fn new(condition: impl Fn(&T) -> bool + Send + Sync + 'static, within: Duration) -> Self {
        Self { condition: Arc::new(condition), within }
    }

    pub(crate) fn is_met(&self, model: &T) -> bool {
        (self.condition)(model)
    }

    /// How long to wait after a look (the first is number 1) that was in vain; `None` if no time is left for another.
    ///
    /// Doubles from a second up to a hundredth of all the time that there is, which is never taken for less than five
    /// seconds nor more than an hour: whoever waits for days asks less often than whoever waits for minutes. A longer wait
    /// that the server asks for is kept to, up to a minute or that hundredth, as far as there is time.
    pub(crate) fn wait_after(&self, look: u32, left: Duration, random: u16, asked: Duration) -> Option<Duration> {
        let longest = (self.within / 100).clamp(Duration::from_secs(5), Duration::from_secs(3600));
        let left = left.checked_sub(SHORTEST).filter(|left| !left.is_zero())?;
        let asked = asked.min(longest.max(LONGEST_RETRY_AFTER));
        Some(back_off(SHORTEST, longest, look, random).max(asked).min(left))
    }
}

impl<T> Clone for Until<T> {
    fn clone(&self) -> Self {
        Self { condition: self.condition.clone(), within: self.within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits of someone who looks in vain until his time is up, in milliseconds.
    fn waits(within: Duration, random: u16) -> Vec<u128> {
        let until = Until::new(|(): &()| false, within);
        let (mut waits, mut left) = (Vec::new(), within);
        while let Some(wait) = until.wait_after(u32::try_from(waits.len() + 1).unwrap(), left, random, Duration::ZERO) {
            waits.push(wait.as_millis());
            left = left.checked_sub(wait).expect("no wait is longer than what is left");
        }
        assert!(left <= SHORTEST, "{left:?} left");
        waits
    }

    #[test]
    fn looks_come_less_and_less_often_and_the_last_one_shortly_before_the_end() {
        assert_eq!(waits(Duration::from_secs(20), 0), [1000, 2000, 4000, 5000, 5000, 2000]);
        assert_eq!(waits(Duration::from_millis(3500), 0), [1000, 1500]);
        assert_eq!(waits(Duration::from_secs(1), 0), [0; 0]);
        assert_eq!(waits(Duration::ZERO, 0), [0; 0]);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it_as_far_as_there_is_any() {
        let until = Until::new(|(): &()| false, Duration::from_secs(600));
        let wait = |asked, left| until.wait_after(1, Duration::from_secs(left), 0, Duration::from_secs(asked));
        assert_eq!(wait(30, 600), Some(Duration::from_secs(30)));
        assert_eq!(wait(30, 11), Some(Duration::from_secs(10)));
        assert_eq!(wait(u64::MAX, 600), Some(Duration::from_secs(60)));
        assert_eq!(wait(u64::MAX, 41), Some(Duration::from_secs(40)));
    }

    #[test]
    fn days_take_no_more_looks_than_hours() {
        let four_days = Duration::from_secs(4 * 86_400);
        for random in [0, u16::MAX] {
            assert!(waits(four_days, random).len() < 220);
            assert!(waits(four_days / 100, random).len() < 220);
        }
        assert_eq!(waits(four_days, 0).iter().max(), Some(&3_456_000));
    }
}
