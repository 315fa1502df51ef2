//! Thin events. Each one belongs to a snapshot event, and leaves out the object.

use serde::Deserialize;
use serde_json::{Value, json};
use stripe_identity_core::types::ObjectType;

use crate::world::record::event::StoredEvent;
use crate::world::show::v2_time;

const PREFIX: &str = "evt_test_6";

/// The fields of an object that a thin event contains. Ids and types contain no escape sequences.
#[derive(Default, Deserialize)]
struct Related<'a> {
    id: &'a str,
    object: &'a str,
}

/// Returns the thin event of a snapshot event, as a webhook delivers it.
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

/// Returns the thin event of a snapshot event, as the API returns it.
pub(crate) fn fetched(event: &StoredEvent) -> Value {
    let mut thin = notification(event);
    thin["changes"] = json!({"before": {}, "after": {}});
    thin
}

fn id_of(event: &StoredEvent) -> String {
    event.id.replacen("evt_", PREFIX, 1)
}

/// Returns the id of the snapshot event that a thin event belongs to.
pub(crate) fn snapshot_id(thin: &str) -> Option<String> {
    thin.strip_prefix(PREFIX).map(|rest| format!("evt_{rest}"))
}
