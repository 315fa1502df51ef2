//! The webhooks that are ready to be sent, by endpoint, and the rules that disturb them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use fastrand::Rng;

use crate::disorder::{Disorder, DisorderRule};
use crate::world::ids::Ids;
use crate::world::pattern::matches;

/// The largest number of deliveries that are kept for an endpoint, and of attempts that are ready for it.
const MOST: usize = 10_000;
/// The limit of the real time for which a server holds back a reordered request, in milliseconds.
const LONGEST_HOLD: u64 = 50;

/// The lanes of all endpoints, and the disorder rules.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) lanes: BTreeMap<String, Lane>,
    /// The endpoints for which an attempt is ready.
    ready: BTreeSet<String>,
    /// The rules, with their ids.
    pub(crate) rules: Vec<(String, DisorderRule)>,
    /// Separate from the ids of Stripe's objects, which must not depend on the endpoints.
    pub(crate) ids: Ids,
    pub(crate) random: Rng,
    /// The attempts that were under way when the world was written.
    pub(crate) interrupted: Vec<AttemptId>,
    /// The number of places that were assigned.
    pub(crate) placed: u64,
}

/// Identifies an attempt that is under way.
#[derive(Clone, Debug)]
pub(crate) struct AttemptId {
    pub(crate) endpoint: String,
    /// The place of the delivery. Its id is there, too, since the world may have been replaced when the attempt ends.
    pub(crate) delivery: u64,
    pub(crate) id: String,
    pub(crate) number: u32,
}

/// The deliveries and attempts of one endpoint. They do not delay those of other endpoints.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// The places of attempts that are ready, and of their deliveries.
    ready: VecDeque<(u64, u64)>,
    /// Attempts that were taken and have no result yet: the id of the delivery, and the number of the attempt.
    under_way: BTreeSet<(String, u32)>,
    /// The number of pending deliveries.
    pub(crate) pending: usize,
    /// The places of deliveries that have ended, in the order in which they ended.
    ended: VecDeque<u64>,
}

impl Outbox {
    pub(crate) fn new(ids: &Ids) -> Self {
        // The first fork is for the ids of requests.
        let mut ids = ids.fork().fork();
        let random = Rng::with_seed(ids.number());
        Self {
            lanes: BTreeMap::new(),
            ready: BTreeSet::new(),
            rules: Vec::new(),
            ids,
            random,
            interrupted: Vec::new(),
            placed: 0,
        }
    }

    /// Returns the disorder of the next attempt to deliver an event to an endpoint, and counts the rules that apply.
    pub(crate) fn disorder(&mut self, endpoint: &str, event_type: &str) -> Vec<Disorder> {
        let random = &mut self.random;
        let mut disorder = Vec::new();
        for (_, rule) in &mut self.rules {
            let applies = rule.webhook_endpoint.as_deref().is_none_or(|id| id == endpoint)
                && rule.event_type.as_deref().is_none_or(|pattern| matches(pattern, event_type))
                && rule.times != Some(0)
                && (rule.probability >= 1.0 || random.f64() < rule.probability);
            if applies {
                rule.times = rule.times.map(|times| times - 1);
                if !disorder.contains(&rule.disorder) {
                    disorder.push(rule.disorder);
                }
            }
        }
        self.rules.retain(|(_, rule)| rule.times != Some(0));
        disorder
    }

    /// Returns a place after all others, both among ready attempts and among ended deliveries.
    pub(crate) fn next_place(&mut self) -> u64 {
        self.placed += 1;
        self.placed - 1
    }

    /// Chooses at random the time for which an attempt is held back, and the index of the ready attempt for the same
    /// endpoint whose place it takes, if it takes one.
    pub(crate) fn choose(&mut self, endpoint: &str) -> (Duration, Option<usize>) {
        let hold = Duration::from_millis(self.random.u64(..LONGEST_HOLD));
        let ready = self.lanes.get(endpoint).map_or(0, |lane| lane.ready.len());
        (hold, Some(self.random.usize(..=ready)).filter(|index| *index < ready))
    }

