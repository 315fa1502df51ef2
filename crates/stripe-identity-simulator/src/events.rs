//! What happened, as snapshots.

use std::time::Duration;

use serde_json::{Map, Value};
use stripe_identity_core::types::{
    API_VERSION, AccountId, Event, EventRequest, EventType, ListEvents, Sensitive, Timestamp,
};

use crate::endpoints::View;
use crate::expand::to_json;
use crate::form::Form;
use crate::ids::Ids;
use crate::refusal::Refusal;
use crate::sessions::has_passed;
use crate::store::{Page, Record, Store};
use crate::thin_events;

const LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Debug)]
pub(crate) struct StoredEvent {
    account: Option<String>,
    event: Event,
}

impl Record for StoredEvent {
    const NAME: &'static str = "event";
    const PARAM: &'static str = "id";

    fn id(&self) -> &str {
        self.event.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

impl StoredEvent {
    pub(crate) fn event(&self) -> &Event {
        &self.event
    }

    fn is_gone(&self, now: Timestamp) -> bool {
        self.event.created.is_some_and(|created| has_passed(LIFE, created, now))
    }
}

/// Notes that something happened to an object, which is given as it is now.
pub(crate) fn record(
    events: &mut Store<StoredEvent>,
    type_: EventType,
    object: Value,
    account: Option<&str>,
    request: Option<EventRequest>,
    now: Timestamp,
    ids: &mut Ids,
) {
    let mut event = Event::new(ids.id("evt_"));
    event.account = account.map(AccountId::new);
    event.api_version = Some(API_VERSION.to_owned());
    event.created = Some(now);
    event.livemode = Some(false);
    event.pending_webhooks = Some(0);
    event.request = Some(request.unwrap_or_default());
    event.type_ = type_;
    event.data.object = Sensitive::new(object.into());
    events.insert(StoredEvent { account: account.map(str::to_owned), event });
}

/// Takes the personal data out of the snapshots of a session.
pub(crate) fn redact(events: &mut Store<StoredEvent>, session: &str) {
    for stored in events.iter_mut() {
        let Some(object) = stored.event.data.object.expose().value().filter(|object| object["id"] == session) else {
            continue;
        };
        let mut object = object.clone();
        object["metadata"] = Value::Object(Map::new());
        if let Some(Value::Object(details)) = object.get_mut("provided_details") {
            details.values_mut().for_each(|detail| *detail = Value::from("[redacted]"));
        }
        stored.event.data.object = Sensitive::new(object.into());
    }
}

pub(crate) fn retrieve(events: &Store<StoredEvent>, id: &str, view: &View<'_>) -> Result<Value, Refusal> {
    let stored = events.find(id, view.account)?;
    if stored.is_gone(view.now) {
        return Err(Refusal::not_found(StoredEvent::PARAM, StoredEvent::NAME, id));
    }
    Ok(to_json(&stored.event))
}

pub(crate) fn retrieve_thin(events: &Store<StoredEvent>, id: &str, view: &View<'_>) -> Result<Value, Refusal> {
    let unknown = || Refusal::not_found(StoredEvent::PARAM, StoredEvent::NAME, id);
    let snapshot = thin_events::snapshot_id(id).ok_or_else(unknown)?;
    let stored = events.get(&snapshot, view.account).filter(|stored| !stored.is_gone(view.now));
    stored.map(|stored| thin_events::fetched(&stored.event)).ok_or_else(unknown)
}

pub(crate) fn list(
    events: &Store<StoredEvent>,
    mut form: Form,
    view: &View<'_>,
) -> Result<(Vec<Value>, bool), Refusal> {
    let page = Page::parse(&mut form)?;
    let mut filter = ListEvents::new();
    filter.delivery_success = form.boolean("delivery_success")?;
    filter.type_ = form.text("type")?;
    filter.types = form.texts("types")?.map(|types| types.into_iter().map(EventType::from).collect());
    form.finish()?;
    if filter.type_.is_some() && filter.types.is_some() {
        return Err(Refusal::exclusive("type", "types"));
    }
    if filter.types.as_ref().is_some_and(|types| types.len() > 20) {
        return Err(Refusal::invalid("types", "Invalid types: at most 20"));
    }
    let (records, has_more) = events.page(&page, view.account, |stored| {
        let event = &stored.event;
        !stored.is_gone(view.now)
            && page.is_created(event.created.unwrap_or(Timestamp::from_secs(0)))
            // No webhook is there to refuse anything.
            && filter.delivery_success != Some(false)
            && filter.type_.as_deref().is_none_or(|pattern| matches(pattern, event.type_.as_str()))
            && filter.types.as_ref().is_none_or(|types| types.contains(&event.type_))
    })?;
    Ok((records.into_iter().map(|stored| to_json(&stored.event)).collect(), has_more))
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let text = "identity.verification_session.verified";
        for pattern in [text, "*", "identity.*", "*.verified", "identity.*.verified", "*session*", "**"] {
            assert!(matches(pattern, text), "{pattern}");
        }
        for pattern in
            ["", "identity", "*.canceled", "identity.*.x", "verified*", "identity.verification_session.verified.*"]
        {
            assert!(!matches(pattern, text), "{pattern}");
        }
    }
}
