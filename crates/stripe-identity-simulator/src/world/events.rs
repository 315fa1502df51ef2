//! What happens, as events.

use std::time::Duration;

use serde_json::Value;
use stripe_identity_core::types::{API_VERSION, AccountId, Event, EventRequest, EventType, Sensitive};

use crate::world::deliveries;
use crate::world::expand::Expanded;
use crate::world::queue::DueThing;
use crate::world::record::event::StoredEvent;
use crate::world::state::State;

const LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Records that something happened to an object, which is given as it is now and with paths for URLs. Returns the id of
/// the event.
pub(crate) fn record(
    state: &mut State,
    type_: EventType,
    object: Value,
    account: Option<&str>,
    request: Option<&EventRequest>,
) -> String {
    let id = state.ids.id("evt_");
    let mut event = Event::new(id.clone());
    event.account = account.map(AccountId::new);
    event.api_version = Some(API_VERSION.to_owned());
    event.created = Some(state.now());
    event.livemode = Some(false);
    event.pending_webhooks = Some(0);
    event.request = Some(request.cloned().unwrap_or_default());
    event.type_ = type_;
    state.taken_bytes = state.taken_bytes.saturating_add(length_of_texts(&object));
    event.data.object = Sensitive::new(object.into());
    state.events.insert(StoredEvent { account: account.map(str::to_owned), event });
    state.schedule(LIFE, DueThing::EventLapses { event: id.clone() });
    deliveries::deliver(state, &id);
    id
}

fn length_of_texts(json: &Value) -> usize {
    match json {
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + length_of_texts(value)).sum(),
        Value::Array(items) => items.iter().map(length_of_texts).sum(),
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Records what happened to a session, as it is now.
pub(crate) fn record_of_session(state: &mut State, session: &str, type_: EventType, request: Option<&EventRequest>) {
    let Some(stored) = state.sessions.get(session) else { return };
    let (mut object, account) = (Expanded::default().show_session(&stored.session, None, ""), stored.account.clone());
    // What opens the session's page is for the user, and no event passes it on.
    for secret in ["client_secret", "url"] {
        object[secret] = Value::Null;
    }
    let event = record(state, type_, object, account.as_deref(), request);
    if let Some(stored) = state.sessions.edit(session) {
        stored.events.push(event);
    }
}
