//! What waits to be sent, by endpoint, and what is done to it on purpose.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use fastrand::Rng;

use crate::delivery::AttemptTrigger;
use crate::disorder::{Disorder, DisorderRule};
use crate::world::ids::Ids;
use crate::world::pattern::matches;

/// To each endpoint: of deliveries that are kept, and of attempts that are ready.
const MOST: usize = 10_000;
/// How long a reordered request is held back where there is real time, in milliseconds.
const LONGEST_HOLD: u64 = 50;

/// The lanes of all endpoints, and the rules of disorder.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) lanes: BTreeMap<String, Lane>,
    /// The endpoints for which an attempt is ready.
    ready: BTreeSet<String>,
    /// With the id of each.
    pub(crate) rules: Vec<(String, DisorderRule)>,
    /// Apart from those of Stripe's objects, which do not depend on who listens.
    pub(crate) ids: Ids,
    random: Rng,
}

/// What there is for one endpoint. It delays no other.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    ready: VecDeque<Ready>,
    /// Requests that were taken, and whose results are still to come.
    under_way: usize,
    /// Deliveries that may still arrive.
    pub(crate) pending: usize,
    /// The places of deliveries that have ended, the first one first.
    ended: VecDeque<u64>,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    /// Events that are not delivered, since too much is pending.
    pub(crate) dropped: u64,
}

/// An attempt whose time has come.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The place of the delivery.
    pub(crate) delivery: u64,
    pub(crate) trigger: AttemptTrigger,
    pub(crate) disorder: Vec<Disorder>,
    /// How long it is held back where there is real time.
    pub(crate) hold: Duration,
}

impl Outbox {
    pub(crate) fn new(ids: &Ids) -> Self {
        // The first fork makes the ids of requests.
        let mut ids = ids.fork().fork();
        let random = Rng::with_seed(ids.number());
        Self { lanes: BTreeMap::new(), ready: BTreeSet::new(), rules: Vec::new(), ids, random }
    }

    /// Returns what the rules do to the next attempt to deliver an event to an endpoint.
    pub(crate) fn disorder(&mut self, endpoint: &str, event_type: &str) -> Vec<Disorder> {
        let random = &mut self.random;
        let mut disorder = Vec::new();
        for (_, rule) in &mut self.rules {
            let is_meant = rule.webhook_endpoint.as_deref().is_none_or(|id| id == endpoint)
                && rule.event_type.as_deref().is_none_or(|pattern| matches(pattern, event_type))
                && rule.times != Some(0)
                && (rule.probability >= 1.0 || random.f64() < rule.probability);
            if is_meant {
                rule.times = rule.times.map(|times| times - 1);
                if !disorder.contains(&rule.disorder) {
                    disorder.push(rule.disorder);
                }
            }
        }
        self.rules.retain(|(_, rule)| rule.times != Some(0));
        disorder
    }

    /// Makes an attempt ready, and another one like it if it is to be doubled.
    pub(crate) fn push(&mut self, endpoint: &str, delivery: u64, trigger: AttemptTrigger, disorder: &[Disorder]) {
        let Some(lane) = self.lanes.get_mut(endpoint) else { return };
        let is_reordered = disorder.contains(&Disorder::Reordered);
        let double = disorder.contains(&Disorder::Doubled).then_some(AttemptTrigger::Disorder);
        for trigger in std::iter::once(trigger).chain(double) {
            let (place, hold) = if is_reordered {
                let hold = Duration::from_millis(self.random.u64(..LONGEST_HOLD));
                (self.random.usize(..=lane.ready.len()), hold)
            } else {
                (lane.ready.len(), Duration::ZERO)
            };
            let ready = Ready { delivery, trigger, disorder: disorder.to_vec(), hold };
            lane.ready.insert(place, ready);
        }
        self.ready.insert(endpoint.to_owned());
    }

    /// Removes what there is for an endpoint.
    pub(crate) fn remove(&mut self, endpoint: &str) {
        self.lanes.remove(endpoint);
        self.ready.remove(endpoint);
        self.rules.retain(|(_, rule)| rule.webhook_endpoint.as_deref() != Some(endpoint));
    }

    /// Whether an attempt is ready.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes the next attempt to an endpoint that has less than so many under way.
    pub(crate) fn take(&mut self, most_under_way: usize) -> Option<(String, Ready)> {
        let is_free = |endpoint: &&String| self.lanes.get(*endpoint).is_some_and(|it| it.under_way < most_under_way);
        let endpoint = self.ready.iter().find(is_free)?.clone();
        let lane = self.lanes.get_mut(&endpoint)?;
        let ready = lane.ready.pop_front()?;
        if lane.ready.is_empty() {
            self.ready.remove(&endpoint);
        }
        Some((endpoint, ready))
    }

