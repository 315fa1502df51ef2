use serde::{Deserialize, Serialize};

use crate::expandable::HasId;
use crate::id::EventId;
use crate::json::Json;
use crate::lenient::null_as_default;
use crate::object_type::{ObjectType, own};
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;

/// Something that happened, without a snapshot: it says what it happened to and leaves the rest to be fetched.
///
/// A webhook delivers it (as a notification); fetched by its id, it also has [`changes`](Self::changes).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct ThinEvent {
    /// The event's id, `evt_…`. The same event, delivered twice, has the same id.
    pub id: EventId,
    /// Always [`ObjectType::ThinEvent`].
    #[serde(default, deserialize_with = "own::thin_event", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// What changed. Only in a fetched event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Sensitive<Json>>,
    /// The context that it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When it happened, as RFC 3339 writes it: `2026-10-29T09:11:00.123Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Why it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ThinEventReason>,
    /// What it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_object: Option<RelatedObject>,
    /// The id of the [`Event`](crate::Event) with a snapshot that says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_event: Option<EventId>,
    /// What happened.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "ThinEventType::is_absent"
    )]
    pub type_: ThinEventType,
}

impl HasId for ThinEvent {
    type Id = EventId;

    fn id(&self) -> &EventId {
        &self.id
    }
}

/// Why an event happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ThinEventReason {
    /// The request that made it happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<ThinEventRequest>,
    /// The kind of reason.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        deserialize_with = "null_as_default",
        skip_serializing_if = "ThinEventReasonType::is_absent"
    )]
    pub type_: ThinEventReasonType,
}

/// The request that made an event happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ThinEventRequest {
    /// Its request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Sensitive<String>>,
}

open_enum! {
    /// The kind of reason that an event has.
    pub enum ThinEventReasonType {
        /// A request made it happen.
        Request = "request",
    }
}

/// The object that an event happened to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct RelatedObject {
    /// Its id; absent for what there is only one of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its kind.
    #[doc(alias = "type")]
    #[serde(rename = "type", deserialize_with = "null_as_default", skip_serializing_if = "ObjectType::is_absent")]
    pub type_: ObjectType,
    /// The path to fetch it from. Hidden in `Debug`, since a query may name a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Sensitive<String>>,
}

open_enum! {
    /// What happened, in an event without a snapshot. There are far more than have a name here.
    pub enum ThinEventType {
        /// A file was made.
        FileCreated = "v1.file.created",
        /// A session was canceled.
        VerificationSessionCanceled = "v1.identity.verification_session.canceled",
        /// A session was created.
        VerificationSessionCreated = "v1.identity.verification_session.created",
        /// A user has submitted, and the checks are running.
        VerificationSessionProcessing = "v1.identity.verification_session.processing",
        /// A session's redaction is done.
        VerificationSessionRedacted = "v1.identity.verification_session.redacted",
        /// A try has failed, and the session waits for another.
        VerificationSessionRequiresInput = "v1.identity.verification_session.requires_input",
        /// A session was verified.
        VerificationSessionVerified = "v1.identity.verification_session.verified",
    }
}
