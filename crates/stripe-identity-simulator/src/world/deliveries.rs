//! Deliveries of events to webhook endpoints, from the event to the response.

use std::collections::hash_map::Entry;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use stripe_identity_core::types::Timestamp;

use crate::delivery::{
    AttemptResult, AttemptTrigger, DeliveryAttempt, DeliveryFailure, DeliveryStatus, WebhookDelivery,
};
use crate::disorder::Disorder;
use crate::time::Time;
use crate::world::outbox::{AttemptId, Lane, Room};
use crate::world::queue::DueThing;
use crate::world::record::delivery::{Ready, StoredDelivery};
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::state::State;
use crate::world::webhook_request::request;

/// Before the second and the third attempt. In test mode Stripe tries three times in the course of a few hours, and does
/// not say when.
const WAITS: [Duration; 2] = [Duration::from_secs(60 * 60), Duration::from_secs(2 * 60 * 60)];
/// The attempts at a delivery that are kept.
const MOST_ATTEMPTS: usize = 50;

/// A request to send, and what to report its result with.
#[derive(Debug)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server waits, and cuts connections"))]
pub(crate) struct Outgoing {
    pub(crate) attempt: AttemptId,
    pub(crate) request: Request<Bytes>,
    /// How long it is held back where there is real time.
    pub(crate) hold: Duration,
    /// How long the receiver has to respond.
    pub(crate) timeout: Duration,
    /// Whether the body is only the beginning of what the headers announce.
    pub(crate) is_cut: bool,
}

pub(crate) fn add_endpoint(state: &mut State, endpoint: StoredEndpoint) {
    state.outbox.lanes.insert(endpoint.id.clone(), Lane::default());
    state.webhook_endpoints.insert(endpoint);
}

/// Removes an endpoint, and with it what was delivered to it or was to be.
pub(crate) fn remove_endpoint(state: &mut State, id: &str) {
    state.webhook_endpoints.remove(id);
    state.outbox.lanes.remove(id);
    state.outbox.rules.retain(|(_, rule)| rule.webhook_endpoint.as_deref() != Some(id));
    let is_meant = |stored: &&StoredDelivery| stored.delivery.webhook_endpoint == id;
    let deliveries: Vec<_> = state.deliveries.iter().filter(is_meant).map(|it| it.delivery.id.clone()).collect();
    for delivery in deliveries {
        let Some(removed) = remove(state, &delivery) else { continue };
        if removed.is_counted && removed.delivery.status != DeliveryStatus::Delivered {
            count_webhooks(state, removed.delivery.event.as_str(), -1);
        }
    }
}

/// Delivers an event that has just happened.
pub(crate) fn deliver(state: &mut State, event: &str) {
    let Some(stored) = state.events.get(event) else { return };
    // While an endpoint is disabled, what happens is not for it.
    let endpoints =
        state.webhook_endpoints.iter().filter(|endpoint| !endpoint.disabled && endpoint.hears(&stored.event));
    let endpoints: Vec<_> = endpoints.map(|endpoint| endpoint.id.clone()).collect();
    for endpoint in endpoints {
        count_webhooks(state, event, 1);
        if let Some(delivery) = insert(state, &endpoint, event, true) {
            is_due(state, &delivery);
        }
    }
}

/// Delivers an event to an endpoint once more, or for the first time. An attempt that is due by itself still is.
pub(crate) fn resend(state: &mut State, event: &str, endpoint: &str) {
    let is_meant =
        |id: &&String| state.deliveries.get(id).is_some_and(|stored| stored.delivery.webhook_endpoint == endpoint);
    let delivery = state.outbox.by_event.get(event).and_then(|ids| ids.iter().rev().find(is_meant)).cloned();
    // If there is none although the endpoint gets such events, it was dropped or is forgotten, and the event still waits.
    let is_counted = match (state.webhook_endpoints.get(endpoint), state.events.get(event)) {
        (Some(endpoint), Some(stored)) => endpoint.hears(&stored.event),
        _ => return,
    };
    let Some(delivery) = delivery.or_else(|| insert(state, endpoint, event, is_counted)) else { return };
    if state.outbox.lanes.get(endpoint).is_some_and(Lane::has_room_for_ready) {
        make_ready(state, &delivery, AttemptTrigger::Resend, &[]);
    }
}

