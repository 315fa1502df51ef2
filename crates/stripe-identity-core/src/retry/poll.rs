//! Decides when a condition is polled again.

use std::sync::Arc;
use std::time::Duration;

use super::{Failure, GiveUpReason, Jitter, LONGEST_RETRY_AFTER, RetryDecision, back_off};

/// The shortest wait between two polls, and the least time that a poll must have left.
const SHORTEST: Duration = Duration::from_secs(1);

/// A condition that a call polls for, and the time limit.
pub(crate) struct PollUntil<T> {
    condition: Arc<dyn Fn(&T) -> bool + Send + Sync>,
    pub(crate) within: Duration,
}

impl<T> PollUntil<T> {
    pub(crate) fn new(condition: impl Fn(&T) -> bool + Send + Sync + 'static, within: Duration) -> Self {
        Self { condition: Arc::new(condition), within }
    }

    pub(crate) fn is_met(&self, model: &T) -> bool {
        (self.condition)(model)
    }

    /// Decides what follows a poll that did not meet the condition, or failed.
    ///
    /// Transient failures are bounded by the time limit, not by a number of retries: polling for days
    /// outlasts an outage.
    ///
    /// The wait doubles from a second up to a hundredth of the time limit, but at least five seconds
    /// and at most an hour. If the server asks for a longer wait, that one is used, up to a minute or
    /// that longest wait, whichever is longer. No wait lasts longer than a second before the time
    /// limit.
    pub(crate) fn decide(&self, failure: Failure, jitter: Jitter) -> RetryDecision {
        if !failure.is_transient {
            return RetryDecision::GiveUp(GiveUpReason::NotRetryable);
        }
        let longest = (self.within / 100).clamp(Duration::from_secs(5), Duration::from_secs(3600));
        let left = failure.time_left.unwrap_or_default().saturating_sub(SHORTEST);
        if left.is_zero() {
            return RetryDecision::GiveUp(GiveUpReason::NoTimeLeft);
        }
        let asked = failure.retry_after.unwrap_or_default().min(longest.max(LONGEST_RETRY_AFTER));
        let wait = back_off(SHORTEST, longest, failure.attempt, jitter).max(asked);
        RetryDecision::RetryAfter(wait.min(left))
    }
}

impl<T> Clone for PollUntil<T> {
    fn clone(&self) -> Self {
        Self { condition: self.condition.clone(), within: self.within }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_after(
        poll: &PollUntil<()>,
        attempt: u32,
        left: Duration,
        random: u16,
        asked: Duration,
    ) -> Option<Duration> {
        let failure = Failure { attempt, is_transient: true, retry_after: Some(asked), time_left: Some(left) };
        match poll.decide(failure, Jitter(random)) {
            RetryDecision::RetryAfter(wait) => Some(wait),
            RetryDecision::GiveUp(reason) => {
                assert_eq!(reason, GiveUpReason::NoTimeLeft);
                None
            }
        }
    }

    /// Returns the waits of a poll whose condition is never met, in milliseconds.
    fn waits(within: Duration, random: u16) -> Vec<u128> {
        let poll = PollUntil::new(|(): &()| false, within);
        let (mut waits, mut left) = (Vec::new(), within);
        while let Some(wait) = wait_after(&poll, u32::try_from(waits.len() + 1).unwrap(), left, random, Duration::ZERO)
        {
            waits.push(wait.as_millis());
            left = left.checked_sub(wait).expect("no wait is longer than what is left");
        }
        assert!(left <= SHORTEST, "{left:?} left");
        waits
    }

    #[test]
    fn polls_space_out_and_the_last_one_comes_just_before_the_limit() {
        assert_eq!(waits(Duration::from_secs(20), 0), [1000, 2000, 4000, 5000, 5000, 2000]);
        assert_eq!(waits(Duration::from_millis(3500), 0), [1000, 1500]);
        assert_eq!(waits(Duration::from_secs(1), 0), [0; 0]);
        assert_eq!(waits(Duration::ZERO, 0), [0; 0]);
    }

    #[test]
    fn retry_after_is_kept_as_far_as_time_is_left() {
        let poll = PollUntil::new(|(): &()| false, Duration::from_secs(600));
        let wait = |asked, left| wait_after(&poll, 1, Duration::from_secs(left), 0, Duration::from_secs(asked));
        assert_eq!(wait(30, 600), Some(Duration::from_secs(30)));
        assert_eq!(wait(30, 11), Some(Duration::from_secs(10)));
        assert_eq!(wait(u64::MAX, 600), Some(Duration::from_secs(60)));
        assert_eq!(wait(u64::MAX, 41), Some(Duration::from_secs(40)));
    }

    #[test]
    fn polling_for_days_makes_no_more_polls_than_for_an_hour() {
        let four_days = Duration::from_secs(4 * 86_400);
        for random in [0, u16::MAX] {
            assert!(waits(four_days, random).len() < 220);
            assert!(waits(four_days / 100, random).len() < 220);
        }
        assert_eq!(waits(four_days, 0).iter().max(), Some(&3_456_000));
    }
}
