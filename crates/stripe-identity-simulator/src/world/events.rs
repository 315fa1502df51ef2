//! Records what happens as events.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::to_raw_value;
use stripe_identity_core::types::{EventRequest, EventType, Sensitive};

use crate::world::deliveries;
use crate::world::expand::Expanded;
use crate::world::queue::DueThing;
use crate::world::record::event::StoredEvent;
use crate::world::state::State;

const LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Records an event with the current state of an object, in which URLs are paths. Returns the place of the event.
pub(crate) fn record(
    state: &mut State,
    type_: EventType,
    object: &impl Serialize,
    account: Option<&str>,
    request: Option<&EventRequest>,
) -> u64 {
    // The models serialize without fail: their maps have texts for keys.
    let object = to_raw_value(object).unwrap_or_default();
    state.taken_bytes = state.taken_bytes.saturating_add(object.get().len());
    let event = state.events.insert(StoredEvent {
        id: state.ids.id("evt_").into(),
        account: account.map(Into::into),
        type_,
        created: state.clock.now().timestamp(),
        pending_webhooks: 0,
        request: request.cloned().map(Box::new),
        object: Sensitive::new(object),
    });
    state.schedule(LIFE, DueThing::EventLapses { event });
    deliveries::deliver(state, event);
    event
}

/// Records an event with the current state of the session at a place.
pub(crate) fn record_of_session(state: &mut State, session: u64, type_: EventType, request: Option<&EventRequest>) {
    let Some(stored) = state.sessions.at(session) else { return };
    let (mut object, account) = (Expanded::default().session(&stored.session, None, ""), stored.account.clone());
    // The client secret and the URL are for the user, so that no event contains them.
    (object.client_secret, object.url) = (None, None);
    let event = record(state, type_, &object, account.as_deref(), request);
    if let Some(mut stored) = state.sessions.edit(session) {
        stored.events.push(event);
    }
}
