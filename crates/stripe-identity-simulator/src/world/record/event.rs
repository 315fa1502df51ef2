use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use stripe_identity_core::types::{API_VERSION, EventRequest, EventType, ObjectType, Sensitive, Timestamp};

use crate::world::rows::Kind;
use crate::world::show::under;
use crate::world::store::{Record, fill_time, unknown_time};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredEvent {
    pub(crate) id: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<Box<str>>,
    #[serde(rename = "type")]
    pub(crate) type_: EventType,
    #[serde(default = "unknown_time")]
    pub(crate) created: Timestamp,
    /// The number of deliveries that have not arrived.
    #[serde(default)]
    pub(crate) pending_webhooks: u32,
    /// The request that caused the event, or `None` if no request did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<Box<EventRequest>>,
    /// The object at the time of the event. Its URL is a path.
    #[serde(deserialize_with = "object")]
    pub(crate) object: Sensitive<Box<RawValue>>,
}

/// The deepest nesting of the object. Stripe's objects are far less deep, and a [`Value`] can be parsed up to this
/// depth.
const DEEPEST: usize = 100;

/// Deserializes the object. It must be a JSON object, since events show its fields.
fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sensitive<Box<RawValue>>, D::Error> {
    let object = Box::<RawValue>::deserialize(deserializer)?;
    if object.get().starts_with('{') && depth(object.get()) <= DEEPEST {
        return Ok(Sensitive::new(object));
    }
    Err(D::Error::custom(format_args!("expected an object that is nested at most {DEEPEST} levels deep")))
}

/// Returns the depth of valid JSON.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut is_in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b'{' | b'[' if !is_in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !is_in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl Record for StoredEvent {
    const KIND: Kind = Kind::Event;
    const NAME: &'static str = "event";
    const PARAM: &'static str = "id";

    fn id(&self) -> &str {
        &self.id
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn complete(&mut self, now: Timestamp) {
        fill_time(&mut self.created, now);
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("type", self.type_.as_str());
        each("delivery_success", if self.pending_webhooks == 0 { "true" } else { "false" });
    }
}

/// A snapshot event, as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct Snapshot<'a> {
    id: &'a str,
    object: ObjectType,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    pub(crate) api_version: &'a str,
    created: Timestamp,
    data: Data<'a>,
    livemode: bool,
    pending_webhooks: u32,
    request: Request<'a>,
    #[serde(rename = "type")]
    type_: &'a EventType,
}

/// The request that caused an event. If there was none, its fields are null.
#[derive(Debug, Default, Serialize)]
struct Request<'a> {
    id: Option<&'a str>,
    idempotency_key: Option<&'a Sensitive<String>>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    object: Sensitive<Object<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Object<'a> {
    Text(&'a RawValue),
    Value(Value),
}

impl StoredEvent {
    /// Returns the snapshot event.
    pub(crate) fn snapshot(&self, base_url: &str) -> Snapshot<'_> {
        Snapshot {
            id: &self.id,
            object: ObjectType::Event,
            account: self.account(),
            api_version: API_VERSION,
            created: self.created,
            data: Data { object: Sensitive::new(self.shown_object(base_url)) },
            livemode: false,
            pending_webhooks: self.pending_webhooks,
            request: self.request.as_deref().map_or(Request::default(), |request| Request {
                id: request.id.as_deref(),
                idempotency_key: request.idempotency_key.as_ref(),
            }),
            type_: &self.type_,
        }
    }

    fn shown_object(&self, base_url: &str) -> Object<'_> {
        let text = self.object.expose();
        // The objects of other events have no URL.
        if self.type_ == EventType::FileCreated
            && let Ok(mut object) = serde_json::from_str::<Value>(text.get())
        {
            if let Some(Value::String(url)) = object.get_mut("url") {
                *url = under(base_url, url);
            }
            return Object::Value(object);
        }
        Object::Text(text)
    }

    /// Changes the object of the snapshot.
    pub(crate) fn change_object(&mut self, change: impl FnOnce(&mut Value)) {
        let Ok(mut object) = serde_json::from_str(self.object.expose().get()) else { return };
        change(&mut object);
        if let Ok(object) = to_raw_value(&object) {
            self.object = Sensitive::new(object);
        }
    }
}
