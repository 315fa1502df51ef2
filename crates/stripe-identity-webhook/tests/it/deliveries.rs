use serde_json::{Value, json};
use stripe_identity_webhook::types::{EventType, SessionState, ThinEventType, Timestamp};
use stripe_identity_webhook::{Delivery, DeliveryKind, Signer, WebhookError};

use super::{NOW, SECRET, verifier};

fn snapshot() -> Value {
    json!({
        "id": "evt_1", "object": "event", "type": "identity.verification_session.requires_input",
        "api_version": "2026-10-28.endive", "created": 1_793_000_000, "request": null,
        "data": {
            "object": {"id": "vs_1", "object": "identity.verification_session", "status": "requires_input"},
            "previous_attributes": {"status": "processing"},
        },
    })
}

fn thin() -> Value {
    json!({
        "id": "evt_test_1", "object": "v2.core.event", "type": "v1.identity.verification_session.verified",
        "created": "2026-10-29T09:11:00.123Z", "livemode": false,
        "related_object": {"id": "vs_1", "type": "identity.verification_session",
                           "url": "/v1/identity/verification_sessions/vs_1"},
    })
}

fn signed(payload: &Value) -> (Vec<u8>, String) {
    let payload = payload.to_string().into_bytes();
    let header = Signer::new(SECRET).unwrap().sign(&payload, Timestamp::from_secs(NOW));
    (payload, header)
}

fn read(payload: &Value) -> Result<Delivery, WebhookError> {
    let (payload, header) = signed(payload);
    verifier().delivery(&payload, Some(header))
}

#[test]
fn an_event_with_a_snapshot() {
    let (payload, header) = signed(&snapshot());
    let event = verifier().event(&payload, Some(&header)).unwrap();
    assert_eq!(event.type_, EventType::VerificationSessionRequiresInput);
    assert_eq!(event.verification_session().unwrap().state(), SessionState::NotStarted);
    assert_eq!(event.data.previous_attributes.as_ref().unwrap().expose().get("status").unwrap(), "processing");
    assert!(event.is_compatible());
    let found = DeliveryKind::Event;
    let error = verifier().thin_event(&payload, Some(&header)).unwrap_err();
    assert_eq!(error, WebhookError::WrongKind { found });
    assert!(error.to_string().contains("`event`"));
}

#[test]
fn a_thin_event() {
    let (payload, header) = signed(&thin());
    let event = verifier().thin_event(&payload, Some(&header)).unwrap();
    assert_eq!(event.type_, ThinEventType::VerificationSessionVerified);
    assert_eq!(event.related_object.unwrap().id.as_deref(), Some("vs_1"));
    let error = verifier().event(&payload, Some(&header)).unwrap_err();
    assert_eq!(error, WebhookError::WrongKind { found: DeliveryKind::ThinEvent });
    assert!(error.to_string().contains("`thin_event`"));
}

#[test]
fn what_has_no_name_and_what_does_not_read_comes_through() {
    let mut event = snapshot();
    event["type"] = "identity.verification_session.escalated".into();
    event["data"]["object"] = json!({"id": 5, "object": ["nonsense"]});
    event["new_field"] = json!({"a": 1});
    let Delivery::Event(event) = read(&event).unwrap() else { panic!("it is an event") };
    assert_eq!((event.type_.as_str(), event.type_.is_known()), ("identity.verification_session.escalated", false));
    assert_eq!((event.verification_session(), event.data.object.expose().get("id")), (None, Some(&json!(5))));

    let mut event = thin();
    event["type"] = "v9.something".into();
    event["related_object"] = Value::Null;
    let event = read(&event).unwrap();
    assert_eq!((event.type_(), event.is_known(), event.id().as_str()), ("v9.something", false, "evt_test_1"));
}

