use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient::null_as_default;
use crate::open_enum::open_enum;
use crate::{AccountId, EventId, HasId, ObjectType, Sensitive, Timestamp, VerificationSession};

/// Something that happened, with a snapshot of the object that it happened to. Stripe keeps it for 30 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The event's id, `evt_…`. The same event, delivered twice, has the same id.
    pub id: EventId,
    /// Always [`ObjectType::Event`].
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// The connected account that it happened on; absent if it was your own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The API version that the snapshot was made in, which may be another than that of your calls.
    #[serde(default)]
    pub api_version: Option<String>,
    /// The context that it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// What it happened to.
    #[serde(default, deserialize_with = "null_as_default")]
    pub data: EventData,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// How many webhooks have still to take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_webhooks: Option<i64>,
    /// The request that made it happen; absent if none did.
    #[serde(default)]
    pub request: Option<EventRequest>,
    /// What happened.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "EventType::is_absent"
    )]
    pub type_: EventType,
}

impl Event {
    /// An event of which nothing but the id is known, to start from in tests and servers.
    pub fn new(id: impl Into<EventId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::Event,
            account: None,
            api_version: None,
            context: None,
            created: None,
            data: EventData::default(),
            livemode: None,
            pending_webhooks: None,
            request: None,
            type_: EventType::default(),
        }
    }

    /// The snapshot as a session; `None` if it is of something else, or does not read as one.
    pub fn verification_session(&self) -> Option<VerificationSession> {
        let object = self.data.object.expose();
        let is_session = object.get("object")?.as_str()? == ObjectType::VerificationSession.as_str();
        is_session.then(|| VerificationSession::deserialize(object).ok()).flatten()
    }
}

impl HasId for Event {
    type Id = EventId;

    fn id(&self) -> &EventId {
        &self.id
    }
}

impl From<&Event> for EventId {
    fn from(event: &Event) -> Self {
        event.id.clone()
    }
}

/// What an event happened to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventData {
    /// The object as it was then, in the form of the event's API version, whether or not it reads as a model.
    pub object: Sensitive<Value>,
    /// What those of its fields that changed were before; only for updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_attributes: Option<Sensitive<Map<String, Value>>>,
}

/// The request that made an event happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventRequest {
    /// Its request id; absent if Stripe did it by itself.
    pub id: Option<String>,
    /// Its idempotency key.
    pub idempotency_key: Option<Sensitive<String>>,
}

open_enum! {
    /// What happened. There are far more than have a name here.
    pub enum EventType {
        /// A file was made.
        FileCreated = "file.created",
        /// A session was canceled.
        VerificationSessionCanceled = "identity.verification_session.canceled",
        /// A session was created.
        VerificationSessionCreated = "identity.verification_session.created",
        /// A user has submitted, and the checks are running.
        VerificationSessionProcessing = "identity.verification_session.processing",
        /// A session's redaction is done.
        VerificationSessionRedacted = "identity.verification_session.redacted",
        /// A try has failed, and the session waits for another.
        VerificationSessionRequiresInput = "identity.verification_session.requires_input",
        /// A session was verified.
        VerificationSessionVerified = "identity.verification_session.verified",
    }
}
