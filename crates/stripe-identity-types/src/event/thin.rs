use serde::{Deserialize, Serialize};

use crate::date_time::DateTime;
use crate::expandable::has_id;
use crate::id::EventId;
use crate::json::Json;
use crate::lenient::{invalid_as_absent, null_as_default};
use crate::object_type::{ObjectType, own};
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;

/// An event of the v2 API, which names the object that it happened to and has no snapshot of it.
///
/// A webhook delivers it as a notification. An event that is fetched by its id also has
/// [`changes`](Self::changes).
///
/// ```
/// use stripe_identity_types::{ThinEvent, ThinEventType};
///
/// let event: ThinEvent = serde_json::from_str(
///     r#"{"id": "evt_1", "object": "v2.core.event", "type": "v1.identity.verification_session.verified",
///         "created": "2026-10-29T09:11:00.123Z",
///         "related_object": {"id": "vs_1", "type": "identity.verification_session"}}"#,
/// )?;
/// match event.type_ {
///     ThinEventType::VerificationSessionVerified => {
///         let session = event.related_object.and_then(|object| object.id);
///         assert_eq!(session.as_deref(), Some("vs_1"));
///     }
///     _ => {}
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct ThinEvent {
    /// The event's id, `evt_…`. It is the same when an event is delivered again.
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
    /// When it happened. [`DateTime::timestamp`] parses it.
    #[serde(default, deserialize_with = "invalid_as_absent", skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Why it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ThinEventReason>,
    /// The object that it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_object: Option<RelatedObject>,
    /// The id of the [`Event`](crate::Event) that reports the same with a snapshot.
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

has_id!(ThinEvent, EventId);

/// Why an event happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ThinEventReason {
    /// The request that caused the event.
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

/// The request that caused an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ThinEventRequest {
    /// The request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The idempotency key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Sensitive<String>>,
}

open_enum! {
    /// The kind of reason that an event has.
    pub enum ThinEventReasonType {
        /// A request caused the event.
        Request = "request",
    }
}

/// The object that an event happened to.
///
/// ```
/// use stripe_identity_types::{ObjectType, RelatedObject};
///
/// let object: RelatedObject =
///     serde_json::from_str(r#"{"id": "vs_1", "type": "identity.verification_session"}"#)?;
/// if object.type_ == ObjectType::VerificationSession {
///     println!("fetch session {:?}", object.id);
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct RelatedObject {
    /// The object's id. Absent for an object that exists only once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The object's kind.
    #[doc(alias = "type")]
    #[serde(rename = "type", deserialize_with = "null_as_default", skip_serializing_if = "ObjectType::is_absent")]
    pub type_: ObjectType,
    /// The path to fetch the object from. Hidden in `Debug`, since a query may name a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Sensitive<String>>,
}

open_enum! {
    /// The type of a thin event. Stripe has far more types than this crate has names for.
    pub enum ThinEventType {
        /// A file was created.
        FileCreated = "v1.file.created",
        /// A session was canceled.
        VerificationSessionCanceled = "v1.identity.verification_session.canceled",
        /// A session was created.
        VerificationSessionCreated = "v1.identity.verification_session.created",
        /// The user has submitted, and the checks are running.
        VerificationSessionProcessing = "v1.identity.verification_session.processing",
        /// The redaction of a session is complete.
        VerificationSessionRedacted = "v1.identity.verification_session.redacted",
        /// A try has failed, and the session waits for another one.
        VerificationSessionRequiresInput = "v1.identity.verification_session.requires_input",
        /// A session was verified.
        VerificationSessionVerified = "v1.identity.verification_session.verified",
    }
}
