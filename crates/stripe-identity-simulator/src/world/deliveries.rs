//! The deliveries of events to webhook endpoints, from the event to the response.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use stripe_identity_core::types::{EventId, Timestamp};

use crate::delivery::{
    AttemptResult, AttemptTrigger, DeliveryAttempt, DeliveryFailure, DeliveryStatus, WebhookDelivery,
};
use crate::disorder::Disorder;
use crate::time::Time;
use crate::world::outbox::{AttemptId, Lane, Room};
use crate::world::queue::DueThing;
use crate::world::record::delivery::{Ready, StoredDelivery};
use crate::world::record::event::StoredEvent;
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::state::State;
use crate::world::store::Record as _;
use crate::world::webhook_request::request;

/// The waits before the second and the third attempt. In test mode, Stripe makes three attempts over a few hours, and
/// does not document when.
const WAITS: [Duration; 2] = [Duration::from_secs(60 * 60), Duration::from_secs(2 * 60 * 60)];
/// The number of attempts at a delivery that are kept.
const MOST_ATTEMPTS: usize = 50;

/// A request to send, with the id of the attempt to report its result for.
#[derive(Debug)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server waits and cuts connections"))]
pub(crate) struct Outgoing {
    pub(crate) attempt: AttemptId,
    pub(crate) request: Request<Bytes>,
    /// The real time for which a server holds it back.
    pub(crate) hold: Duration,
    /// The time in which the receiver must respond.
    pub(crate) timeout: Duration,
    /// Whether the body is shorter than its `Content-Length`.
    pub(crate) is_cut: bool,
}

pub(crate) fn add_endpoint(state: &mut State, endpoint: StoredEndpoint) {
    state.outbox.lanes.insert(endpoint.id.clone(), Lane::default());
    state.webhook_endpoints.insert(endpoint);
}

/// Removes an endpoint, with all of its deliveries.
pub(crate) fn remove_endpoint(state: &mut State, id: &str) {
    if let Some(place) = state.webhook_endpoints.place(id) {
        state.webhook_endpoints.remove(place);
    }
    state.outbox.remove(id);
    let deliveries: Vec<_> = state.deliveries.having(None, "webhook_endpoint", id).collect();
    for delivery in deliveries {
        let Some(removed) = state.deliveries.remove(delivery) else { continue };
        if removed.is_counted && removed.delivery.status != DeliveryStatus::Delivered {
            decrement_pending(state, removed.delivery.event.as_str());
        }
    }
}

/// Returns the ids of the endpoints that an event is delivered to at present. A disabled endpoint receives none.
pub(crate) fn receivers(state: &State, event: &StoredEvent) -> Vec<String> {
    let endpoints = &state.webhook_endpoints;
    // The endpoints of the platform may also receive the events of connected accounts.
    let connected = event.account().map(|account| endpoints.of(Some(account))).into_iter().flatten();
    let mut places: Vec<_> = endpoints.of(None).chain(connected).collect();
    places.sort_unstable();
    let receivers = places.into_iter().filter_map(|place| endpoints.at(place));
    let receivers = receivers.filter(|endpoint| !endpoint.disabled && endpoint.receives(event));
    receivers.map(|endpoint| endpoint.id.clone()).collect()
}

/// Delivers an event that has just happened.
pub(crate) fn deliver(state: &mut State, event: u64) {
    let Some(stored) = state.events.at(event) else { return };
    let endpoints = receivers(state, stored);
    for endpoint in endpoints {
        if let Some(mut stored) = state.events.edit(event) {
            stored.pending_webhooks += 1;
        }
        if let Some(delivery) = insert(state, &endpoint, event, true) {
            attempt(state, delivery);
        }
    }
}

/// Delivers an event to an endpoint again, or for the first time. A scheduled attempt stays scheduled.
pub(crate) fn resend(state: &mut State, event: u64, endpoint: &str) {
    // If the endpoint receives such events but there is no delivery, then it was dropped or is no longer kept, and the
    // event still counts it as pending.
    let (is_counted, delivery) = match (state.webhook_endpoints.get(endpoint), state.events.at(event)) {
        (Some(endpoint), Some(stored)) => {
            let is_to = |place: &u64| state.deliveries.at(*place).is_some_and(|it| it.is_to(&endpoint.id));
            (endpoint.receives(stored), state.deliveries.having(None, "event", &stored.id).rev().find(is_to))
        }
        _ => return,
    };
    let Some(delivery) = delivery.or_else(|| insert(state, endpoint, event, is_counted)) else { return };
    if state.outbox.lanes.get(endpoint).is_some_and(Lane::has_room_for_ready) {
        make_ready(state, delivery, AttemptTrigger::Resend, &[]);
    }
}

