//! Events: what happened to an object.

pub(crate) mod list;
pub(crate) mod thin;

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::expandable::has_id;
use crate::id::{AccountId, EventId, VerificationSessionId};
use crate::json::{Json, each_field, escape_invalid_utf8};
use crate::lenient::null_as_default;
use crate::maps::{empty_map, refuse_numbers};
use crate::object_type::{ObjectType, own};
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;
use crate::sensitive::debug_fields;
use crate::session::VerificationSession;
use crate::timestamp::Timestamp;

/// An event of the v1 API, with a snapshot of the object that it happened to.
///
/// In Stripe's API, this is the object `event`.
///
/// Webhooks deliver it more than once and in any order. Stripe keeps it for 30 days.
///
/// ```
/// use stripe_identity_types::{Event, EventType};
///
/// let event: Event = serde_json::from_str(
///     r#"{"id": "evt_1", "type": "identity.verification_session.verified", "created": 1793000000, "data": {"object":
///         {"id": "vs_1", "object": "identity.verification_session", "status": "verified"}}}"#,
/// )?;
/// match event.type_ {
///     EventType::VerificationSessionVerified => {
///         let session = event.verification_session().expect("the snapshot above is a session");
///         assert_eq!(session.id, "vs_1");
///     }
///     _ => {}
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct Event {
    /// The event's id, `evt_…`. It is the same in each delivery of the event.
    pub id: EventId,
    /// Always [`ObjectType::Event`].
    #[serde(default, deserialize_with = "own::event", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// The connected account that it happened on. Absent if it happened on your own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The API version of the snapshot, which may differ from the version of your calls.
    #[serde(default)]
    pub api_version: Option<String>,
    /// The context that it happened in: account ids joined by `/`, for the header `Stripe-Context`.
    /// Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// When the event happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The object that the event happened to.
    #[serde(default, deserialize_with = "null_as_default")]
    pub data: EventData,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// The number of webhook endpoints that have not confirmed the event yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_webhooks: Option<i64>,
    /// The request that caused the event. Absent if none did.
    #[serde(default, deserialize_with = "request")]
    pub request: Option<EventRequest>,
    /// The type of the event, which says what happened.
    #[doc(alias = "type")]
    #[serde(
        rename = "type",
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "EventType::is_absent"
    )]
    pub type_: EventType,
}

debug_fields!(Event { id, object, account, created, data, livemode, pending_webhooks, request, type_ } codes { api_version, context } hidden {});

impl Event {
    /// Creates an event that has only an id, for tests and for servers that stand in for Stripe.
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

    /// Returns whether the models follow the API version of the snapshot.
    ///
    /// They do if the version has the same release as [`API_VERSION`](crate::API_VERSION). The
    /// release is the part after the date, such as `endive`. Preview versions must match exactly. A
    /// version that is absent or has no release does not match.
    ///
    /// A snapshot of another version may still parse: unknown values are kept and unknown keys
    /// ignored.
    pub fn is_compatible(&self) -> bool {
        self.api_version.as_deref().is_some_and(|version| are_compatible(version, crate::API_VERSION))
    }

    /// Parses the snapshot as a session. Returns `None` if it is of another object, or does not
    /// parse.
    ///
    /// Fields that the model does not have may hold anything, even what a
    /// [`Value`](serde_json::Value) can't hold.
    #[inline]
    pub fn verification_session(&self) -> Option<VerificationSession> {
        self.verification_session_id()?;
        self.data.object.expose().parse().ok()
    }

    /// Returns the id of the session in the snapshot, even if the rest of the session does not
    /// parse. Returns `None` if the snapshot is of another object.
    pub fn verification_session_id(&self) -> Option<VerificationSessionId> {
        let json = escape_invalid_utf8(self.data.object.expose().as_bytes());
        let (mut object, mut id) = (None, None);
        each_field(&json, |key, value| match key {
            b"object" => object = serde_json::from_str::<ObjectType>(value.get()).ok(),
            b"id" => id = serde_json::from_str(value.get()).ok(),
            _ => {}
        })
        .ok()?;
        id.filter(|_| object == Some(ObjectType::VerificationSession))
    }
}

