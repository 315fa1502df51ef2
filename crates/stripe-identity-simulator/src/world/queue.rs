//! The queue of scheduled actions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Time;
use crate::world::notes::Notes;
use crate::world::rows::{Kind, Row};

/// A scheduled action, which happens to the record at a place when its time comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum DueThing {
    /// The user of a session submits.
    UserSubmits {
        session: u64,
    },
    /// The checks of a session end.
    ChecksEnd {
        session: u64,
    },
    /// A redaction ends.
    RedactionEnds {
        session: u64,
    },
    /// An event is delivered to an endpoint, for the first time or again.
    Delivery {
        delivery: u64,
    },
    ClientSecretExpires {
        session: u64,
    },
    UrlExpires {
        session: u64,
    },
    IdempotencyKeyLapses {
        response: u64,
    },
    EphemeralKeyExpires {
        key: u64,
    },
    FileLinkExpires {
        link: u64,
    },
    /// An event is deleted because of its age.
    EventLapses {
        event: u64,
    },
}

impl DueThing {
    /// Returns whether this is work, and not only the expiry of something.
    fn is_work(&self) -> bool {
        matches!(
            self,
            Self::UserSubmits { .. } | Self::ChecksEnd { .. } | Self::RedactionEnds { .. } | Self::Delivery { .. }
        )
    }
}

/// The time of an action, and the number of actions that were scheduled before it.
type Place = (Time, u64);

/// The scheduled actions, ordered by time, and at the same time by the order in which they were scheduled.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    work: BTreeMap<Place, DueThing>,
    expiries: BTreeMap<Place, DueThing>,
    scheduled: u64,
    changes: Notes<Place>,
}

/// A scheduled action, as it is written.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredDue {
    at: Time,
    thing: DueThing,
}

impl StoredDue {
    fn row(&self, number: u64) -> Row<'static> {
        Row::new(Kind::Due, number, self)
    }
}

impl Queue {
    pub(crate) fn schedule(&mut self, time: Time, thing: DueThing) {
        let place = (time, self.scheduled);
        self.scheduled += 1;
        self.changes.add(place);
        self.things(&thing).insert(place, thing);
    }

    fn things(&mut self, thing: &DueThing) -> &mut BTreeMap<Place, DueThing> {
        if thing.is_work() { &mut self.work } else { &mut self.expiries }
    }

    pub(crate) fn scheduled(&self) -> u64 {
        self.scheduled
    }

    /// Sets the number of actions that were scheduled. A smaller number than the current one is ignored.
    pub(crate) fn set_scheduled(&mut self, scheduled: u64) {
        self.scheduled = self.scheduled.max(scheduled);
    }

    /// Restores a scheduled action.
    pub(crate) fn restore(&mut self, number: u64, due: StoredDue) {
        self.set_scheduled(number.saturating_add(1));
        self.things(&due.thing).insert((due.at, number), due.thing);
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'static>> {
        let mut all: Vec<_> = self.work.iter().chain(&self.expiries).collect();
        all.sort_unstable_by_key(|((_, number), _)| *number);
        all.into_iter().map(|((at, number), thing)| StoredDue { at: *at, thing: *thing }.row(*number))
    }

    pub(crate) fn changes(&mut self) -> &mut Notes<Place> {
        &mut self.changes
    }

    /// Returns the row of the change at a place.
    pub(crate) fn changed(&self, place: Place) -> Row<'static> {
        match self.work.get(&place).or_else(|| self.expiries.get(&place)) {
            Some(thing) => StoredDue { at: place.0, thing: *thing }.row(place.1),
            None => Row::deleted(Kind::Due, place.1),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.work.len() + self.expiries.len()
    }

    /// Returns the number of scheduled actions that count as work.
    pub(crate) fn work_len(&self) -> usize {
        self.work.len()
    }

    /// Takes the next action that is due by this time.
    pub(crate) fn take_due(&mut self, by: Time) -> Option<(Time, DueThing)> {
        let place = self.next_place().filter(|(time, _)| *time <= by)?;
        self.changes.add(place);
        let thing = self.work.remove(&place).or_else(|| self.expiries.remove(&place))?;
        Some((place.0, thing))
    }

    /// Returns the time of the next action.
    pub(crate) fn next(&self) -> Option<Time> {
        self.next_place().map(|(time, _)| time)
    }

    /// Returns the time of the next action that counts as work.
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
    fn things_are_due_by_time_and_then_in_the_order_of_scheduling() {
        let mut queue = Queue::default();
        queue.schedule(second(2), DueThing::UrlExpires { session: 1 });
        queue.schedule(second(2), DueThing::ChecksEnd { session: 2 });
        queue.schedule(second(1), DueThing::ChecksEnd { session: 3 });
        queue.schedule(second(1), DueThing::ClientSecretExpires { session: 4 });
        assert_eq!((queue.next(), queue.next_work()), (Some(second(1)), Some(second(1))));
        assert_eq!(queue.take_due(second(0)), None);
        let order: Vec<_> = std::iter::from_fn(|| queue.take_due(second(2))).collect();
        assert_eq!(
            order,
            [
                (second(1), DueThing::ChecksEnd { session: 3 }),
                (second(1), DueThing::ClientSecretExpires { session: 4 }),
                (second(2), DueThing::UrlExpires { session: 1 }),
                (second(2), DueThing::ChecksEnd { session: 2 }),
            ]
        );
        assert_eq!(queue.next(), None);
    }
}