    /// Counts a request that is under way to an endpoint.
    pub(crate) fn start(&mut self, endpoint: &str) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.under_way += 1;
        }
    }

    /// Counts a request to an endpoint that is no longer under way.
    pub(crate) fn end(&mut self, endpoint: &str) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.under_way = lane.under_way.saturating_sub(1);
        }
    }

    /// Whether nothing is ready or under way.
    #[cfg(feature = "server")]
    pub(crate) fn is_idle(&self) -> bool {
        self.lanes.values().all(|lane| lane.ready.is_empty() && lane.under_way == 0)
    }
}

impl Lane {
    /// Counts a new delivery, for which the oldest that has ended may have to go. If none has, there is no room.
    pub(crate) fn add(&mut self) -> Room {
        let is_full = self.pending + self.ended.len() >= MOST;
        let oldest = if is_full { self.ended.pop_front() } else { None };
        if is_full && oldest.is_none() {
            self.dropped += 1;
            return Room::None;
        }
        self.pending += 1;
        oldest.map_or(Room::Free, Room::InPlaceOf)
    }

    /// Counts a delivery that has ended.
    pub(crate) fn finish(&mut self, delivery: u64, is_delivered: bool) {
        self.pending = self.pending.saturating_sub(1);
        self.ended.push_back(delivery);
        if is_delivered {
            self.delivered += 1;
        } else {
            self.failed += 1;
        }
    }

    /// Counts a delivery that has failed, and was resent with success.
    pub(crate) fn repair(&mut self) {
        self.failed = self.failed.saturating_sub(1);
        self.delivered += 1;
    }

    pub(crate) fn has_room_for_ready(&self) -> bool {
        self.ready.len() < MOST
    }
}

/// Whether there is room for a delivery.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Free,
    /// If this one is removed.
    InPlaceOf(u64),
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox() -> Outbox {
        let mut outbox = Outbox::new(&Ids::new(0, "a"));
        outbox.lanes.insert("one".to_owned(), Lane::default());
        outbox.lanes.insert("other".to_owned(), Lane::default());
        outbox
    }

    fn push(outbox: &mut Outbox, endpoint: &str, count: u64, disorder: &[Disorder]) {
        for number in 0..count {
            outbox.push(endpoint, number, AttemptTrigger::Schedule, disorder);
        }
    }

    #[test]
    fn reordered_attempts_are_shuffled_and_held_back_and_others_are_not() {
        let taken = |disorder: &[Disorder]| {
            let mut outbox = outbox();
            push(&mut outbox, "one", 50, disorder);
            let ready: Vec<_> = std::iter::from_fn(|| outbox.take(1)).map(|(_, ready)| ready).collect();
            let is_held = ready.iter().any(|ready| !ready.hold.is_zero());
            assert!(ready.iter().all(|ready| ready.hold < Duration::from_millis(LONGEST_HOLD)));
            (ready.into_iter().map(|ready| ready.delivery).collect::<Vec<_>>(), is_held)
        };
        let in_order: Vec<_> = (0..50).collect();
        assert_eq!(taken(&[]), (in_order.clone(), false));
        let (mut shuffled, is_held) = taken(&[Disorder::Reordered]);
        assert!(is_held && shuffled != in_order);
        shuffled.sort_unstable();
        assert_eq!(shuffled, in_order);
    }

    #[test]
    fn endpoint_with_enough_under_way_is_passed_over() {
        let mut outbox = outbox();
        push(&mut outbox, "one", 3, &[]);
        push(&mut outbox, "other", 1, &[]);
        for _ in 0..2 {
            assert_eq!(outbox.take(2).unwrap().0, "one");
            outbox.start("one");
        }
        assert_eq!(outbox.take(2).unwrap().0, "other");
        assert!(outbox.take(2).is_none());
        outbox.end("one");
        assert_eq!(outbox.take(2).unwrap().0, "one");
    }

    #[test]
    fn lane_makes_room_of_what_has_ended_and_counts_what_it_has_no_room_for() {
        let mut lane = Lane::default();
        for _ in 0..MOST {
            assert_eq!(lane.add(), Room::Free);
        }
        assert_eq!((lane.add(), lane.pending, lane.dropped), (Room::None, MOST, 1));
        lane.finish(1, true);
        lane.finish(2, false);
        assert_eq!(lane.add(), Room::InPlaceOf(1));
        assert_eq!((lane.pending, lane.delivered, lane.failed, lane.dropped), (MOST - 1, 1, 1, 1));
        lane.repair();
        assert_eq!((lane.delivered, lane.failed), (2, 0));
    }
}
