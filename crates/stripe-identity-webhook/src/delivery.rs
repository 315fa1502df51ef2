use serde::de::IgnoredAny;
use stripe_identity_types::{Event, EventId, ObjectType, ThinEvent, escape_invalid_utf8};

use crate::delivery_kind::DeliveryKind;
use crate::error::{NotAnEventReason, WebhookError};
use crate::lenient::{deserialize_leniently, is_blank, parse_fields};

/// An event, as a webhook delivers it.
///
/// Dispatch with a `match` on the event's type. Unknown types are delivered, too:
///
/// ```
/// use stripe_identity_webhook::Delivery;
/// use stripe_identity_webhook::types::EventType;
///
/// fn describe(delivery: &Delivery) -> String {
///     match delivery {
///         Delivery::Event(event) => match &event.type_ {
///             EventType::VerificationSessionVerified => "a user is verified".to_owned(),
///             EventType::VerificationSessionRequiresInput => "an attempt failed".to_owned(),
///             other => format!("ignored: {}", other.as_str()),
///         },
///         // It has no snapshot: fetch the object, then decide.
///         Delivery::ThinEvent(event) => format!("{} says that something happened", event.id),
///     }
/// }
///
/// let payload = br#"{"id": "evt_1", "object": "event", "type": "identity.verification_session.verified"}"#;
/// assert_eq!(describe(&Delivery::from_slice(payload)?), "a user is verified");
/// # Ok::<(), stripe_identity_webhook::WebhookError>(())
/// ```
///
/// # Deduplication
///
/// Stripe delivers an event again until it receives a 2xx, for up to three days, and sometimes after
/// that. Every delivery of an event has the same [`id`](Self::id).
///
/// Deduplication is the caller's task, because only the caller can make an effect exactly once: the
/// id must be committed in the same transaction as the effect. If the two commit separately, a crash
/// between them loses the effect, or makes it twice. No trait of this crate could join a transaction
/// that it does not know.
///
/// ```sql
/// CREATE TABLE webhook_events (id TEXT PRIMARY KEY);
///
/// BEGIN;
/// INSERT INTO webhook_events (id) VALUES (:id) ON CONFLICT (id) DO NOTHING;
/// -- Only if that inserted a row, make the effect here, such as:
/// UPDATE accounts SET verified = TRUE WHERE session = :session;
/// COMMIT;
/// -- After the commit, respond with 2xx. If anything failed, roll back and respond with 5xx.
/// ```
///
/// The example `webhook_axum` in the repository is a receiver that does so.
#[expect(
    clippy::exhaustive_enums,
    reason = "a receiver that lacks a kind of event must not compile: a wildcard would drop its deliveries"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Delivery {
    /// An event with a snapshot of its object. Boxed, because it is large.
    Event(Box<Event>),
    /// An event without a snapshot: its object has to be fetched.
    ThinEvent(Box<ThinEvent>),
}

impl Delivery {
    /// Parses a payload without verifying it, such as one from your own queue.
    ///
    /// The parser is tolerant:
    /// - A type that this crate does not name, and an object that its models cannot parse, are
    ///   delivered like any other.
    /// - A field of the event that has an unexpected form counts as absent. Only `object`, which
    ///   names the kind, and a non-blank `id` are required.
    /// - The objects in it may be any [`Json`](stripe_identity_types::Json), even with invalid
    ///   UTF-8. A payload with more than some thousands of invalid bytes is rejected.
    /// - A byte order mark at the beginning is skipped.
    ///
    /// # Errors
    ///
    /// Returns [`NotJson`](WebhookError::NotJson) or [`NotAnEvent`](WebhookError::NotAnEvent).
    pub fn from_slice(payload: &[u8]) -> Result<Self, WebhookError> {
        Self::from_text(&escape_invalid_utf8(payload))
    }

