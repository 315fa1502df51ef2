//! Writes a world as rows, and reads it back.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use stripe_identity_core::types::Timestamp;

use super::World;
use crate::delivery::DeliveryStatus;
use crate::world::ids::Ids;
use crate::world::outbox::{AttemptId, Lane};
use crate::world::parts::{Generators, Numbers, Part, StoredWorld};
use crate::world::plans::Plans;
use crate::world::rows::{END_OF_PLACES, InvalidRow, Kind, Row};
use crate::world::state::State;
use crate::world::store::{Record, Store};
use crate::world::wholes::{Wholes, Written};

/// Performs an action with each store, in the order of their kinds.
macro_rules! each_store {
    ($state:expr, |$store:ident| $action:expr) => {{
        let state = $state;
        each_store!(
            |$store| $action;
            state.webhook_endpoints,
            state.sessions,
            state.reports,
            state.files,
            state.links,
            state.events,
            state.keys,
            state.deliveries,
            *state.responses.store_mut()
        );
    }};
    (|$store:ident| $action:expr; $($each:expr),+) => { $({
        let $store = &mut $each;
        $action;
    })+ };
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    // The types of a world serialize without fail, since the keys of their maps are texts.
    serde_json::to_vec(value).unwrap_or_default()
}

impl World {
    /// Begins to record changes.
    pub(crate) fn note_changes(&mut self) {
        each_store!(&mut self.state, |store| store.changes().begin());
        self.state.queue.changes().begin();
    }

    /// Makes the next [`changes`](Self::changes) include the time of a running clock and the ids of requests.
    pub(crate) fn note_passing(&mut self) {
        self.written.with_passing = true;
    }