fn are_compatible(version: &str, ours: &str) -> bool {
    match (version.split_once('.'), ours.split_once('.')) {
        (Some((_, "preview")), _) | (_, Some((_, "preview"))) => version == ours,
        (Some((_, release)), Some((_, our_release))) => release == our_release,
        _ => false,
    }
}

has_id!(Event, EventId);

/// The object that an event happened to.
///
/// In Stripe's API, this is the field `data` of an event.
///
/// ```
/// use stripe_identity_types::{Event, Json};
///
/// let mut event = Event::new("evt_1");
/// event.data.object =
///     Json::from(serde_json::json!({"id": "vs_1", "object": "identity.verification_session"})).into();
/// assert_eq!(event.verification_session_id().unwrap(), "vs_1");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EventData {
    /// A snapshot of the object, in the API version of the event, whether or not it parses as a
    /// model.
    pub object: Sensitive<Json>,
    /// The previous values of the fields that changed. Absent unless the event is about an update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_attributes: Option<Sensitive<Json>>,
}

/// The request that caused an event.
///
/// In Stripe's API, this is the field `request` of an event.
///
/// Events of API versions until 2017 have the id in place of this object. Such an id parses as a
/// request that has only an id.
///
/// ```
/// use stripe_identity_types::Event;
///
/// let event: Event = serde_json::from_str(r#"{"id": "evt_1", "request": {"id": "req_1"}}"#)?;
/// assert_eq!(event.request.and_then(|request| request.id).as_deref(), Some("req_1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EventRequest {
    /// The request's id, `req_…`. Absent if Stripe caused the event without a request.
    pub id: Option<String>,
    /// The idempotency key of the request. Absent if it had none.
    pub idempotency_key: Option<Sensitive<String>>,
}

debug_fields!(EventRequest { idempotency_key } codes { id } hidden {});

/// Parses a request, or its id alone, which events of old API versions have instead.
fn request<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EventRequest>, D::Error> {
    struct IdOrRequest(EventRequest);
    struct EitherForm;

    impl<'de> Deserialize<'de> for IdOrRequest {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(EitherForm).map(Self)
        }
    }

    impl<'de> Visitor<'de> for EitherForm {
        type Value = EventRequest;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a request or its id")
        }

        fn visit_str<E>(self, id: &str) -> Result<EventRequest, E> {
            Ok(EventRequest { id: Some(id.to_owned()), idempotency_key: None })
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EventRequest, A::Error> {
            EventRequest::deserialize(MapAccessDeserializer::new(map))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<EventRequest, A::Error> {
            self.visit_map(empty_map(seq)?)
        }

        refuse_numbers!();
    }

    Ok(Option::<IdOrRequest>::deserialize(deserializer)?.map(|IdOrRequest(request)| request))
}

open_enum! {
    /// The type of an [`Event`]. Stripe has far more types than this crate has names for.
    pub enum EventType {
        /// A file was created.
        FileCreated = "file.created",
        /// A session was canceled, or a session that required input is being redacted.
        VerificationSessionCanceled = "identity.verification_session.canceled",
        /// A session was created.
        VerificationSessionCreated = "identity.verification_session.created",
        /// The user has submitted, and the checks are running.
        VerificationSessionProcessing = "identity.verification_session.processing",
        /// The redaction of a session is complete. Stripe delivers this event only to endpoints that
        /// name its type in `enabled_events`. `*` does not include it.
        VerificationSessionRedacted = "identity.verification_session.redacted",
        /// A try has failed, and the session waits for another one.
        VerificationSessionRequiresInput = "identity.verification_session.requires_input",
        /// A session was verified.
        VerificationSessionVerified = "identity.verification_session.verified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_one_release_are_compatible() {
        for (version, compatible) in [
            ("2026-10-28.endive", true),
            ("2026-11-30.endive", true),
            ("2026-09-30.dahlia", false),
            ("2026-10-28.preview", false),
            ("2020-08-27", false),
            ("", false),
            (".endive.x", false),
        ] {
            assert_eq!(are_compatible(version, "2026-10-28.endive"), compatible, "{version}");
        }
        assert!(are_compatible("2026-10-28.preview", "2026-10-28.preview"));
        assert!(!are_compatible("2026-11-28.preview", "2026-10-28.preview"));
        assert!(!are_compatible("2020-08-27", "2020-08-27"));
        assert!(!Event::new("evt_1").is_compatible());
    }
}
