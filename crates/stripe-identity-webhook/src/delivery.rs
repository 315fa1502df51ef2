use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::value::RawValue;
use stripe_identity_types::{Event, EventId, ObjectType, ThinEvent, each_field, escape_invalid_utf8};

use crate::error::{NotAnEventReason, WebhookError};

/// What a webhook delivers.
///
/// Boxed, since an event is large and goes from hand to hand.
///
/// # Deduplication
///
/// Stripe delivers an event again until it gets a 2xx, for up to three days, and sometimes after it got one. The same event
/// always has the same [`id`](Self::id). Deduplication is the caller's, because only the caller's database can make an effect
/// exactly once: the id must be committed in the same transaction as the effect. A memory of ids that commits separately
/// loses the effect after a crash between the two, or makes it twice.
///
/// ```sql
/// CREATE TABLE webhook_events (id TEXT PRIMARY KEY);
///
/// BEGIN;
/// INSERT INTO webhook_events (id) VALUES (:id) ON CONFLICT (id) DO NOTHING;
/// -- If the statement inserted a row, make the effect here, such as:
/// UPDATE accounts SET verified = TRUE WHERE session = :session;
/// COMMIT;
/// -- Respond with 2xx after the commit, or with 5xx if anything failed.
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// An event with a snapshot of the object that it happened to.
    Event(Box<Event>),
    /// An event that leaves the object to be fetched.
    ThinEvent(Box<ThinEvent>),
}

/// The fields of an object, as they came. Of a key that comes twice the last counts; one that is no text is left out.
fn fields(json: &str) -> Option<BTreeMap<String, &RawValue>> {
    let mut fields = BTreeMap::new();
    let walked = each_field(json, |key, value| {
        if let Ok(key) = std::str::from_utf8(key) {
            fields.insert(key.to_owned(), value);
        }
    });
    walked.ok().map(|()| fields)
}

/// An object without those of its fields, and of theirs, that do not read. `None` if the id is among them, or is blank.
fn what_reads<T: DeserializeOwned>(mut fields: BTreeMap<String, &RawValue>) -> Option<Box<T>> {
    let id = fields.remove("id")?;
    if serde_json::from_str::<EventId>(id.get()).is_ok_and(|id| is_blank(&id)) {
        return None;
    }
    // Any id will do here, and the real one may be long.
    let reads = |name: &str, value: &RawValue| {
        let json = format!(r#"{{"id":"-",{}:{}}}"#, Value::from(name), value.get());
        serde_json::from_str::<T>(&json).is_ok()
    };
    let mut kept = BTreeMap::from([("id".to_owned(), id.to_owned())]);
    for (name, value) in fields {
        let mut value = value.to_owned();
        if !reads(&name, &value) {
            let Some(mut parts) = self::fields(value.get()) else { continue };
            parts.retain(|part, value| {
                let part = format!("{{{}:{}}}", Value::from(part.as_str()), value.get());
                RawValue::from_string(part).is_ok_and(|part| reads(&name, &part))
            });
            match serde_json::value::to_raw_value(&parts) {
                Ok(parts) if reads(&name, &parts) => value = parts,
                _ => continue,
            }
        }
        kept.insert(name, value);
    }
    serde_json::from_str(&serde_json::to_string(&kept).ok()?).ok()
}

/// Whether it would be the same for every event that came without an id.
fn is_blank(id: &EventId) -> bool {
    id.as_str().trim().is_empty()
}

/// The two kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryKind {
    /// With a snapshot.
    Event,
    /// Without.
    ThinEvent,
}

impl Delivery {
    /// Reads a payload that was [verified](crate::Verifier::verify), or that need not be.
    ///
    /// An event of a type that has no name here is read as any other, and so is one whose object is not what it should be.
    /// A field of the event itself that does not read counts as absent; only the id, which must not be blank, and the kind must
    /// be there. The objects in it may be any [`Json`](stripe_identity_types::Json), and need not be valid UTF-8; of a payload
    /// with more than some thousands of invalid bytes, nothing is read. A byte order mark at the beginning is skipped.
    ///
    /// # Errors
    /// [`NotJson`](WebhookError::NotJson), or [`NotAnEvent`](WebhookError::NotAnEvent).
    pub fn from_slice(payload: &[u8]) -> Result<Self, WebhookError> {
        Self::from_text(&escape_invalid_utf8(payload))
    }

    fn from_text(json: &str) -> Result<Self, WebhookError> {
        // Most are events with a snapshot, so that is tried first, in one go; a thin one is small.
        match serde_json::from_str::<Event>(json) {
            Ok(event) if event.object == ObjectType::Event && !is_blank(&event.id) => Ok(Self::Event(Box::new(event))),
            _ => Self::from_text_with_care(json),
        }
    }

    /// Takes of the payload what reads: of another API version, a field may be of another form.
    fn from_text_with_care(json: &str) -> Result<Self, WebhookError> {
        let not_an_event = |reason| WebhookError::NotAnEvent { reason };
        serde_json::from_str::<IgnoredAny>(json).map_err(|_| WebhookError::NotJson)?;
        let fields = fields(json).ok_or(not_an_event(NotAnEventReason::NotAnObject))?;
        let object = fields.get("object").filter(|object| object.get() != "null");
        let object = object.ok_or(not_an_event(NotAnEventReason::MissingObject))?;
        let delivery = match serde_json::from_str(object.get()) {
            Ok(ObjectType::Event) => what_reads(fields).map(Self::Event),
            Ok(ObjectType::ThinEvent) => what_reads(fields).map(Self::ThinEvent),
            _ => return Err(not_an_event(NotAnEventReason::OtherObject)),
        };
        delivery.ok_or(not_an_event(NotAnEventReason::MissingId))
    }

    /// Reads what a cloud delivers in place of a webhook: an envelope of Amazon `EventBridge` (the event is its `detail`) or of
    /// Azure Event Grid (`data`), or a bare event. There is no signature; the cloud vouches for it.
    ///
    /// # Errors
    /// As for [`from_slice`](Self::from_slice).
    pub fn from_cloud(payload: &[u8]) -> Result<Self, WebhookError> {
        let json = escape_invalid_utf8(payload);
        let is_json = serde_json::from_str::<IgnoredAny>(&json).is_ok();
        let mut fields = fields(&json).filter(|_| is_json).unwrap_or_default();
        fields.retain(|_, value| value.get() != "null");
        let is_cloud_event = fields.contains_key("specversion");
        let event = match fields.get("detail") {
            // An event has a `data` of its own.
            _ if fields.contains_key("object") => None,
            None => fields.get("data").filter(|_| is_cloud_event),
            detail => detail,
        };
        Self::from_text(event.map_or(&json, |event| event.get()))
    }

    /// The event's id. The same event, delivered twice, has the same id.
    pub fn id(&self) -> &EventId {
        match self {
            Self::Event(event) => &event.id,
            Self::ThinEvent(event) => &event.id,
        }
    }

    /// The type, as text.
    pub fn type_(&self) -> &str {
        match self {
            Self::Event(event) => event.type_.as_str(),
            Self::ThinEvent(event) => event.type_.as_str(),
        }
    }

    /// Whether the type has a name in this crate.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Event(event) => event.type_.is_known(),
            Self::ThinEvent(event) => event.type_.is_known(),
        }
    }

    /// Which of the two kinds it is.
    pub fn kind(&self) -> DeliveryKind {
        match self {
            Self::Event(_) => DeliveryKind::Event,
            Self::ThinEvent(_) => DeliveryKind::ThinEvent,
        }
    }
}
