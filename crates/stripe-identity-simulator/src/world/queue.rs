//! What is due and when.

use std::collections::BTreeMap;

use crate::time::Time;
use crate::world::idempotency::Entry;

/// Something that happens by itself when its time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DueThing {
    /// The user of a session submits.
    UserSubmits {
        session: String,
    },
    /// The checks of a session end.
    ChecksEnd {
        session: String,
    },
    /// A redaction ends.
    RedactionEnds {
        session: String,
    },
    /// An event is delivered to an endpoint, for the first time or again.
    Delivery {
        delivery: String,
    },
    ClientSecretExpires {
        session: String,
    },
    UrlExpires {
        session: String,
    },
    IdempotencyKeyLapses(Entry),
    EphemeralKeyExpires {
        key: String,
    },
    FileLinkExpires {
        link: String,
    },
    /// An event is older than events are kept.
    EventLapses {
        event: String,
    },
}

impl DueThing {
    /// Whether it moves something on, and does not only end what was valid for a while.
    fn is_work(&self) -> bool {
        matches!(
            self,
            Self::UserSubmits { .. } | Self::ChecksEnd { .. } | Self::RedactionEnds { .. } | Self::Delivery { .. }
        )
    }
}

/// When, and how many were scheduled before.
type Place = (Time, u64);

/// What is due, in the order of its time, and of the same time in the order in which it was scheduled.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    work: BTreeMap<Place, DueThing>,
    expiries: BTreeMap<Place, DueThing>,
    scheduled: u64,
}

impl Queue {
    pub(crate) fn schedule(&mut self, time: Time, thing: DueThing) {
        let things = if thing.is_work() { &mut self.work } else { &mut self.expiries };
        things.insert((time, self.scheduled), thing);
        self.scheduled += 1;
    }

    pub(crate) fn len(&self) -> usize {
        self.work.len() + self.expiries.len()
    }

    /// Returns how many things are due that are more than an expiry.
    pub(crate) fn work_len(&self) -> usize {
        self.work.len()
    }

    /// Takes out the next thing that is due by this time.
    pub(crate) fn take_due(&mut self, by: Time) -> Option<(Time, DueThing)> {
        let place = self.next_place().filter(|(time, _)| *time <= by)?;
        let thing = self.work.remove(&place).or_else(|| self.expiries.remove(&place))?;
        Some((place.0, thing))
    }

    /// Returns when the next thing is due.
    pub(crate) fn next(&self) -> Option<Time> {
        self.next_place().map(|(time, _)| time)
    }

    /// Returns when the next thing is due that is more than an expiry.
    pub(crate) fn next_work(&self) -> Option<Time> {
        self.work.keys().next().map(|(time, _)| *time)
    }

    fn next_place(&self) -> Option<Place> {
        self.work.keys().next().into_iter().chain(self.expiries.keys().next()).min().copied()
    }
}

#[cfg(test)]
mod tests {
    use stripe_identity_core::types::Timestamp;

    use super::*;

    fn second(second: i64) -> Time {
        Timestamp::from_secs(second).into()
    }

    #[test]
    fn things_come_by_time_and_then_as_they_were_scheduled() {
        let mut queue = Queue::default();
        let session = |id: &str| id.to_owned();
        queue.schedule(second(2), DueThing::UrlExpires { session: session("c") });
        queue.schedule(second(2), DueThing::ChecksEnd { session: session("d") });
        queue.schedule(second(1), DueThing::ChecksEnd { session: session("b") });
        queue.schedule(second(1), DueThing::ClientSecretExpires { session: session("a") });
        assert_eq!((queue.next(), queue.next_work()), (Some(second(1)), Some(second(1))));
        assert_eq!(queue.take_due(second(0)), None);
        let order: Vec<_> = std::iter::from_fn(|| queue.take_due(second(2))).collect();
        assert_eq!(
            order,
            [
                (second(1), DueThing::ChecksEnd { session: session("b") }),
                (second(1), DueThing::ClientSecretExpires { session: session("a") }),
                (second(2), DueThing::UrlExpires { session: session("c") }),
                (second(2), DueThing::ChecksEnd { session: session("d") }),
            ]
        );
        assert_eq!(queue.next(), None);
    }
}
