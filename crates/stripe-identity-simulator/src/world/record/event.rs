use serde_json::Value;
use stripe_identity_core::types::{Event, Sensitive, Timestamp};

use crate::world::show::{to_json, under};
use crate::world::store::Record;
use crate::world::thin_events;

#[derive(Debug)]
pub(crate) struct StoredEvent {
    pub(crate) account: Option<String>,
    /// The URL of its object is a path.
    pub(crate) event: Event,
}

impl Record for StoredEvent {
    const KIND: &'static str = "event";
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
    pub(crate) fn created(&self) -> Timestamp {
        self.event.created.unwrap_or(Timestamp::from_secs(0))
    }

    /// Whether it has arrived at every endpoint that it was to be delivered to.
    pub(crate) fn is_delivered(&self) -> bool {
        self.event.pending_webhooks.is_none_or(|pending| pending == 0)
    }

    /// Returns the event with its snapshot.
    pub(crate) fn snapshot(&self, base_url: &str) -> Value {
        let mut event = to_json(&self.event);
        if let Some(Value::String(url)) = event.pointer_mut("/data/object/url") {
            *url = under(base_url, url);
        }
        event
    }

    /// Returns the thin event as a webhook delivers it.
    pub(crate) fn notification(&self) -> Value {
        thin_events::notification(&self.event)
    }

    /// Returns the thin event as it is when it is fetched.
    pub(crate) fn thin(&self) -> Value {
        thin_events::fetched(&self.event)
    }

    /// Changes the object of the snapshot.
    pub(crate) fn change_object(&mut self, change: impl FnOnce(&mut Value)) {
        let Some(object) = self.event.data.object.expose().value() else { return };
        let mut object = object.clone();
        change(&mut object);
        self.event.data.object = Sensitive::new(object.into());
    }
}
