//! Limits the number of requests per second.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// A token bucket with one token per request. Its capacity is the number of tokens that are added per second.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Bucket {
    /// The time at which it is full again, or `None` if no token was ever taken.
    full: Option<Time>,
}

impl Bucket {
    /// Takes a token. Returns `false` if there is none.
    pub(crate) fn take(&mut self, per_second: NonZeroU32, now: Time) -> bool {
        const SECOND: Duration = Duration::from_secs(1);
        // It is full within a second after the last token was taken, unless the clock was set back since.
        let full = self.full.filter(|full| full.since(now) <= SECOND);
        let full = full.map_or(now, |full| full.max(now)).after(SECOND / per_second.get());
        let has_token = full.since(now) <= SECOND;
        if has_token {
            self.full = Some(full);
        }
        has_token
    }
}

#[cfg(test)]
mod tests {
    use stripe_identity_core::types::Timestamp;

    use super::*;

    #[test]
    fn bucket_refills_within_a_second() {
        let mut bucket = Bucket::default();
        let four = NonZeroU32::new(4).unwrap();
        let start = Time::from(Timestamp::from_secs(1000));
        let mut taken = |milliseconds| {
            let now = start.after(Duration::from_millis(milliseconds));
            std::iter::repeat_with(|| bucket.take(four, now)).take_while(|has_token| *has_token).count()
        };
        assert_eq!((taken(0), taken(0)), (4, 0));
        assert_eq!((taken(249), taken(250), taken(499)), (0, 1, 0));
        assert_eq!((taken(1250), taken(1_000_000)), (4, 4));
        assert_eq!(taken(0), 4, "the clock was set back");
    }
}
