use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use stripe_identity_types::{Event, EventId, ObjectType, ThinEvent};

use crate::error::WebhookError;

/// What a webhook delivers.
///
/// Boxed, since an event is large and goes from hand to hand.
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// An event with a snapshot of the object that it happened to.
    Event(Box<Event>),
    /// An event that leaves the object to be fetched.
    ThinEvent(Box<ThinEvent>),
}

fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().first() == Some(&b'{')
}

/// An object without those of its fields, and of theirs, that do not read. `None` if the id is among them.
fn what_reads<T: DeserializeOwned>(mut fields: Map<String, Value>) -> Option<Box<T>> {
    let id = fields.remove("id")?;
    fields.retain(|name, value| {
        // Any id will do here, and the real one may be long.
        let reads = |value: &Value| T::deserialize(json!({"id": "-", name: value})).is_ok();
        if let (false, Value::Object(parts)) = (reads(value), &mut *value) {
            parts.retain(|part, value| reads(&json!({part: value})));
        }
        reads(value)
    });
    fields.insert("id".to_owned(), id);
    T::deserialize(Value::Object(fields)).ok().map(Box::new)
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
    /// A field of the event itself that does not read counts as absent; only the id and the kind must be there.
    ///
    /// # Errors
    /// [`NotJson`](WebhookError::NotJson), or [`NotAnEvent`](WebhookError::NotAnEvent).
    pub fn from_slice(payload: &[u8]) -> Result<Self, WebhookError> {
        // Most are events with a snapshot, so that is tried first, in one go; a thin one is small.
        match serde_json::from_slice::<Event>(payload) {
            // To serde, a list of all fields would be as good as an object.
            Ok(event) if is_object(payload) && event.object == ObjectType::Event => Ok(Self::Event(Box::new(event))),
            _ => Self::from_slice_with_care(payload),
        }
    }

    /// Takes of the payload what reads: of another API version, a field may be of another form.
    fn from_slice_with_care(payload: &[u8]) -> Result<Self, WebhookError> {
        let json: Value = serde_json::from_slice(payload).map_err(|_| WebhookError::NotJson)?;
        let Value::Object(fields) = json else { return Err(WebhookError::NotAnEvent) };
        let object = fields.get("object").and_then(Value::as_str).map(ObjectType::from);
        let delivery = match object {
            Some(ObjectType::Event) => what_reads(fields).map(Self::Event),
            Some(ObjectType::ThinEvent) => what_reads(fields).map(Self::ThinEvent),
            _ => None,
        };
        delivery.ok_or(WebhookError::NotAnEvent)
    }

    /// Reads what a cloud delivers in place of a webhook: an envelope of Amazon `EventBridge` (the event is its `detail`) or of
    /// Azure Event Grid (`data`), or a bare event. There is no signature; the cloud vouches for it.
    ///
    /// # Errors
    /// As for [`from_slice`](Self::from_slice).
    pub fn from_cloud(payload: &[u8]) -> Result<Self, WebhookError> {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            #[serde(borrow)]
            detail: Option<&'a RawValue>,
            #[serde(borrow)]
            data: Option<&'a RawValue>,
            specversion: Option<IgnoredAny>,
            object: Option<IgnoredAny>,
        }
        let inner = match serde_json::from_slice::<Envelope<'_>>(payload) {
            // An event has a `data` of its own.
            Ok(Envelope { object: Some(_), .. }) | Err(_) => None,
            Ok(_) if !is_object(payload) => None,
            Ok(envelope) => envelope.detail.or(envelope.data.filter(|_| envelope.specversion.is_some())),
        };
        Self::from_slice(inner.map_or(payload, |event| event.get().as_bytes()))
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
