use serde_json::{Value, json};
use stripe_identity_webhook::types::{EventType, SessionState, SessionView, ThinEventType, Timestamp};
use stripe_identity_webhook::{Delivery, DeliveryKind, NotAnEventReason, Signer, WebhookError};

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

fn verify_and_parse(payload: &Value) -> Result<Delivery, WebhookError> {
    let (payload, header) = signed(payload);
    verifier().verify_delivery(&payload, Some(header.as_bytes()))
}

#[test]
fn snapshot_event_is_verified_and_parsed() {
    let (payload, header) = signed(&snapshot());
    let event = verifier().verify_event(&payload, Some(header.as_bytes())).unwrap();
    assert_eq!(event.type_, EventType::VerificationSessionRequiresInput);
    assert_eq!(event.verification_session().unwrap().state(), SessionState::NotStarted);
    assert_eq!(event.data.previous_attributes.as_ref().unwrap().expose().get("status").unwrap(), "processing");
    assert!(event.is_compatible());
    let found = DeliveryKind::Event;
    let error = verifier().verify_thin_event(&payload, Some(header.as_bytes())).unwrap_err();
    assert_eq!(error, WebhookError::WrongKind { found });
    assert!(error.to_string().contains("`verify_event`"));
}

#[test]
fn thin_event_is_verified_and_parsed() {
    let (payload, header) = signed(&thin());
    let event = verifier().verify_thin_event(&payload, Some(header.as_bytes())).unwrap();
    assert_eq!(event.type_, ThinEventType::VerificationSessionVerified);
    assert_eq!(event.related_object.unwrap().id.as_deref(), Some("vs_1"));
    let error = verifier().verify_event(&payload, Some(header.as_bytes())).unwrap_err();
    assert_eq!(error, WebhookError::WrongKind { found: DeliveryKind::ThinEvent });
    assert!(error.to_string().contains("`verify_thin_event`"));
}

#[test]
fn unknown_types_and_unparsable_objects_are_delivered() {
    let mut event = snapshot();
    event["type"] = "identity.verification_session.escalated".into();
    event["data"]["object"] = json!({"id": 5, "object": ["nonsense"]});
    event["new_field"] = json!({"a": 1});
    let Delivery::Event(event) = verify_and_parse(&event).unwrap() else { panic!("it is an event") };
    assert_eq!((event.type_.as_str(), event.type_.is_known()), ("identity.verification_session.escalated", false));
    assert_eq!((event.verification_session(), event.data.object.expose().get("id")), (None, Some(&json!(5))));

    let mut event = thin();
    event["type"] = "v9.something".into();
    event["related_object"] = Value::Null;
    let event = verify_and_parse(&event).unwrap();
    assert_eq!((event.type_(), event.is_known(), event.id().as_str()), ("v9.something", false, "evt_test_1"));
}

#[test]
fn match_on_type_dispatches_every_event() {
    let dispatch = |delivery: &Delivery| match delivery {
        Delivery::Event(event) => match &event.type_ {
            EventType::VerificationSessionVerified => "snapshot",
            type_ if type_.as_str() == "something.new" => "new",
            type_ if type_.is_known() => "known",
            _ => "unknown",
        },
        Delivery::ThinEvent(event) => match event.type_ {
            ThinEventType::VerificationSessionVerified => "thin",
            _ => "other thin",
        },
    };
    for (object, type_, arm, is_known) in [
        ("event", "identity.verification_session.verified", "snapshot", true),
        ("v2.core.event", "v1.identity.verification_session.verified", "thin", true),
        ("event", "something.new", "new", false),
        ("event", "something.else", "unknown", false),
        ("event", "file.created", "known", true),
        ("event", "charge.succeeded", "unknown", false),
        ("v2.core.event", "v9.something", "other thin", false),
    ] {
        let delivery = verify_and_parse(&json!({"id": "evt_1", "object": object, "type": type_})).unwrap();
        assert_eq!((dispatch(&delivery), delivery.is_known()), (arm, is_known), "{type_}");
        assert_eq!(delivery.type_(), type_);
    }
}

#[test]
fn redelivery_passes_with_the_same_id() {
    let verifier = verifier();
    for event in [snapshot(), thin()] {
        // Stripe signs each delivery anew, and an intermediary may repeat one as it is.
        let (payload, header) = signed(&event);
        let later = Signer::new(SECRET).unwrap().sign(&payload, Timestamp::from_secs(NOW + 1));
        let id = |header: &str| verifier.verify_delivery(&payload, Some(header.as_bytes())).unwrap().id().clone();
        assert_eq!([id(&header), id(&header), id(&later)], [(); 3].map(|()| event["id"].as_str().unwrap()));
    }
}