#[test]
fn a_field_of_another_form_counts_as_absent() {
    // As in versions of long ago.
    let mut event = snapshot();
    event["request"] = "req_1".into();
    event["created"] = "today".into();
    let Delivery::Event(event) = read(&event).unwrap() else { panic!("it is an event") };
    assert_eq!((&event.request, event.created), (&None, None));
    assert_eq!(event.verification_session().unwrap().id, "vs_1");

    // What else is in an object that has such a field stays.
    let mut event = snapshot();
    event["data"]["previous_attributes"] = json!([]);
    let Delivery::Event(event) = read(&event).unwrap() else { panic!("it is an event") };
    assert!(event.verification_session().is_some());
    assert_eq!(event.data.previous_attributes.unwrap().expose().as_bytes(), b"[]");
    let mut event = thin();
    event["related_object"]["id"] = 5.into();
    let Delivery::ThinEvent(event) = read(&event).unwrap() else { panic!("it is a thin event") };
    let related = event.related_object.unwrap();
    assert!(related.id.is_none() && related.url.is_some());

    let mut event = thin();
    event["reason"] = json!(["nonsense"]);
    assert!(matches!(read(&event), Ok(Delivery::ThinEvent(event)) if event.reason.is_none()));
}

#[test]
fn what_is_no_event_is_told_from_what_is_no_json() {
    for payload in
        [json!({}), json!([]), json!("event"), json!(null), json!({"object": "event"}), json!({"id": "evt_1"})]
    {
        assert_eq!(read(&payload), Err(WebhookError::NotAnEvent), "{payload}");
    }
    assert_eq!(read(&json!(["evt_1", "event"])), Err(WebhookError::NotAnEvent));
    let session = json!({"id": "vs_1", "object": "identity.verification_session"});
    assert_eq!(read(&session), Err(WebhookError::NotAnEvent));
    for payload in [&b""[..], b"{", b"<html>", b"\xff", b"{\"id\": \"evt_1\", \"object\": \"event\"} x"] {
        let header = Signer::new(SECRET).unwrap().sign(payload, Timestamp::from_secs(NOW));
        assert_eq!(verifier().delivery(payload, Some(header)), Err(WebhookError::NotJson));
    }
}

#[test]
fn nothing_is_read_that_nobody_vouches_for() {
    let (payload, _) = signed(&snapshot());
    let header = Signer::new("whsec_other").unwrap().sign(&payload, Timestamp::from_secs(NOW));
    let no_match = || WebhookError::NoMatch { padded_secret: false };
    assert_eq!(verifier().delivery(&payload, Some(&header)).unwrap_err(), no_match());
    assert_eq!(verifier().event(b"not JSON", Some(&header)).unwrap_err(), no_match());
}

#[test]
fn clouds_put_events_into_envelopes() {
    let from_cloud = |payload: Value| Delivery::from_cloud(payload.to_string().as_bytes());
    for event in [snapshot(), thin()] {
        let bare = from_cloud(event.clone()).unwrap();
        assert_eq!(
            from_cloud(json!({"version": "0", "source": "aws.partner/stripe.com", "detail": event})).unwrap(),
            bare
        );
        assert_eq!(from_cloud(json!({"specversion": "1.0", "id": "1", "data": event})).unwrap(), bare);
    }
    // An event is no envelope, whatever fields it gets one day; and a list is none either.
    let mut event = snapshot();
    event["detail"] = thin();
    event["specversion"] = "1.0".into();
    assert_eq!(from_cloud(event).unwrap().id().as_str(), "evt_1");
    assert_eq!(from_cloud(json!([snapshot(), null, null, null])).unwrap_err(), WebhookError::NotAnEvent);
    for payload in
        [json!({"detail": {}}), json!({"data": snapshot()}), json!({"detail": "x"}), json!({"specversion": "1.0"})]
    {
        assert_eq!(from_cloud(payload.clone()).unwrap_err(), WebhookError::NotAnEvent, "{payload}");
    }
    assert_eq!(Delivery::from_cloud(b"x").unwrap_err(), WebhookError::NotJson);
}

#[test]
fn debug_shows_no_payload() {
    let mut event = snapshot();
    event["data"]["object"]["client_reference_id"] = "robin".into();
    event["data"]["previous_attributes"] = json!({"provided_details": {"email": "robin@example.test"}});
    event["request"] = json!({"id": "req_1", "idempotency_key": "robin"});
    let shown = format!("{:?}", read(&event).unwrap());
    assert!(!shown.contains("robin"), "{shown}");
}