/// Makes a delivery, unless there is no room for it.
fn insert(state: &mut State, endpoint: &str, event: &str, is_counted: bool) -> Option<String> {
    let event = &state.events.get(event)?.event;
    let delivery = WebhookDelivery {
        id: state.outbox.ids.id("whd_"),
        webhook_endpoint: endpoint.to_owned(),
        event: event.id.clone(),
        event_type: event.type_.clone(),
        created: state.clock.now().timestamp(),
        status: DeliveryStatus::Pending,
        attempts: Vec::new(),
        next_attempt: None,
    };
    match state.outbox.lanes.get_mut(endpoint)?.add() {
        Room::None => {
            if let Some(endpoint) = state.webhook_endpoints.edit(endpoint) {
                endpoint.counts.dropped += 1;
            }
            return None;
        }
        Room::Free => {}
        Room::InPlaceOf(oldest) => drop(remove(state, &oldest)),
    }
    let id = delivery.id.clone();
    state.outbox.by_event.entry(delivery.event.as_str().to_owned()).or_default().push(id.clone());
    state.deliveries.insert(StoredDelivery::new(delivery, is_counted));
    Some(id)
}

fn remove(state: &mut State, id: &str) -> Option<StoredDelivery> {
    let removed = state.deliveries.remove(id)?;
    if let Entry::Occupied(mut of_event) = state.outbox.by_event.entry(removed.delivery.event.as_str().to_owned()) {
        of_event.get_mut().retain(|other| other != id);
        if of_event.get().is_empty() {
            of_event.remove();
        }
    }
    Some(removed)
}

/// Forgets what came back when an event was delivered, also what is still to come back of what is under way.
pub(crate) fn redact(state: &mut State, event: &str) {
    for id in state.outbox.by_event.get(event).into_iter().flatten() {
        if let Some(stored) = state.deliveries.edit(id) {
            stored.redact();
        }
    }
}

/// Makes the attempt ready that the schedule makes now.
pub(crate) fn is_due(state: &mut State, id: &str) {
    let now = state.clock.now();
    let Some(stored) = state.deliveries.edit(id).filter(|it| it.delivery.status == DeliveryStatus::Pending) else {
        return;
    };
    let delivery = &mut stored.delivery;
    let endpoint = delivery.webhook_endpoint.clone();
    delivery.next_attempt = None;
    let disorder = if let Some(disorder) = stored.held.take() {
        disorder
    } else {
        let disorder = state.outbox.disorder(&endpoint, delivery.event_type.as_str());
        let late = disorder.iter().find_map(|it| if let Disorder::Late(wait) = it { Some(*wait) } else { None });
        if let Some(wait) = late {
            stored.held = Some(disorder);
            delivery.next_attempt = Some(now.after(wait).timestamp());
            return state.schedule(wait, DueThing::Delivery { delivery: id.to_owned() });
        }
        disorder
    };
    stored.tries += 1;
    if disorder.contains(&Disorder::Dropped) {
        let number = begin(delivery, AttemptTrigger::Schedule, disorder, now.timestamp());
        end(state, id, number, None, DeliveryFailure::Dropped.into());
    } else {
        make_ready(state, id, AttemptTrigger::Schedule, &disorder);
    }
}