#[test]
fn field_of_unexpected_form_counts_as_absent() {
    let mut event = snapshot();
    event["request"] = 5.into();
    event["created"] = "today".into();
    let Delivery::Event(event) = verify_and_parse(&event).unwrap() else { panic!("it is an event") };
    assert_eq!((&event.request, event.created), (&None, None));
    assert_eq!(event.verification_session().unwrap().id, "vs_1");

    // The other fields of an object with such a field are kept.
    let mut event = snapshot();
    event["data"]["previous_attributes"] = json!([]);
    let Delivery::Event(event) = verify_and_parse(&event).unwrap() else { panic!("it is an event") };
    assert!(event.verification_session().is_some());
    assert_eq!(event.data.previous_attributes.unwrap().expose().as_bytes(), b"[]");
    let mut event = thin();
    event["related_object"]["id"] = 5.into();
    let Delivery::ThinEvent(event) = verify_and_parse(&event).unwrap() else { panic!("it is a thin event") };
    let related = event.related_object.unwrap();
    assert!(related.id.is_none() && related.url.is_some());

    let mut event = thin();
    event["reason"] = json!(["nonsense"]);
    assert!(matches!(verify_and_parse(&event), Ok(Delivery::ThinEvent(event)) if event.reason.is_none()));
}

#[test]
fn invalid_payload_is_not_json_or_not_an_event_with_a_reason() {
    for (payload, reason) in [
        (json!([]), NotAnEventReason::NotAnObject),
        (json!("event"), NotAnEventReason::NotAnObject),
        (json!(null), NotAnEventReason::NotAnObject),
        (json!(["evt_1", "event"]), NotAnEventReason::NotAnObject),
        (json!({}), NotAnEventReason::MissingObject),
        (json!({"id": "evt_1"}), NotAnEventReason::MissingObject),
        (json!({"id": "evt_1", "object": null, "type": "file.created"}), NotAnEventReason::MissingObject),
        (json!({"id": "vs_1", "object": "identity.verification_session"}), NotAnEventReason::OtherObject),
        (json!({"id": "evt_1", "object": 5}), NotAnEventReason::OtherObject),
        (json!({"id": "evt_1", "object": ["event"]}), NotAnEventReason::OtherObject),
        (json!({"object": "event"}), NotAnEventReason::MissingId),
        (json!({"object": "v2.core.event", "id": null}), NotAnEventReason::MissingId),
        (json!({"object": "event", "id": 5}), NotAnEventReason::MissingId),
        (json!({"object": "event", "id": {"robin": 1}}), NotAnEventReason::MissingId),
        // A program that deduplicates by the id would take all of these for one event.
        (json!({"object": "event", "id": ""}), NotAnEventReason::MissingId),
        (json!({"object": "event", "id": " \t\u{a0}\n", "type": "file.created"}), NotAnEventReason::MissingId),
        (json!({"object": "event", "id": "", "created": "today"}), NotAnEventReason::MissingId),
        (json!({"object": "v2.core.event", "id": ""}), NotAnEventReason::MissingId),
        (json!({"object": "v2.core.event", "id": "\u{3000}", "reason": 5}), NotAnEventReason::MissingId),
    ] {
        let error = verify_and_parse(&payload).unwrap_err();
        assert_eq!(error, WebhookError::NotAnEvent { reason }, "{payload}");
        let names = match reason {
            NotAnEventReason::NotAnObject => "a JSON object",
            NotAnEventReason::MissingObject => "`object` is missing",
            NotAnEventReason::OtherObject => "`object` is neither",
            _ => "`id` is missing",
        };
        assert!(error.to_string().contains(names), "{error}");
        // The envelope of a cloud gives the same error.
        assert_eq!(Delivery::from_envelope(payload.to_string().as_bytes()), Err(error.clone()), "{payload}");
        let detail = json!({"detail": payload});
        if !payload.is_null() {
            assert_eq!(Delivery::from_envelope(detail.to_string().as_bytes()), Err(error), "{detail}");
        }
    }
    for payload in [&b""[..], b"{", b"<html>", b"\xff", b"{\"id\": \"evt_1\", \"object\": \"event\"} x"] {
        let header = Signer::new(SECRET).unwrap().sign(payload, Timestamp::from_secs(NOW));
        assert_eq!(verifier().verify_delivery(payload, Some(header.as_bytes())), Err(WebhookError::NotJson));
    }
}

