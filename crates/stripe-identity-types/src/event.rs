pub(crate) mod list;
pub(crate) mod thin;

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::expandable::HasId;
use crate::id::{AccountId, EventId, VerificationSessionId};
use crate::json::{Json, each_field, escape_invalid_utf8};
use crate::lenient::null_as_default;
use crate::maps::{empty_map, refuse_numbers};
use crate::object_type::{ObjectType, own};
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;
use crate::session::VerificationSession;
use crate::timestamp::Timestamp;

/// Something that happened, with a snapshot of the object that it happened to. Stripe keeps it for 30 days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct Event {
    /// The event's id, `evt_…`. The same event, delivered twice, has the same id.
    pub id: EventId,
    /// Always [`ObjectType::Event`].
    #[serde(default, deserialize_with = "own::event", skip_serializing_if = "ObjectType::is_absent")]
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
    #[serde(default, deserialize_with = "request")]
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

    /// Whether the snapshot is of an API version that the models follow: one of the same release as
    /// [`API_VERSION`](crate::API_VERSION), which is what comes after the date. Of a preview, it must be the very same; without
    /// a version, or without a release in it, it is not.
    ///
    /// One that is not may still read well: what is unknown is kept or ignored.
    pub fn is_compatible(&self) -> bool {
        self.api_version.as_deref().is_some_and(|version| are_compatible(version, crate::API_VERSION))
    }

    /// The snapshot as a session; `None` if it is of something else, or does not read as one.
    ///
    /// What the model does not know may be anything, even what a [`Value`](serde_json::Value) can't hold.
    pub fn verification_session(&self) -> Option<VerificationSession> {
        self.verification_session_id()?;
        self.data.object.expose().parse().ok()
    }

    /// The id of the session that the snapshot is of, even if the rest of it can't be read.
    pub(crate) fn verification_session_id(&self) -> Option<VerificationSessionId> {
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
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EventData {
    /// The object as it was then, in the form of the event's API version, whether or not it reads as a model.
    pub object: Sensitive<Json>,
    /// What those of its fields that changed were before; only for updates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_attributes: Option<Sensitive<Json>>,
}

/// The request that made an event happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(default)]
#[non_exhaustive]
pub struct EventRequest {
    /// Its request id; absent if Stripe did it by itself.
    pub id: Option<String>,
    /// Its idempotency key.
    pub idempotency_key: Option<Sensitive<String>>,
}

/// Reads a request, or its id alone, which is what events of old API versions have in its place.
fn request<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EventRequest>, D::Error> {
    struct IdOrRequest;

    impl<'de> Visitor<'de> for IdOrRequest {
        type Value = Option<EventRequest>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a request, its id, or null")
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }

        fn visit_str<E>(self, id: &str) -> Result<Self::Value, E> {
            Ok(Some(EventRequest { id: Some(id.to_owned()), idempotency_key: None }))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            EventRequest::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            self.visit_map(empty_map(seq)?)
        }

        refuse_numbers!();
    }

    deserializer.deserialize_option(IdOrRequest)
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