/// Makes an attempt ready, and another one like it if it is to be doubled.
fn make_ready(state: &mut State, id: &str, trigger: AttemptTrigger, disorder: &[Disorder]) {
    let double = disorder.contains(&Disorder::Doubled).then_some(AttemptTrigger::Disorder);
    let Some(endpoint) = state.deliveries.get(id).map(|stored| stored.delivery.webhook_endpoint.clone()) else {
        return;
    };
    for trigger in std::iter::once(trigger).chain(double) {
        let is_reordered = disorder.contains(&Disorder::Reordered);
        let (hold, index) = if is_reordered { state.outbox.choose(&endpoint) } else { (Duration::ZERO, None) };
        let last = state.outbox.next_place();
        let Some(lane) = state.outbox.lanes.get_mut(&endpoint) else { return };
        let mut ready = Ready { place: last, trigger, disorder: disorder.to_vec(), hold };
        // By an exchange of two places, only two deliveries change, however many wait.
        if let Some((place, other)) = index.and_then(|index| lane.swap(index, id.to_owned())) {
            ready.place = place;
            if let Some(other) = state.deliveries.edit(&other)
                && let Some(moved) = other.ready.iter_mut().find(|it| it.place == place)
            {
                moved.place = last;
            }
            lane.push(last, other);
        } else {
            lane.push(last, id.to_owned());
        }
        if let Some(stored) = state.deliveries.edit(id) {
            stored.ready.push(ready);
        }
    }
}

/// Ends the attempts that were under way when the world was written, and makes others like them ready: whether they have
/// arrived is not known.
pub(crate) fn resume(state: &mut State) {
    for AttemptId { endpoint, delivery: id, number } in std::mem::take(&mut state.outbox.interrupted) {
        state.outbox.end(&endpoint, &id, number);
        let place = state.outbox.next_place();
        let Some(lane) = state.outbox.lanes.get_mut(&endpoint) else { continue };
        let Some(stored) = state.deliveries.edit(&id) else { continue };
        let mut attempts = stored.delivery.attempts.iter_mut();
        // Its result may have been reported meanwhile, if the world was imported where it was exported.
        let Some(attempt) = attempts.find(|it| it.number == number && it.result.is_none()) else { continue };
        attempt.result = Some(DeliveryFailure::Closed.into());
        let (trigger, disorder) = (attempt.trigger, attempt.disorder.clone());
        stored.ready.push(Ready { place, trigger, disorder, hold: Duration::ZERO });
        lane.push(place, id);
    }
}

/// Takes the next request that is ready for an endpoint with less than so many under way, signed at this time.
pub(crate) fn take(state: &mut State, signed_at: Timestamp, most_under_way: usize) -> Option<Outgoing> {
    loop {
        let (place, delivery) = state.outbox.take(most_under_way)?;
        if let Some(outgoing) = prepare(state, place, delivery, signed_at) {
            return Some(outgoing);
        }
    }
}

/// Returns `None` if nothing is to be sent any more.
fn prepare(state: &mut State, place: u64, delivery: String, signed_at: Timestamp) -> Option<Outgoing> {
    let now = state.clock.now();
    let stored = state.deliveries.edit(&delivery)?;
    let ready = stored.ready.iter().position(|ready| ready.place == place)?;
    let ready = stored.ready.remove(ready);
    let event = state.events.get(stored.delivery.event.as_str());
    let endpoint = state.webhook_endpoints.get(&stored.delivery.webhook_endpoint)?;
    let is_stopped = endpoint.disabled && ready.trigger != AttemptTrigger::Resend;
    // An event that is gone has lapsed meanwhile.
    let Some(event) = event.filter(|_| !is_stopped) else {
        finish(state, &delivery, DeliveryStatus::Failed);
        return None;
    };
    let request = request(endpoint, event, &state.base_url, now, signed_at, &ready.disorder);
    let is_cut = ready.disorder.contains(&Disorder::Cut);
    let number = begin(&mut stored.delivery, ready.trigger, ready.disorder, now.timestamp());
    let attempt = AttemptId { endpoint: endpoint.id.clone(), delivery, number };
    state.outbox.start(&attempt.endpoint, &attempt.delivery, number);
    Some(Outgoing { attempt, request, hold: ready.hold, timeout: state.settings.webhook_timeout, is_cut })
}