    /// Returns the rows that have changed since the last write.
    pub(crate) fn changes(&mut self, name: &str) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        each_store!(&mut self.state, |store| {
            if !store.changes().is_empty() {
                let places = store.changes().take_sorted();
                rows.extend(places.iter().map(|place| store.changed(*place)));
                store.changes().put_back(places);
            }
        });
        let queue = &mut self.state.queue;
        let places = queue.changes().take_sorted();
        rows.extend(places.iter().map(|place| queue.changed(*place)));
        queue.changes().put_back(places);
        let stable_world = json(&self.stored(name, false));
        let is_changed = stable_world != self.written.before.stable_world || !rows.is_empty();
        let world = if is_changed || self.written.with_passing { json(&self.stored(name, true)) } else { Vec::new() };
        let state = &self.state;
        let latest = Wholes {
            stable_world,
            world,
            plans: json(&state.plans.iter().collect::<Vec<_>>()),
            faults: json(&state.faults.stored()),
            disorder: json(&state.outbox.rules),
        };
        self.written.latest = latest;
        let Written { before, latest, .. } = &self.written;
        let wholes = [
            (Kind::World, &before.world, &latest.world),
            (Kind::Plans, &before.plans, &latest.plans),
            (Kind::Faults, &before.faults, &latest.faults),
            (Kind::Disorder, &before.disorder, &latest.disorder),
        ];
        for (kind, before, latest) in wholes {
            if !latest.is_empty() && before != latest {
                rows.push(Row { kind, place: 0, value: Some(Cow::Borrowed(latest)) });
            }
        }
        // The contents of files have separate rows, so that they are written only once.
        let files: Vec<_> = rows.iter().filter(|row| row.kind == Kind::File).map(|row| row.place).collect();
        for place in files {
            let contents = self.state.files.at(place).and_then(|stored| stored.written_contents());
            match contents {
                Some(contents) if place >= self.written.files => {
                    let value = Some(Cow::Borrowed(&contents[..]));
                    rows.push(Row { kind: Kind::FileContents, place, value });
                }
                None if place < self.written.files => rows.push(Row::deleted(Kind::FileContents, place)),
                _ => {}
            }
        }
        rows
    }

    /// Records that the rows of the last call of [`changes`](Self::changes) were written.
    pub(crate) fn are_written(&mut self) {
        each_store!(&mut self.state, |store| store.changes().clear());
        self.state.queue.changes().clear();
        let latest = std::mem::take(&mut self.written.latest);
        let world = if latest.world.is_empty() { std::mem::take(&mut self.written.before.world) } else { latest.world };
        self.written =
            Written { before: Wholes { world, ..latest }, files: self.state.files.made(), ..Written::default() };
    }

    /// Calls a function with all rows of the world, in the order of their kinds.
    pub(crate) fn each_row<E>(&self, name: &str, mut each: impl FnMut(Row<'_>) -> Result<(), E>) -> Result<(), E> {
        let state = &self.state;
        each(Row::new(Kind::World, 0, &self.stored(name, true)))?;
        each(Row::new(Kind::Plans, 0, &state.plans.iter().collect::<Vec<_>>()))?;
        each(Row::new(Kind::Faults, 0, &state.faults.stored()))?;
        each(Row::new(Kind::Disorder, 0, &state.outbox.rules))?;
        state.webhook_endpoints.rows().try_for_each(&mut each)?;
        state.sessions.rows().try_for_each(&mut each)?;
        state.reports.rows().try_for_each(&mut each)?;
        state.files.rows().try_for_each(&mut each)?;
        for (place, stored) in state.files.places() {
            if let Some(contents) = stored.written_contents() {
                let value = Some(Cow::Borrowed(&contents[..]));
                each(Row { kind: Kind::FileContents, place, value })?;
            }
        }
        state.links.rows().try_for_each(&mut each)?;
        state.events.rows().try_for_each(&mut each)?;
        state.keys.rows().try_for_each(&mut each)?;
        state.deliveries.rows().try_for_each(&mut each)?;
        state.queue.rows().try_for_each(&mut each)?;
        state.responses.store().rows().try_for_each(&mut each)
    }

    fn stored(&self, name: &str, with_passing: bool) -> StoredWorld {
        let state = &self.state;
        let mut generators = self.generators();
        let mut clock = state.clock.clone();
        if !with_passing {
            (generators.requests, clock) = (0, clock.without_passing());
        }
        StoredWorld {
            name: name.to_owned(),
            clock: Some(clock),
            settings: Some(state.settings.clone()),
            generators: Some(generators),
            numbers: Numbers {
                webhook_endpoint: state.webhook_endpoints.made(),
                verification_session: state.sessions.made(),
                verification_report: state.reports.made(),
                file: state.files.made(),
                file_link: state.links.made(),
                event: state.events.made(),
                ephemeral_key: state.keys.made(),
                webhook_delivery: state.deliveries.made(),
                due: state.queue.scheduled(),
                response: state.responses.store().made(),
                lanes: state.outbox.placed,
                taken_bytes: state.taken_bytes,
            },
        }
    }

    pub(crate) fn tag(&self) -> &str {
        self.state.ids.tag()
    }

    /// Returns the states of the generators of ids and random choices.
    pub(crate) fn generators(&self) -> Generators {
        Generators {
            tag: self.tag().to_owned(),
            objects: self.state.ids.seed(),
            requests: self.request_ids.seed(),
            webhooks: self.state.outbox.ids.seed(),
            disorder: self.state.outbox.random.get_seed(),
            faults: self.state.faults.ids().seed(),
        }
    }

    /// Continues from the states of generators.
    pub(crate) fn set_generators(&mut self, generators: &Generators) {
        let ids = |seed| Ids::resume(&generators.tag, seed);
        self.state.ids = ids(generators.objects);
        self.request_ids = ids(generators.requests);
        self.state.outbox.ids = ids(generators.webhooks);
        self.state.outbox.random.seed(generators.disorder);
        self.state.faults.set_ids(ids(generators.faults));
    }

    /// Moves to another sequence of request ids, when it is not known how many were used.
    #[cfg(feature = "state")]
    pub(crate) fn jump_request_ids(&mut self, number: u64) {
        self.request_ids.jump(number);
    }

    /// Restores the contents of a row. The world must be new, and the rows must come in the order of their kinds and,
    /// within a kind, of their places.
    pub(crate) fn put(&mut self, place: u64, part: Part) -> Result<(), InvalidRow> {
        if place >= END_OF_PLACES {
            return Err(InvalidRow::beyond_places(part.kind()));
        }
        let now = self.state.now();
        let state = &mut self.state;
        match part {
            Part::World(stored) => self.put_world(*stored)?,
            Part::Plans(plans) => state.plans = Plans::restore(plans),
            Part::Faults(faults) => state.faults.restore(*faults),
            Part::Disorder(rules) => state.outbox.rules = rules,
            Part::WebhookEndpoint(mut stored) => {
                stored.complete(now);
                put_record(&mut state.webhook_endpoints, now, place, *stored)?;
            }
            Part::Session(mut stored) => {
                stored.complete(now);
                put_record(&mut state.sessions, now, place, *stored)?;
            }
            Part::Report(mut stored) => {
                stored.complete(now);
                put_record(&mut state.reports, now, place, *stored)?;
            }
            Part::File(mut stored) => {
                stored.complete(now);
                if !stored.is_collected() {
                    state.file_bytes = state.file_bytes.saturating_add(stored.size);
                }
                put_record(&mut state.files, now, place, *stored)?;
            }
            Part::FileContents(contents) => put_contents(state, place, contents)?,
            Part::FileLink(mut stored) => {
                stored.complete(now);
                put_record(&mut state.links, now, place, *stored)?;
            }
            Part::Event(mut stored) => {
                stored.complete(now);
                put_record(&mut state.events, now, place, *stored)?;
            }
            Part::EphemeralKey(mut stored) => {
                stored.complete(now);
                put_record(&mut state.keys, now, place, *stored)?;
            }
            Part::Delivery(stored) => {
                if state.webhook_endpoints.get(&stored.delivery.webhook_endpoint).is_none() {
                    let problem =
                        "a webhook_delivery has an unknown endpoint: expected the line of its webhook_endpoint before";
                    return Err(InvalidRow(problem.to_owned()));
                }
                let mut places = stored.ready.iter().map(|ready| ready.place).chain(stored.ended);
                if places.any(|place| place >= END_OF_PLACES) {
                    return Err(InvalidRow::beyond_places(Kind::Delivery));
                }
                put_record(&mut state.deliveries, now, place, *stored)?;
            }
            Part::Due(due) => state.queue.restore(place, due),
            Part::Response(stored) => {
                must_have_passed(now, &*stored)?;
                if !state.responses.restore(place, *stored) {
                    return Err(misplaced(Kind::Response));
                }
            }
        }
        Ok(())
    }

    fn put_world(&mut self, stored: StoredWorld) -> Result<(), InvalidRow> {
        if stored.numbers.of_places().into_iter().any(|number| number >= END_OF_PLACES) {
            return Err(InvalidRow::beyond_places(Kind::World));
        }
        if let Some(generators) = &stored.generators {
            self.set_generators(generators);
        }
        let state = &mut self.state;
        if let Some(clock) = stored.clock {
            state.clock = clock;
        }
        if let Some(settings) = stored.settings {
            state.settings = settings;
        }
        let numbers = stored.numbers;
        state.webhook_endpoints.set_made(numbers.webhook_endpoint);
        state.sessions.set_made(numbers.verification_session);
        state.reports.set_made(numbers.verification_report);
        state.files.set_made(numbers.file);
        state.links.set_made(numbers.file_link);
        state.events.set_made(numbers.event);
        state.keys.set_made(numbers.ephemeral_key);
        state.deliveries.set_made(numbers.webhook_delivery);
        state.queue.set_scheduled(numbers.due);
        state.responses.store_mut().set_made(numbers.response);
        state.outbox.placed = numbers.lanes;
        state.taken_bytes = numbers.taken_bytes;
        Ok(())
    }

    /// Completes a restored world: derives the state that is not written.
    pub(crate) fn complete(&mut self) {
        #[derive(Default)]
        struct Parts {
            ready: Vec<(u64, u64)>,
            ended: Vec<(u64, u64)>,
            under_way: BTreeSet<(String, u32)>,
            pending: usize,
        }

        self.is_restored = true;
        each_store!(&mut self.state, |store| store.complete());
        let state = &mut self.state;
        let endpoints = state.webhook_endpoints.iter();
        let mut lanes: BTreeMap<_, _> = endpoints.map(|endpoint| (endpoint.id.clone(), Parts::default())).collect();
        let mut placed = state.outbox.placed;
        for (place, stored) in state.deliveries.places() {
            let delivery = &stored.delivery;
            let lane = lanes.entry(delivery.webhook_endpoint.clone()).or_default();
            lane.ready.extend(stored.ready.iter().map(|ready| (ready.place, place)));
            if delivery.status == DeliveryStatus::Pending {
                lane.pending += 1;
            } else {
                lane.ended.push((stored.ended.unwrap_or_default(), place));
            }
            for attempt in delivery.attempts.iter().filter(|attempt| attempt.result.is_none()) {
                lane.under_way.insert((delivery.id.clone(), attempt.number));
                let endpoint = delivery.webhook_endpoint.clone();
                let (id, number) = (delivery.id.clone(), attempt.number);
                state.outbox.interrupted.push(AttemptId { endpoint, delivery: place, id, number });
            }
            let taken = stored.ready.iter().map(|ready| ready.place).chain(stored.ended);
            placed = taken.fold(placed, |placed, taken| placed.max(taken.saturating_add(1)));
        }
        state.outbox.placed = placed;
        let lane = |parts: Parts| Lane::restore(parts.ready, parts.ended, parts.under_way, parts.pending);
        state.outbox.restore(lanes.into_iter().map(|(endpoint, parts)| (endpoint, lane(parts))).collect());
    }
}

fn put_record<T: Record>(store: &mut Store<T>, now: Timestamp, place: u64, record: T) -> Result<(), InvalidRow> {
    must_have_passed(now, &record)?;
    if store.restore(place, record) { Ok(()) } else { Err(misplaced(T::KIND)) }
}

/// Refuses a record that was created later than now, since records are in the order of their times.
fn must_have_passed<T: Record>(now: Timestamp, record: &T) -> Result<(), InvalidRow> {
    if record.created() <= now {
        return Ok(());
    }
    Err(InvalidRow(format!("invalid {}: expected a time in the past of its world's clock", T::KIND.name())))
}

fn misplaced(kind: Kind) -> InvalidRow {
    let kind = kind.name();
    InvalidRow(format!("invalid {kind}: expected a unique id, and a place and a time after those of the {kind} before"))
}

fn put_contents(state: &mut State, place: u64, contents: Bytes) -> Result<(), InvalidRow> {
    let Some(mut stored) = state.files.edit(place) else {
        return Err(InvalidRow("file_contents without a file: expected the line of the file before".to_owned()));
    };
    if stored.size == 0 {
        stored.size = contents.len();
    }
    stored.contents = Some(contents);
    Ok(())
}