    fn from_text(json: &str) -> Result<Self, WebhookError> {
        // Most deliveries are valid events with a snapshot, so one pass usually suffices.
        match serde_json::from_str::<Event>(json) {
            Ok(event) if event.object == ObjectType::Event && !is_blank(&event.id) => Ok(Self::Event(Box::new(event))),
            _ => Self::from_text_leniently(json),
        }
    }

    /// Keeps what can be parsed: in another API version, a field may have another form.
    fn from_text_leniently(json: &str) -> Result<Self, WebhookError> {
        let not_an_event = |reason| WebhookError::NotAnEvent { reason };
        serde_json::from_str::<IgnoredAny>(json).map_err(|_| WebhookError::NotJson)?;
        let fields = parse_fields(json).ok_or(not_an_event(NotAnEventReason::NotAnObject))?;
        let object = fields.get("object").filter(|object| object.get() != "null");
        let object = object.ok_or(not_an_event(NotAnEventReason::MissingObject))?;
        let delivery = match serde_json::from_str(object.get()) {
            Ok(ObjectType::Event) => deserialize_leniently(fields).map(Self::Event),
            Ok(ObjectType::ThinEvent) => deserialize_leniently(fields).map(Self::ThinEvent),
            _ => return Err(not_an_event(NotAnEventReason::OtherObject)),
        };
        delivery.ok_or(not_an_event(NotAnEventReason::MissingId))
    }

    /// Parses an event in the envelope of a cloud: of Amazon `EventBridge`, which has the event in
    /// `detail`, or of Azure Event Grid, which has it in `data`. Parses a bare event too.
    ///
    /// Such a delivery has no signature. The access control of the cloud must ensure that it comes
    /// from Stripe.
    ///
    /// ```
    /// use stripe_identity_webhook::Delivery;
    ///
    /// let payload = br#"{"source": "aws.partner/stripe.com", "detail": {"id": "evt_1", "object": "event"}}"#;
    /// assert_eq!(Delivery::from_envelope(payload)?.id(), "evt_1");
    /// # Ok::<(), stripe_identity_webhook::WebhookError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`from_slice`](Self::from_slice).
    pub fn from_envelope(payload: &[u8]) -> Result<Self, WebhookError> {
        let json = escape_invalid_utf8(payload);
        let is_json = serde_json::from_str::<IgnoredAny>(&json).is_ok();
        let mut fields = parse_fields(&json).filter(|_| is_json).unwrap_or_default();
        fields.retain(|_, value| value.get() != "null");
        let is_cloud_event = fields.contains_key("specversion");
        let event = match fields.get("detail") {
            // A bare event, whose `data` is not that of an envelope.
            _ if fields.contains_key("object") => None,
            None => fields.get("data").filter(|_| is_cloud_event),
            detail => detail,
        };
        Self::from_text(event.map_or(&json, |event| event.get()))
    }

    /// Returns the event's id, which is the same in every delivery of the event.
    pub fn id(&self) -> &EventId {
        match self {
            Self::Event(event) => &event.id,
            Self::ThinEvent(event) => &event.id,
        }
    }

    /// Returns the event's type as text.
    pub fn type_(&self) -> &str {
        match self {
            Self::Event(event) => event.type_.as_str(),
            Self::ThinEvent(event) => event.type_.as_str(),
        }
    }

    /// Returns whether the event's type is a named variant of
    /// [`EventType`](stripe_identity_types::EventType) or
    /// [`ThinEventType`](stripe_identity_types::ThinEventType).
    pub fn is_known(&self) -> bool {
        match self {
            Self::Event(event) => event.type_.is_known(),
            Self::ThinEvent(event) => event.type_.is_known(),
        }
    }

    /// Returns the kind of the event.
    pub fn kind(&self) -> DeliveryKind {
        match self {
            Self::Event(_) => DeliveryKind::Event,
            Self::ThinEvent(_) => DeliveryKind::ThinEvent,
        }
    }
}