/// Creates a delivery, and returns its place. Returns `None` if the endpoint has no room for it.
fn insert(state: &mut State, endpoint: &str, event: u64, is_counted: bool) -> Option<u64> {
    let event = state.events.at(event)?;
    let delivery = WebhookDelivery {
        id: state.outbox.ids.id("whd_"),
        webhook_endpoint: endpoint.to_owned(),
        event: EventId::new(&*event.id),
        event_type: event.type_.clone(),
        created: state.clock.now().timestamp(),
        status: DeliveryStatus::Pending,
        attempts: Vec::new(),
        next_attempt: None,
    };
    match state.outbox.lanes.get_mut(endpoint)?.add() {
        Room::None => {
            edit_endpoint(state, endpoint, |endpoint| endpoint.counts.dropped += 1);
            return None;
        }
        Room::Free => {}
        Room::InPlaceOf(oldest) => drop(state.deliveries.remove(oldest)),
    }
    Some(state.deliveries.insert(StoredDelivery::new(delivery, is_counted)))
}

/// Removes the bodies of the responses to the deliveries of an event, including those of attempts under way.
pub(crate) fn redact(state: &mut State, event: &str) {
    let deliveries: Vec<_> = state.deliveries.having(None, "event", event).collect();
    for delivery in deliveries {
        if let Some(mut stored) = state.deliveries.edit(delivery) {
            stored.redact();
        }
    }
}

/// Makes the scheduled attempt of a delivery ready, unless a disorder delays or drops it.
pub(crate) fn attempt(state: &mut State, id: u64) {
    let now = state.clock.now();
    let Some(mut edit) = state.deliveries.edit(id).filter(|it| it.delivery.status == DeliveryStatus::Pending) else {
        return;
    };
    let stored = &mut *edit;
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
            drop(edit);
            return state.schedule(wait, DueThing::Delivery { delivery: id });
        }
        disorder
    };
    stored.tries += 1;
    if disorder.contains(&Disorder::Dropped) {
        let number = begin(delivery, AttemptTrigger::Schedule, disorder, now.timestamp());
        drop(edit);
        end(state, id, number, None, DeliveryFailure::Dropped.into());
    } else {
        drop(edit);
        make_ready(state, id, AttemptTrigger::Schedule, &disorder);
    }
}

/// Makes an attempt ready, and a second one if a disorder doubles it.
fn make_ready(state: &mut State, id: u64, trigger: AttemptTrigger, disorder: &[Disorder]) {
    let double = disorder.contains(&Disorder::Doubled).then_some(AttemptTrigger::Disorder);
    let Some(endpoint) = state.deliveries.at(id).map(|stored| stored.delivery.webhook_endpoint.clone()) else { return };
    for trigger in std::iter::once(trigger).chain(double) {
        let is_reordered = disorder.contains(&Disorder::Reordered);
        let (hold, index) = if is_reordered { state.outbox.choose(&endpoint) } else { (Duration::ZERO, None) };
        let last = state.outbox.next_place();
        let mut ready = Ready { place: last, trigger, disorder: disorder.to_vec(), hold };
        // Swapping two places changes only two deliveries, no matter how many are ready.
        let lane = state.outbox.lanes.get_mut(&endpoint);
        if let Some((place, other)) = lane.and_then(|lane| lane.swap(index?, id)) {
            ready.place = place;
            state.outbox.push(&endpoint, last, other);
            if let Some(mut other) = state.deliveries.edit(other)
                && let Some(moved) = other.ready.iter_mut().find(|it| it.place == place)
            {
                moved.place = last;
            }
        } else {
            state.outbox.push(&endpoint, last, id);
        }
        if let Some(mut stored) = state.deliveries.edit(id) {
            stored.ready.push(ready);
        }
    }
}

/// Ends the attempts that were under way when the world was written, and makes others like them ready, since it is not
/// known whether they have arrived.
pub(crate) fn resume(state: &mut State) {
    for attempt in std::mem::take(&mut state.outbox.interrupted) {
        give_up(state, &attempt);
    }
}

/// Ends an attempt that is under way, and makes another one like it ready.
pub(crate) fn give_up(state: &mut State, attempt: &AttemptId) {
    state.outbox.end(&attempt.endpoint, &attempt.id, attempt.number);
    let place = state.outbox.next_place();
    let Some(mut stored) = state.deliveries.edit(attempt.delivery).filter(|it| it.delivery.id == attempt.id) else {
        return;
    };
    let mut attempts = stored.delivery.attempts.iter_mut();
    // If the world was exported from and imported into the same simulator, the result may have been reported meanwhile.
    let Some(ended) = attempts.find(|it| it.number == attempt.number && it.result.is_none()) else { return };
    ended.result = Some(DeliveryFailure::Closed.into());
    let (trigger, disorder) = (ended.trigger, ended.disorder.clone());
    stored.ready.push(Ready { place, trigger, disorder, hold: Duration::ZERO });
    state.outbox.push(&attempt.endpoint, place, attempt.delivery);
}

fn edit_endpoint(state: &mut State, id: &str, edit: impl FnOnce(&mut StoredEndpoint)) {
    let place = state.webhook_endpoints.place(id);
    if let Some(mut endpoint) = place.and_then(|place| state.webhook_endpoints.edit(place)) {
        edit(&mut endpoint);
    }
}

/// Takes the next request that is ready, signed at `signed_at`. Skips endpoints that have `most_under_way` requests
/// under way.
pub(crate) fn take(state: &mut State, signed_at: Timestamp, most_under_way: usize) -> Option<Outgoing> {
    loop {
        let (place, delivery) = state.outbox.take(most_under_way)?;
        if let Some(outgoing) = prepare(state, place, delivery, signed_at) {
            return Some(outgoing);
        }
    }
}