/// Notes an attempt, and returns its number.
fn begin(delivery: &mut WebhookDelivery, trigger: AttemptTrigger, disorder: Vec<Disorder>, at: Timestamp) -> u32 {
    let attempts = &mut delivery.attempts;
    let number = attempts.last().map_or(1, |last| last.number.saturating_add(1));
    if attempts.len() >= MOST_ATTEMPTS
        && let Some(oldest) = attempts.iter().position(|attempt| attempt.result.is_some())
    {
        attempts.remove(oldest);
    }
    attempts.push(DeliveryAttempt { number, at, trigger, disorder, latency: None, result: None });
    number
}

/// Notes what came of a request.
pub(crate) fn report(state: &mut State, attempt: &AttemptId, latency: Duration, result: AttemptResult) {
    state.outbox.end(&attempt.endpoint, &attempt.delivery, attempt.number);
    end(state, &attempt.delivery, attempt.number, Some(latency), result);
}

fn end(state: &mut State, id: &str, number: u32, latency: Option<Duration>, result: AttemptResult) {
    let Some(stored) = state.deliveries.edit(id) else { return };
    let delivery = &mut stored.delivery;
    let Some(attempt) = delivery.attempts.iter_mut().find(|it| it.number == number && it.result.is_none()) else {
        return;
    };
    let (is_success, is_scheduled) = (result.is_success(), attempt.trigger == AttemptTrigger::Schedule);
    attempt.latency = latency;
    attempt.result = Some(if number > stored.redacted { result } else { result.without_body() });
    if is_success {
        finish(state, id, DeliveryStatus::Delivered);
    } else if is_scheduled && delivery.status == DeliveryStatus::Pending {
        match stored.tries.checked_sub(1).and_then(|failures| WAITS.get(failures)) {
            Some(&wait) => {
                // From when the attempt began: how long the receiver took is not for the world's clock to say.
                let next = Time::from(attempt.at).after(wait);
                delivery.next_attempt = Some(next.timestamp());
                state.queue.schedule(next, DueThing::Delivery { delivery: id.to_owned() });
            }
            None => finish(state, id, DeliveryStatus::Failed),
        }
    } else if stored.tries == 0 && delivery.next_attempt.is_none() {
        // It was made by a resend, and has no schedule.
        finish(state, id, DeliveryStatus::Failed);
    }
}

fn finish(state: &mut State, id: &str, status: DeliveryStatus) {
    let Some(stored) = state.deliveries.get(id) else { return };
    let is_delivered = status == DeliveryStatus::Delivered;
    let is_repair = match stored.delivery.status {
        DeliveryStatus::Pending => false,
        DeliveryStatus::Failed if is_delivered => true,
        DeliveryStatus::Failed | DeliveryStatus::Delivered => return,
    };
    let Some(stored) = state.deliveries.edit(id) else { return };
    let delivery = &mut stored.delivery;
    let Some(lane) = state.outbox.lanes.get_mut(&delivery.webhook_endpoint) else { return };
    if !is_repair {
        lane.finish(id.to_owned());
        stored.ended = Some(state.outbox.next_place());
    }
    if let Some(endpoint) = state.webhook_endpoints.edit(&delivery.webhook_endpoint) {
        endpoint.counts.count(is_delivered, is_repair);
    }
    delivery.status = status;
    if is_delivered {
        delivery.next_attempt = None;
        let event = delivery.event.as_str().to_owned();
        if stored.is_counted {
            count_webhooks(state, &event, -1);
        }
    }
}

/// Changes how many webhooks of an event have not arrived.
fn count_webhooks(state: &mut State, event: &str, change: i64) {
    if let Some(stored) = state.events.edit(event) {
        let pending = stored.event.pending_webhooks.unwrap_or(0);
        stored.event.pending_webhooks = Some((pending + change).max(0));
    }
}
