//! Tests the models with objects of old API versions, and with objects that programs in other
//! languages have stored.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stripe_identity_types::{
    Event, File, FileLink, LastErrorCode, List, SessionState, SessionView, ThinEvent, Timestamp, VerificationSession,
};

fn read<T: DeserializeOwned>(json: &Value) -> T {
    let from_value = serde_json::from_value(json.clone());
    let _: T = from_value.unwrap_or_else(|error| panic!("{json}: {error}"));
    serde_json::from_str(&json.to_string()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn refusal<T: DeserializeOwned>(json: &Value) -> String {
    serde_json::from_str::<T>(&json.to_string()).err().unwrap_or_else(|| panic!("{json} parsed")).to_string()
}

fn event(session: &Value) -> Value {
    json!({
        "id": "evt_1", "type": "identity.verification_session.requires_input", "created": 1_790_000_000,
        "data": {"object": session},
    })
}

fn failed_session() -> Value {
    json!({
        "id": "vs_1", "object": "identity.verification_session", "status": "requires_input",
        "last_error": {"code": "document_expired", "reason": "made up"},
    })
}

#[test]
fn request_id_parses_as_a_request() {
    let mut old = event(&failed_session());
    old["request"] = "req_1".into();
    let request = read::<Event>(&old).request.unwrap();
    assert_eq!((request.id.as_deref(), request.idempotency_key), (Some("req_1"), None));
    let events: List<Event> = read(&json!({"data": [old, event(&failed_session())]}));
    assert_eq!(events.data[0].request.as_ref().unwrap().id.as_deref(), Some("req_1"));
    // It is written in the current form.
    assert_eq!(serde_json::to_value(&events.data[0]).unwrap()["request"]["id"], "req_1");

    for (request, is_there) in [(json!(null), false), (json!({}), true), (json!([]), true), (json!({"id": null}), true)]
    {
        old["request"] = request;
        assert_eq!(read::<Event>(&old).request.is_some(), is_there);
    }
    for wrong in [json!(5), json!(["req_1"]), json!({"id": 5}), json!(true)] {
        old["request"] = wrong;
        refusal::<Event>(&old);
    }
}

#[test]
fn empty_arrays_parse_as_empty_maps() {
    let mut session = failed_session();
    for key in ["metadata", "options", "provided_details", "verified_outputs", "related_person"] {
        session[key] = json!([]);
    }
    let event: Event = read(&event(&session));
    let session = event.verification_session().unwrap();
    let SessionState::Failed { code, .. } = session.state() else { panic!("{session:?}") };
    assert_eq!(code, Some(LastErrorCode::DocumentExpired));
    assert!(session.metadata.is_empty() && session.options.is_some() && session.verified_outputs.is_some());
    let mut session = failed_session();
    session["metadata"] = json!(["a"]);
    assert!(!refusal::<VerificationSession>(&session).contains("\"a\""));
}

#[test]
fn expanded_object_without_an_id_is_absent() {
    let report = |id: Value| json!({"document": {"status": "verified"}, "id": id, "created": 1});
    for id in [json!(null), json!(""), json!(5), json!(["vr_1"]), json!({"id": "vr_1"}), json!(true)] {
        let mut session = failed_session();
        session["last_verification_report"] = report(id);
        let event: Event = read(&event(&session));
        assert!(event.verification_session().unwrap().last_verification_report.is_none());
        assert!(matches!(SessionView::from_event(&event).unwrap().state, SessionState::Failed { code: Some(_), .. }));
        assert!(read::<List<VerificationSession>>(&json!({"data": [session]})).data[0].last_error.is_some());
    }
    let mut session = failed_session();
    for report in [json!({"document": {"status": "verified"}}), json!({}), json!([])] {
        session["last_verification_report"] = report;
        assert!(read::<VerificationSession>(&session).last_verification_report.is_none());
    }
    for (link, is_there) in [
        (json!({"id": "file_1", "size": 5}), true),
        (json!({"size": 5}), false),
        (json!("file_1"), true),
        (json!(null), false),
    ] {
        let link: FileLink = read(&json!({"id": "link_1", "url": "https://x", "file": link}));
        assert_eq!((link.file.is_some(), link.url.is_some()), (is_there, true));
    }
    // With an id it parses, wherever the id is in the object.
    let report = r#"{"id": "vs_1", "last_verification_report": {"created": 1, "id": "vr_1", "type": "document"}}"#;
    let session: VerificationSession = serde_json::from_str(report).unwrap();
    let report = session.last_verification_report.unwrap();
    assert_eq!((report.id().as_str(), report.object().unwrap().created), ("vr_1", Some(Timestamp::from_secs(1))));
}

#[test]
fn expanded_object_with_another_defect_is_an_error() {
    for report in [
        json!({"id": "vr_1", "created": "today"}),
        json!({"created": "today"}),
        json!({"id": null, "livemode": "yes"}),
        json!({"object": "file"}),
        json!(["vr_1"]),
        json!(5),
    ] {
        let mut session = failed_session();
        session["last_verification_report"] = report;
        refusal::<VerificationSession>(&session);
    }
    let twice = r#"{"id": "vs_1", "last_verification_report": {"id": "vr_1", "id": "vr_2"}}"#;
    assert!(serde_json::from_str::<VerificationSession>(twice).is_err());
}

#[test]
fn time_with_a_fraction_parses_everywhere() {
    for time in [json!(1_790_000_000.25), json!(1.79e9), json!(1_790_000_000)] {
        let mut event = event(&failed_session());
        event["created"] = time.clone();
        event["data"]["object"]["created"] = time.clone();
        event["data"]["object"]["last_verification_report"] = json!({"id": "vr_1", "created": time});
        let event: Event = read(&event);
        let view = SessionView::from_event(&event).unwrap();
        let seconds = Some(Timestamp::from_secs(1_790_000_000));
        assert_eq!(view.as_of, seconds);
        assert!(matches!(view.state, SessionState::Failed { code: Some(_), .. }));
        let session = event.verification_session().unwrap();
        assert_eq!(session.created, seconds);
        assert_eq!(session.last_verification_report.unwrap().object().unwrap().created, seconds);
        let file: File = read(&json!({"id": "file_1", "expires_at": time}));
        assert_eq!(file.expires_at, seconds);
    }
    for text in ["today", "1790000000", ""] {
        refusal::<File>(&json!({"id": "file_1", "created": text}));
    }
}

#[test]
fn file_with_invalid_links_parses_without_them() {
    let file = |links: Value| {
        let json = json!({"id": "file_1", "object": "file", "size": 5, "links": links});
        let files: List<File> = read(&json!({"data": [json, {"id": "file_2"}]}));
        assert_eq!(files.data.len(), 2);
        let link: FileLink = read(&json!({"id": "link_0", "file": json}));
        let file: File = read(&json);
        assert_eq!((file.size, link.file.unwrap().object(), &files.data[0]), (Some(5), Some(&file), &file));
        file
    };
    let whole = |link: Value| json!({"object": "list", "data": [{"id": "link_0"}, link], "has_more": true});
    for links in [
        json!(null),
        json!([]),
        json!({}),
        json!("link_1"),
        json!(5),
        json!([{"id": "link_1"}]),
        json!({"object": "list"}),
        json!({"object": "file", "data": []}),
        json!({"data": {}}),
        json!({"data": null}),
        json!({"data": [], "has_more": "yes"}),
        whole(json!({"id": "link_1", "created": "x"})),
        whole(json!({"id": 5})),
        whole(json!({})),
        whole(json!(null)),
        whole(json!("link_1")),
        whole(json!({"id": "link_1", "file": {"id": "file_1", "object": "file_link"}})),
    ] {
        assert_eq!(file(links.clone()).links, None, "{links}");
    }
    let links = file(whole(json!({"id": "link_1", "new": 1}))).links.unwrap();
    assert_eq!((links.data.len(), links.has_more), (2, true));
    assert!(file(json!({"data": []})).links.unwrap().data.is_empty());
    // The same holds for text with a lone surrogate, unless the model does not have its field.
    for (key, is_there) in [("url", false), ("new", true)] {
        let json = format!(r#"{{"id":"file_1","links":{{"data":[{{"id":"link_1","{key}":"\ud800"}}]}}}}"#);
        assert_eq!(serde_json::from_str::<File>(&json).unwrap().links.is_some(), is_there, "{json}");
    }
}

#[test]
fn related_url_is_hidden_in_debug_and_errors() {
    let event: ThinEvent =
        read(&json!({"id": "evt_1", "related_object": {"id": "x_1", "url": "/v1/x?email=robin@example.test"}}));
    let shown = format!("{event:?}");
    assert!(shown.contains("x_1") && !shown.contains("robin"), "{shown}");
    let error = refusal::<ThinEvent>(&json!({"id": "evt_1", "related_object": {"url": 90_000_001}}));
    assert!(!error.contains("9000"), "{error}");
}

#[test]
fn related_url_survives_unchanged() {
    for url in ["/v1/files/file_1?expand[]=links", "https://api.stripe.com/v1/x#y", " ", "\u{e9}"] {
        let event: ThinEvent = read(&json!({"id": "evt_1", "related_object": {"url": url}}));
        assert_eq!(event.related_object.unwrap().url, Some(url.into()));
    }
}

#[test]
fn thin_event_keeps_the_text_of_its_time_and_parses_with_any() {
    for (text, seconds) in [
        ("2026-10-29T09:11:00.123Z", Some(1_793_265_060)),
        ("2026-10-29T10:11:00+01:00", Some(1_793_265_060)),
        ("yesterday", None),
        ("", None),
    ] {
        let json = json!({"id": "evt_1", "created": text});
        let event: ThinEvent = read(&json);
        let created = event.created.as_ref().unwrap();
        assert_eq!((created.as_str(), created.timestamp().map(Timestamp::as_secs)), (text, seconds));
        assert_eq!(serde_json::to_value(&event).unwrap()["created"], text);
    }
    for other in [json!(null), json!(1_793_265_060), json!({"at": 5}), json!([])] {
        assert_eq!(read::<ThinEvent>(&json!({"id": "evt_1", "created": other})).created, None);
    }
    let invalid: ThinEvent = serde_json::from_str(r#"{"id": "evt_1", "created": "\ud800"}"#).unwrap();
    assert_eq!((invalid.id.as_str(), invalid.created), ("evt_1", None));
}