/// Creates the request of a ready attempt. Returns `None` if nothing is to be sent any more.
fn prepare(state: &mut State, place: u64, delivery: u64, signed_at: Timestamp) -> Option<Outgoing> {
    let now = state.clock.now();
    let mut stored = state.deliveries.edit(delivery)?;
    let ready = stored.ready.iter().position(|ready| ready.place == place)?;
    let ready = stored.ready.remove(ready);
    let event = state.events.get(stored.delivery.event.as_str());
    let endpoint = state.webhook_endpoints.get(&stored.delivery.webhook_endpoint)?;
    let is_stopped = endpoint.disabled && ready.trigger != AttemptTrigger::Resend;
    // An event that does not exist any more has expired meanwhile.
    let Some(event) = event.filter(|_| !is_stopped) else {
        drop(stored);
        finish(state, delivery, DeliveryStatus::Failed);
        return None;
    };
    let request = request(endpoint, event, &state.base_url, now, signed_at, &ready.disorder);
    let is_cut = ready.disorder.contains(&Disorder::Cut);
    let number = begin(&mut stored.delivery, ready.trigger, ready.disorder, now.timestamp());
    let attempt = AttemptId { endpoint: endpoint.id.clone(), delivery, id: stored.delivery.id.clone(), number };
    state.outbox.start(&attempt.endpoint, &attempt.id, number);
    Some(Outgoing { attempt, request, hold: ready.hold, timeout: state.settings.webhook_timeout, is_cut })
}

/// Adds an attempt to a delivery, and returns its number.
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

/// Records the result of an attempt.
pub(crate) fn report(state: &mut State, attempt: &AttemptId, latency: Duration, result: AttemptResult) {
    state.outbox.end(&attempt.endpoint, &attempt.id, attempt.number);
    if state.deliveries.at(attempt.delivery).is_none_or(|stored| stored.delivery.id != attempt.id) {
        return;
    }
    end(state, attempt.delivery, attempt.number, Some(latency), result);
}

fn end(state: &mut State, id: u64, number: u32, latency: Option<Duration>, result: AttemptResult) {
    let Some(mut edit) = state.deliveries.edit(id) else { return };
    let stored = &mut *edit;
    let delivery = &mut stored.delivery;
    let Some(attempt) = delivery.attempts.iter_mut().find(|it| it.number == number && it.result.is_none()) else {
        return;
    };
    let (is_success, is_scheduled) = (result.is_success(), attempt.trigger == AttemptTrigger::Schedule);
    attempt.latency = latency;
    attempt.result = Some(if number > stored.redacted { result } else { result.without_body() });
    let status = if is_success {
        DeliveryStatus::Delivered
    } else if is_scheduled && delivery.status == DeliveryStatus::Pending {
        if let Some(&wait) = stored.tries.checked_sub(1).and_then(|failures| WAITS.get(failures)) {
            // The wait begins with the attempt, since the world's clock does not measure how long the receiver took.
            let next = Time::from(attempt.at).after(wait);
            delivery.next_attempt = Some(next.timestamp());
            return state.queue.schedule(next, DueThing::Delivery { delivery: id });
        }
        DeliveryStatus::Failed
    } else if stored.tries == 0 && delivery.next_attempt.is_none() {
        // A resend created the delivery, so that it has no schedule.
        DeliveryStatus::Failed
    } else {
        return;
    };
    drop(edit);
    finish(state, id, status);
}

fn finish(state: &mut State, id: u64, status: DeliveryStatus) {
    let Some(mut edit) = state.deliveries.edit(id) else { return };
    let stored = &mut *edit;
    let delivery = &mut stored.delivery;
    let Some(lane) = state.outbox.lanes.get_mut(&delivery.webhook_endpoint) else { return };
    let is_delivered = status == DeliveryStatus::Delivered;
    let is_repair = match delivery.status {
        DeliveryStatus::Pending => false,
        DeliveryStatus::Failed if is_delivered => true,
        DeliveryStatus::Failed | DeliveryStatus::Delivered => return,
    };
    if !is_repair {
        lane.finish(id);
        stored.ended = Some(state.outbox.next_place());
    }
    delivery.status = status;
    if is_delivered {
        delivery.next_attempt = None;
    }
    let (endpoint, event) = (delivery.webhook_endpoint.clone(), delivery.event.as_str().to_owned());
    let has_arrived = is_delivered && stored.is_counted;
    drop(edit);
    edit_endpoint(state, &endpoint, |endpoint| endpoint.counts.count(is_delivered, is_repair));
    if has_arrived {
        decrement_pending(state, &event);
    }
}

/// Decrements the number of pending webhooks of an event.
fn decrement_pending(state: &mut State, event: &str) {
    let place = state.events.place(event);
    if let Some(mut stored) = place.and_then(|place| state.events.edit(place)) {
        stored.pending_webhooks = stored.pending_webhooks.saturating_sub(1);
    }
}