#[test]
fn unverified_payload_is_not_parsed() {
    let (payload, _) = signed(&snapshot());
    let header = Signer::new("whsec_other").unwrap().sign(&payload, Timestamp::from_secs(NOW));
    let no_match = || WebhookError::NoMatch { padded_secret: false };
    assert_eq!(verifier().verify_delivery(&payload, Some(header.as_bytes())).unwrap_err(), no_match());
    assert_eq!(verifier().verify_event(b"not JSON", Some(header.as_bytes())).unwrap_err(), no_match());
}

#[test]
fn cloud_envelopes_are_opened() {
    let from_envelope = |payload: Value| Delivery::from_envelope(payload.to_string().as_bytes());
    for event in [snapshot(), thin()] {
        let bare = from_envelope(event.clone()).unwrap();
        assert_eq!(
            from_envelope(json!({"version": "0", "source": "aws.partner/stripe.com", "detail": event})).unwrap(),
            bare
        );
        assert_eq!(from_envelope(json!({"specversion": "1.0", "id": "1", "data": event})).unwrap(), bare);
    }
    // Neither an event, even with the fields of an envelope, nor a list is an envelope.
    let mut event = snapshot();
    event["detail"] = thin();
    event["specversion"] = "1.0".into();
    assert_eq!(from_envelope(event).unwrap().id().as_str(), "evt_1");
    let not_an_event = |reason| WebhookError::NotAnEvent { reason };
    let list = from_envelope(json!([snapshot(), null, null, null]));
    assert_eq!(list.unwrap_err(), not_an_event(NotAnEventReason::NotAnObject));
    for (payload, reason) in [
        (json!({"detail": {}}), NotAnEventReason::MissingObject),
        (json!({"data": snapshot()}), NotAnEventReason::MissingObject),
        (json!({"detail": "x"}), NotAnEventReason::NotAnObject),
        (json!({"specversion": "1.0"}), NotAnEventReason::MissingObject),
        (json!({"specversion": "1.0", "detail": null, "data": []}), NotAnEventReason::NotAnObject),
    ] {
        assert_eq!(from_envelope(payload.clone()).unwrap_err(), not_an_event(reason), "{payload}");
    }
    assert_eq!(Delivery::from_envelope(br#"{"detail": {}} x"#).unwrap_err(), WebhookError::NotJson);
    assert_eq!(Delivery::from_envelope(b"x").unwrap_err(), WebhookError::NotJson);
}

#[test]
fn delivery_debug_hides_payload() {
    let mut event = snapshot();
    event["data"]["object"]["client_reference_id"] = "robin".into();
    event["data"]["previous_attributes"] = json!({"provided_details": {"email": "robin@example.test"}});
    event["request"] = json!({"id": "req_1", "idempotency_key": "robin"});
    let shown = format!("{:?}", verify_and_parse(&event).unwrap());
    assert!(!shown.contains("robin"), "{shown}");
}

/// JSON that a `Value` cannot hold.
fn junk() -> Vec<Vec<u8>> {
    let deep = [b"[".repeat(1000), b"]".repeat(1000)].concat();
    let deep_maps = [br#"{"a":"#.repeat(1000), b"1".to_vec(), b"}".repeat(1000)].concat();
    let texts: [&[u8]; 7] = [
        br#""\ud800""#,
        br#"["\udfff\ud83d"]"#,
        b"1e400",
        b"-1e999",
        b"\"\xff\"",
        b"\"\\ud83d\xff\xf0\x9f\"",
        b"{\"\xc3\":1}",
    ];
    texts.iter().map(|text| text.to_vec()).chain([deep, deep_maps]).collect()
}

/// Replaces `JUNK` in an event by junk, and delivers it signed, bare and in each envelope.
fn delivered(event: &str, junk: &[u8]) -> Delivery {
    let (before, after) = event.split_once("JUNK").unwrap();
    let payload = [before.as_bytes(), junk, after.as_bytes()].concat();
    let shown = String::from_utf8_lossy(&payload).into_owned();
    let header = Signer::new(SECRET).unwrap().sign(&payload, Timestamp::from_secs(NOW));
    let delivery = verifier()
        .verify_delivery(&payload, Some(header.as_bytes()))
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(Delivery::from_envelope(&payload).as_ref(), Ok(&delivery), "{shown}");
    for (before, after) in [("{\"detail\":", "}"), ("{\"specversion\":\"1.0\",\"data\":", "}")] {
        let envelope = [before.as_bytes(), &payload, after.as_bytes()].concat();
        assert_eq!(Delivery::from_envelope(&envelope).as_ref(), Ok(&delivery), "{shown}");
    }
    delivery
}

const SNAPSHOT: &str =
    r#"{"id":"evt_1","object":"event","type":"identity.verification_session.verified","created":1793000000"#;

#[test]
fn event_with_any_json_in_its_objects_is_delivered() {
    // With serde_json's `arbitrary_precision`, a `Value` holds any number, and stores it as such.
    let has_no_value = |junk: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(junk).is_err();
    for junk in junk().into_iter().filter(has_no_value) {
        let event = format!(r#"{SNAPSHOT},"data":{{"object":JUNK}}}}"#);
        let Delivery::Event(event) = delivered(&event, &junk) else { panic!("it is an event") };
        assert_eq!(event.data.object.expose().as_bytes(), junk);
        assert_eq!(event.type_, EventType::VerificationSessionVerified);

        let session = r#""id":"vs_1","object":"identity.verification_session","status":"verified""#;
        let event = format!(r#"{SNAPSHOT},"data":{{"object":{{{session},"new":JUNK}},"previous_attributes":null}}}}"#);
        let Delivery::Event(event) = delivered(&event, &junk) else { panic!("it is an event") };
        let object = [&b"{"[..], session.as_bytes(), b",\"new\":", &junk, b"}"].concat();
        assert_eq!(event.data.object.expose().as_bytes(), object);
        assert_eq!(event.verification_session().unwrap().state(), SessionState::Verified);
        assert_eq!(SessionView::from_event(&event).unwrap().state, SessionState::Verified);

        let event = format!(r#"{SNAPSHOT},"data":{{"object":{{{session}}},"previous_attributes":JUNK}}}}"#);
        let Delivery::Event(event) = delivered(&event, &junk) else { panic!("it is an event") };
        assert_eq!(event.data.previous_attributes.as_ref().unwrap().expose().as_bytes(), junk);
        assert!(event.verification_session().is_some());

        let thin = r#"{"id":"evt_1","object":"v2.core.event","type":"v9.new","changes":JUNK,"livemode":true}"#;
        let Delivery::ThinEvent(event) = delivered(thin, &junk) else { panic!("it is a thin event") };
        assert_eq!(event.changes.unwrap().expose().as_bytes(), junk);
    }
}

#[test]
fn event_with_any_json_in_other_fields_is_delivered() {
    for junk in junk() {
        for event in [
            format!(r#"{SNAPSHOT},"new":JUNK,"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"data":{{"new":JUNK}},"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"request":{{"id":"req_1","new":[JUNK]}},"livemode":true}}"#),
            // These fields count as absent.
            format!(r#"{SNAPSHOT},"api_version":JUNK,"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"account":JUNK,"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"data":JUNK,"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"request":JUNK,"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"request":{{"id":"req_1","idempotency_key":JUNK}},"livemode":true}}"#),
        ] {
            let Delivery::Event(read) = delivered(&event, &junk) else { panic!("it is an event") };
            assert_eq!((read.id.as_str(), read.livemode), ("evt_1", Some(true)), "{event}");
            assert_eq!(read.created, Some(Timestamp::from_secs(1_793_000_000)), "{event}");
            if event.contains("req_1") {
                assert_eq!(read.request.unwrap().id.as_deref(), Some("req_1"), "{event}");
            }
        }
        for field in ["new", "created", "related_object", "reason", "snapshot_event", "context"] {
            let event = format!(r#"{{"id":"evt_1","{field}":JUNK,"object":"v2.core.event","livemode":true}}"#);
            let Delivery::ThinEvent(read) = delivered(&event, &junk) else { panic!("it is a thin event") };
            assert_eq!((read.id.as_str(), read.livemode), ("evt_1", Some(true)), "{event}");
        }
    }
}

#[test]
fn event_with_any_key_is_delivered() {
    for junk in [&br#""\ud800""#[..], b"\"\xff\"", br#""\udc00\ud83d""#] {
        for event in [
            format!(r#"{SNAPSHOT},JUNK:1,"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"data":{{JUNK:1,"object":{{"id":"vs_1"}}}},"livemode":true}}"#),
            format!(r#"{SNAPSHOT},"data":{{"object":{{"id":"vs_1",JUNK:1}}}},"livemode":true}}"#),
            format!(
                r#"{SNAPSHOT},"livemode":true,"data":{{"object":
                {{"id":"vs_1","object":"identity.verification_session",JUNK:1}}}}}}"#
            ),
            format!(r#"{SNAPSHOT},"request":{{"id":"req_1",JUNK:{{}}}},"livemode":true}}"#),
        ] {
            let Delivery::Event(read) = delivered(&event, junk) else { panic!("it is an event") };
            assert_eq!(read.livemode, Some(true), "{event}");
            assert_eq!(read.data.object.expose().as_bytes() == b"null", !event.contains("vs_1"), "{event}");
            assert_eq!(read.request.is_some(), event.contains("req_1"), "{event}");
            let is_session = event.contains("identity.verification_session\",");
            assert_eq!(read.verification_session().is_some(), is_session, "{event}");
        }
    }
}

#[test]
fn byte_order_mark_is_skipped() {
    for event in [snapshot(), thin()] {
        let event = event.to_string();
        let with_mark = format!("\u{feff}{event}");
        let delivery = Delivery::from_slice(event.as_bytes()).unwrap();
        assert_eq!(Delivery::from_slice(with_mark.as_bytes()).as_ref(), Ok(&delivery));
        let envelope = format!("\u{feff}{{\"detail\":{event}}}");
        for payload in [&with_mark, &envelope] {
            assert_eq!(Delivery::from_envelope(payload.as_bytes()).as_ref(), Ok(&delivery));
        }
        // The signature covers the bytes that came over the wire.
        let header = Signer::new(SECRET).unwrap().sign(with_mark.as_bytes(), Timestamp::from_secs(NOW));
        assert_eq!(verifier().verify_delivery(with_mark.as_bytes(), Some(header.as_bytes())), Ok(delivery));
        assert!(verifier().verify_delivery(event.as_bytes(), Some(header.as_bytes())).is_err());
    }
    assert_eq!(Delivery::from_slice(b"\xef\xbb\xbf"), Err(WebhookError::NotJson));
}

#[test]
fn delivered_event_round_trips_through_json() {
    // With serde_json's `arbitrary_precision`, a `Value` holds any number, and stores it as such.
    let has_no_value = |junk: &Vec<u8>| serde_json::from_slice::<serde_json::Value>(junk).is_err();
    for junk in junk().into_iter().filter(has_no_value) {
        let event = format!(r#"{SNAPSHOT},"data":{{"object":JUNK}}}}"#);
        let Delivery::Event(event) = delivered(&event, &junk) else { panic!("it is an event") };
        let stored = serde_json::to_value(&event).unwrap();
        let Ok(Delivery::Event(back)) = Delivery::from_slice(stored.to_string().as_bytes()) else { panic!("{stored}") };
        assert_eq!((back.data.object.expose().as_bytes(), &back), (&junk[..], &event));
    }
}

#[test]
fn last_of_duplicate_keys_counts() {
    let event =
        format!(r#"{SNAPSHOT},"livemode":false,"livemode":true,"data":{{"object":1,"object":JUNK}},"id":"evt_2"}}"#);
    let Delivery::Event(event) = delivered(&event, b"2") else { panic!("it is an event") };
    assert_eq!((event.id.as_str(), event.livemode), ("evt_2", Some(true)));
    assert_eq!(event.data.object.expose().as_bytes(), b"2");
}

#[test]
fn deep_nesting_is_valid_json() {
    for depth in [100, 127, 128, 129, 10_000] {
        let deep = ["[".repeat(depth), "]".repeat(depth)].concat();
        assert_eq!(
            Delivery::from_slice(deep.as_bytes()),
            Err(WebhookError::NotAnEvent { reason: NotAnEventReason::NotAnObject })
        );
        let deep = format!("{}1{}", r#"{"object":"#.repeat(depth), "}".repeat(depth));
        assert_eq!(
            Delivery::from_slice(deep.as_bytes()),
            Err(WebhookError::NotAnEvent { reason: NotAnEventReason::OtherObject })
        );
        assert_eq!(Delivery::from_slice(&deep.as_bytes()[1..]), Err(WebhookError::NotJson));
    }
}

#[test]
fn old_and_stored_shapes_are_parsed() {
    let mut event = snapshot();
    event["request"] = "req_1".into();
    event["created"] = json!(1_793_000_000.75);
    event["data"]["object"]["metadata"] = json!([]);
    event["data"]["object"]["last_verification_report"] = json!({"document": {"status": "verified"}});
    let Delivery::Event(event) = verify_and_parse(&event).unwrap() else { panic!("it is an event") };
    assert_eq!(event.request.as_ref().unwrap().id.as_deref(), Some("req_1"));
    assert_eq!(event.created, Some(Timestamp::from_secs(1_793_000_000)));
    let session = event.verification_session().unwrap();
    assert!(session.metadata.is_empty() && session.last_verification_report.is_none());

    let mut thin = thin();
    thin["related_object"]["url"] = "/v1/files/file_1?expand[]=links".into();
    let Delivery::ThinEvent(thin) = verify_and_parse(&thin).unwrap() else { panic!("it is a thin event") };
    assert_eq!(thin.related_object.unwrap().url, Some("/v1/files/file_1?expand[]=links".into()));
}
