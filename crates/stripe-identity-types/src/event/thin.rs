use serde::{Deserialize, Serialize};

use crate::date_time::DateTime;
use crate::expandable::has_id;
use crate::id::EventId;
use crate::json::Json;
use crate::lenient::{invalid_as_absent, null_as_default};
use crate::object_type::{ObjectType, own};
use crate::open_enum::open_enum;
use crate::sensitive::{Sensitive, debug_fields};

/// An event of the v2 API, which names the object that it happened to and has no snapshot of it.
///
/// In Stripe's API, this is the object `v2.core.event`.
///
/// A webhook delivers the event without its [`changes`](Self::changes). A request for the event by
/// its id returns them too.
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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct ThinEvent {
    /// The event's id, `evt_…`. It is the same in each delivery of the event.
    pub id: EventId,
    /// Always [`ObjectType::ThinEvent`].
    #[serde(default, deserialize_with = "own::thin_event", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// The values that changed. Absent in the event that a webhook delivers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Sensitive<Json>>,
    /// The context that it happened in: account ids joined by `/`, for the header `Stripe-Context` of
    /// requests for the event and its object. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When the event happened. [`DateTime::timestamp`] parses it. A value that is not text is
    /// absent.
    #[serde(default, deserialize_with = "invalid_as_absent", skip_serializing_if = "Option::is_none")]
    pub created: Option<DateTime>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The reason why the event happened. Absent if Stripe names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ThinEventReason>,
    /// The object that the event happened to. Absent if it happened to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_object: Option<RelatedObject>,
    /// The id of the [`Event`](crate::Event) that reports the same with a snapshot. Absent if there
    /// is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_event: Option<EventId>,
    /// The type of the event, which says what happened.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "ThinEventType::is_absent"
    )]
    pub type_: ThinEventType,
}

debug_fields!(ThinEvent { id, object, changes, created, livemode, reason, related_object, snapshot_event, type_ } codes { context } hidden {});

has_id!(ThinEvent, EventId);

/// The reason why an event happened.
///
/// In Stripe's API, this is the field `reason` of a thin event.
///
/// ```
/// use stripe_identity_types::{ThinEvent, ThinEventReasonType};
///
/// let event: ThinEvent = serde_json::from_str(
///     r#"{"id": "evt_1", "reason": {"type": "request", "request": {"id": "req_1"}}}"#,
/// )?;
/// let reason = event.reason.expect("the JSON above has a reason");
/// assert_eq!(reason.type_, ThinEventReasonType::Request);
/// assert_eq!(reason.request.and_then(|request| request.id).as_deref(), Some("req_1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ThinEventReason {
    /// The request that caused the event. Absent if none did.
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

/// The request that caused a thin event.
///
/// ```
/// use stripe_identity_types::ThinEventRequest;
///
/// let request: ThinEventRequest = serde_json::from_str(r#"{"id": "req_1", "idempotency_key": "attempt-7"}"#)?;
/// assert_eq!(request.idempotency_key.as_ref().map(|key| key.expose().as_str()), Some("attempt-7"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct ThinEventRequest {
    /// The request's id, `req_…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Sensitive<String>>,
}

debug_fields!(ThinEventRequest { idempotency_key } codes { id } hidden {});

open_enum! {
    /// The kind of reason that an event has.
    pub enum ThinEventReasonType {
        /// A request caused the event.
        Request = "request",
    }
}

/// The object that a thin event happened to.
///
/// In Stripe's API, this is the field `related_object` of a thin event.
///
/// ```
/// use stripe_identity_types::{ObjectType, RelatedObject};
///
/// let object: RelatedObject =
///     serde_json::from_str(r#"{"id": "vs_1", "type": "identity.verification_session"}"#)?;
/// if let (ObjectType::VerificationSession, Some(id)) = (&object.type_, &object.id) {
///     println!("retrieve session {id}");
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The path from which a request retrieves the object. Hidden in `Debug`, since a query may name
    /// a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Sensitive<String>>,
}

debug_fields!(RelatedObject { type_, url } codes { id } hidden {});

open_enum! {
    /// The type of a [`ThinEvent`]. Stripe has far more types than this crate has names for.
    pub enum ThinEventType {
        /// A file was created.
        FileCreated = "v1.file.created",
        /// A session was canceled, or a session that required input is being redacted.
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
