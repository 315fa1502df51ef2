//! The thin events that go with the snapshots: the same things happened, and the object is left out.

use serde_json::{Value, json};
use stripe_identity_core::types::{Event, ObjectType, Timestamp};

const PREFIX: &str = "evt_test_6";

/// The thin event for a snapshot, as a webhook delivers it.
pub(crate) fn notification(event: &Event) -> Value {
    let object = event.data.object.expose();
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (id, type_) = (text("id"), text("object"));
    let path =
        if type_ == ObjectType::VerificationSession.as_str() { "identity/verification_sessions" } else { "files" };
    let mut thin = json!({
        "id": id_of(event),
        "object": ObjectType::ThinEvent.as_str(),
        "type": format!("v1.{}", event.type_),
        "livemode": false,
        "created": rfc3339(event.created.unwrap_or(Timestamp::from_secs(0))),
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
pub(crate) fn fetched(event: &Event) -> Value {
    let mut thin = notification(event);
    thin["changes"] = json!({"before": {}, "after": {}});
    thin
}

fn id_of(event: &Event) -> String {
    event.id.as_str().replacen("evt_", PREFIX, 1)
}

/// The id of the snapshot that a thin event goes with.
pub(crate) fn snapshot_id(thin: &str) -> Option<String> {
    thin.strip_prefix(PREFIX).map(|rest| format!("evt_{rest}"))
}

/// A time in UTC, as RFC 3339 writes it.
fn rfc3339(time: Timestamp) -> String {
    let (days, seconds) = (time.as_secs().div_euclid(86_400), time.as_secs().rem_euclid(86_400));
    // Eras of 400 years, each of the same number of days, that begin in March: so the leap day is the last of a year.
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.000Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_out() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"),
            (1_793_000_000, "2026-10-26T07:33:20.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::from_secs(seconds)), text);
        }
    }
}