    /// Makes an attempt ready. Its place must be after all others.
    pub(crate) fn push(&mut self, endpoint: &str, place: u64, delivery: u64) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.ready.push_back((place, delivery));
            self.ready.insert(endpoint.to_owned());
        }
    }

    /// Takes the place and the delivery of the next attempt that is ready. Skips endpoints that have `most_under_way`
    /// requests under way.
    pub(crate) fn take(&mut self, most_under_way: usize) -> Option<(u64, u64)> {
        let is_free =
            |endpoint: &&String| self.lanes.get(*endpoint).is_some_and(|it| it.under_way.len() < most_under_way);
        let endpoint = self.ready.iter().find(is_free)?.clone();
        let lane = self.lanes.get_mut(&endpoint)?;
        let taken = lane.ready.pop_front()?;
        if lane.ready.is_empty() {
            self.ready.remove(&endpoint);
        }
        Some(taken)
    }

    /// Restores the lanes.
    pub(crate) fn restore(&mut self, lanes: BTreeMap<String, Lane>) {
        let ready = lanes.iter().filter(|(_, lane)| !lane.ready.is_empty());
        self.ready = ready.map(|(endpoint, _)| endpoint.clone()).collect();
        self.lanes = lanes;
    }

    /// Records that an attempt is under way.
    pub(crate) fn start(&mut self, endpoint: &str, delivery: &str, number: u32) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.under_way.insert((delivery.to_owned(), number));
        }
    }

    /// Removes the lane and the rules of an endpoint.
    pub(crate) fn remove(&mut self, endpoint: &str) {
        self.lanes.remove(endpoint);
        self.ready.remove(endpoint);
        self.rules.retain(|(_, rule)| rule.webhook_endpoint.as_deref() != Some(endpoint));
    }

    /// Returns whether an attempt is ready.
    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Records that an attempt is no longer under way.
    pub(crate) fn end(&mut self, endpoint: &str, delivery: &str, number: u32) {
        if let Some(lane) = self.lanes.get_mut(endpoint) {
            lane.under_way.remove(&(delivery.to_owned(), number));
        }
    }

    /// Returns whether no attempt is ready or under way.
    #[cfg(feature = "server")]
    pub(crate) fn is_idle(&self) -> bool {
        self.lanes.values().all(|lane| lane.ready.is_empty() && lane.under_way.is_empty())
    }
}

impl Lane {
    /// Adds a pending delivery, if there is room for it. In a full lane, it takes the room of the delivery that ended
    /// first.
    pub(crate) fn add(&mut self) -> Room {
        let is_full = self.pending + self.ended.len() >= MOST;
        let oldest = if is_full { self.ended.pop_front() } else { None };
        if is_full && oldest.is_none() {
            return Room::None;
        }
        self.pending += 1;
        oldest.map_or(Room::Free, Room::InPlaceOf)
    }

    /// Records that a delivery has ended.
    pub(crate) fn finish(&mut self, delivery: u64) {
        self.pending = self.pending.saturating_sub(1);
        self.ended.push_back(delivery);
    }

    pub(crate) fn has_room_for_ready(&self) -> bool {
        self.ready.len() < MOST
    }

    /// Puts a delivery in the place of another one. Returns the place and the other delivery.
    pub(crate) fn swap(&mut self, index: usize, delivery: u64) -> Option<(u64, u64)> {
        let (place, other) = self.ready.get_mut(index)?;
        Some((*place, std::mem::replace(other, delivery)))
    }

    /// Restores a lane from the places of its attempts and deliveries, in any order.
    pub(crate) fn restore(
        mut ready: Vec<(u64, u64)>,
        mut ended: Vec<(u64, u64)>,
        under_way: BTreeSet<(String, u32)>,
        pending: usize,
    ) -> Self {
        ready.sort_unstable();
        ended.sort_unstable();
        let ended = ended.into_iter().map(|(_, delivery)| delivery).collect();
        Self { ready: ready.into(), under_way, pending, ended }
    }
}

/// The room for a new delivery in a lane.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is room.
    Free,
    /// There is room if the delivery at this place is removed.
    InPlaceOf(u64),
    /// There is no room, since all deliveries are pending.
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

    fn push(outbox: &mut Outbox, endpoint: &str, count: u64) {
        for number in 0..count {
            let place = outbox.next_place();
            outbox.push(endpoint, place, number);
        }
    }

    #[test]
    fn endpoint_with_enough_under_way_is_skipped() {
        let mut outbox = outbox();
        push(&mut outbox, "one", 3);
        push(&mut outbox, "other", 1);
        for (place, number) in [(0, 1), (1, 1)] {
            let taken = outbox.take(2).unwrap();
            assert_eq!(taken, (place, place));
            outbox.start("one", &place.to_string(), number);
        }
        assert_eq!(outbox.take(2).unwrap(), (3, 0), "of the other endpoint");
        assert!(outbox.take(2).is_none());
        outbox.end("one", "0", 2);
        assert!(outbox.take(2).is_none(), "there is no such attempt");
        outbox.end("one", "0", 1);
        assert_eq!(outbox.take(2).unwrap().0, 2);
    }

    #[test]
    fn full_lane_has_room_only_in_place_of_an_ended_delivery() {
        let mut lane = Lane::default();
        for _ in 0..MOST {
            assert_eq!(lane.add(), Room::Free);
        }
        assert_eq!((lane.add(), lane.pending), (Room::None, MOST));
        lane.finish(7);
        lane.finish(8);
        assert_eq!(lane.add(), Room::InPlaceOf(7));
        assert_eq!(lane.pending, MOST - 1);
    }
}
