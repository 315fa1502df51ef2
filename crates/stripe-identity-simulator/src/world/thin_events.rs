//! The thin events that go with the snapshots: the same things happened, and the object is left out.

use serde::Deserialize;
use serde_json::{Value, json};
use stripe_identity_core::types::ObjectType;

use crate::world::record::event::StoredEvent;
use crate::world::show::v2_time;

const PREFIX: &str = "evt_test_6";

/// What a thin event says of an object. Ids and types have nothing to unescape.
#[derive(Default, Deserialize)]
struct Related<'a> {
    id: &'a str,
    object: &'a str,
}

/// The thin event for a snapshot, as a webhook delivers it.
pub(crate) fn notification(event: &StoredEvent) -> Value {
    let Related { id, object: type_ } = serde_json::from_str(event.object.expose().get()).unwrap_or_default();
    let path =
        if type_ == ObjectType::VerificationSession.as_str() { "identity/verification_sessions" } else { "files" };
    let mut thin = json!({
        "id": id_of(event),
        "object": ObjectType::ThinEvent.as_str(),
        "type": format!("v1.{}", event.type_),
        "livemode": false,
        "created": v2_time(event.created),
        "related_object": {"id": id, "type": type_, "url": format!("/v1/{path}/{id}")},
        "snapshot_event": event.id,
    });
    if let Some(account) = &event.account {
        thin["context"] = json!(account);
    }
    if let Some(request) = event.request.as_ref().filter(|request| request.id.is_some()) {
        thin["reason"] = json!({"type": "request", "request": request});
    }
    thin
}

/// The same as it is when it is fetched.
pub(crate) fn fetched(event: &StoredEvent) -> Value {
    let mut thin = notification(event);
    thin["changes"] = json!({"before": {}, "after": {}});
    thin
}

fn id_of(event: &StoredEvent) -> String {
    event.id.replacen("evt_", PREFIX, 1)
}

/// The id of the snapshot that a thin event goes with.
pub(crate) fn snapshot_id(thin: &str) -> Option<String> {
    thin.strip_prefix(PREFIX).map(|rest| format!("evt_{rest}"))
}
