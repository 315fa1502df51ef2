use std::collections::{BTreeSet, HashSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stripe_identity_types::{
    ApiError, EphemeralKey, ErrorCode, Event, EventType, File, FileLink, List, RedactionStatus, SessionState,
    ThinEvent, ThinEventType, VerificationReport, VerificationSession, VerificationSessionStatus,
    VerificationSessionType,
};

pub(crate) fn fixtures() -> Value {
    serde_json::from_str(include_str!("../fixtures.json")).unwrap()
}

/// Returns the fixtures of one kind, by name.
pub(crate) fn of_kind(kind: &str) -> Vec<(String, Value)> {
    fixtures()[kind].as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Checks that the JSON after a round trip has lost nothing, and that only values for "absent" were
/// added.
fn survives(before: &Value, after: Option<&Value>) -> Result<(), String> {
    match (before, after) {
        (Value::Null, None) => Ok(()),
        (Value::Object(before), Some(Value::Object(after))) => {
            for (key, value) in before {
                survives(value, after.get(key)).map_err(|error| format!("{key}.{error}"))?;
            }
            let is_empty = |value: &Value| value.is_null() || value == &serde_json::json!({});
            match after.iter().find(|(key, value)| !before.contains_key(*key) && !is_empty(value)) {
                Some((key, value)) => Err(format!("{key} was added as {value}")),
                None => Ok(()),
            }
        }
        (Value::Array(before), Some(Value::Array(after))) if before.len() == after.len() => {
            before.iter().zip(after).try_for_each(|(before, after)| survives(before, Some(after)))
        }
        (before, Some(after)) if before == after => Ok(()),
        _ => Err(format!(" {before} became {after:?}")),
    }
}

/// The round trip of JSON through a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model(fn(&Value) -> Result<Value, serde_json::Error>);

impl Model {
    const fn of<T: DeserializeOwned + Serialize>() -> Self {
        Self(|json| serde_json::to_value(T::deserialize(json)?))
    }

    pub(crate) fn through(self, json: &Value) -> Result<Value, serde_json::Error> {
        (self.0)(json)
    }
}

const KINDS: &[(&str, Model)] = &[
    ("ephemeral_keys", Model::of::<EphemeralKey>()),
    ("file_links", Model::of::<FileLink>()),
    ("files", Model::of::<File>()),
    ("reports", Model::of::<VerificationReport>()),
    ("sessions", Model::of::<VerificationSession>()),
    ("snapshot_events", Model::of::<Event>()),
    ("thin_events", Model::of::<ThinEvent>()),
    ("thin_notifications", Model::of::<ThinEvent>()),
];

const LISTS: &[(&str, Model)] = &[
    ("events", Model::of::<List<Event>>()),
    ("file_links", Model::of::<List<FileLink>>()),
    ("files", Model::of::<List<File>>()),
    ("reports", Model::of::<List<VerificationReport>>()),
    ("sessions_empty", Model::of::<List<VerificationSession>>()),
    ("sessions_last_page", Model::of::<List<VerificationSession>>()),
    ("sessions_page_1", Model::of::<List<VerificationSession>>()),
];

/// Returns every object and every list of the fixtures, with its model.
pub(crate) fn objects() -> Vec<(String, Value, Model)> {
    let objects = KINDS.iter().flat_map(|(kind, model)| {
        of_kind(kind).into_iter().map(move |(name, fixture)| (format!("{kind} {name}"), fixture, *model))
    });
    let lists = of_kind("lists").into_iter().map(|(name, fixture)| {
        let model = LISTS.iter().find(|(list, _)| *list == name).unwrap_or_else(|| panic!("{name} has no model")).1;
        (format!("lists {name}"), fixture, model)
    });
    objects.chain(lists).collect()
}

#[test]
fn every_object_survives_a_round_trip() {
    for (name, fixture, model) in objects() {
        let after = model.through(&fixture).unwrap_or_else(|error| panic!("{name}: {error}"));
        survives(&fixture, Some(&after)).unwrap_or_else(|error| panic!("{name}: {error}"));
        // A second round trip changes nothing.
        assert_eq!(model.through(&after).unwrap(), after, "{name}");
    }
}

#[test]
fn every_kind_of_fixture_is_tested() {
    let kinds = fixtures().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let others = ["errors", "forward_compat", "lists", "meta", "webhook_signature"];
    let read = KINDS.iter().map(|(kind, _)| *kind).chain(others).collect::<BTreeSet<_>>();
    assert_eq!(kinds.iter().map(String::as_str).collect::<BTreeSet<_>>(), read);
}

fn session(name: &str) -> VerificationSession {
    serde_json::from_value(fixtures()["sessions"][name].clone()).unwrap()
}

#[test]
fn unknown_values_are_kept_and_unknown_keys_ignored() {
    let fixture = &fixtures()["forward_compat"]["session_unknown_values_and_keys"];
    let session: VerificationSession = serde_json::from_value(fixture.clone()).unwrap();
    assert_eq!(session.status.as_str(), "escalated");
    assert_eq!(session.type_.as_str(), "passkey");
    assert_eq!(session.last_error.as_ref().unwrap().code.as_ref().unwrap().as_str(), "hologram_missing");
    assert_eq!(session.redaction.as_ref().unwrap().status.as_str(), "queued");
    let after = serde_json::to_value(&session).unwrap();
    assert_eq!((&after["status"], &after["type"]), (&fixture["status"], &fixture["type"]));
    assert_eq!(after["options"]["document"]["allowed_types"], fixture["options"]["document"]["allowed_types"]);

    let fixture = fixtures()["forward_compat"]["report_unknown_values_and_keys"].clone();
    let report: VerificationReport = serde_json::from_value(fixture).unwrap();
    assert_eq!(report.document.as_ref().unwrap().status.as_str(), "pending");
    assert_eq!(report.document.as_ref().unwrap().type_.as_ref().unwrap().as_str(), "residence_permit");
}

#[test]
fn event_with_unknown_type_or_invalid_object_parses() {
    let event: Event = serde_json::from_value(fixtures()["forward_compat"]["event_unknown_type"].clone()).unwrap();
    assert_eq!(event.type_.as_str(), "identity.verification_session.escalated");
    assert_eq!(event.verification_session().unwrap().status.as_str(), "escalated");
    let thin: ThinEvent = serde_json::from_value(fixtures()["forward_compat"]["thin_unknown_type"].clone()).unwrap();
    assert!(!thin.type_.is_known() && thin.related_object.is_some());

    let unreadable = r#"{"id": "evt_1", "data": {"object": {"object": "identity.verification_session", "id": 5}}}"#;
    let event: Event = serde_json::from_str(unreadable).unwrap();
    assert!(event.verification_session().is_none());
    assert_eq!(event.data.object.expose().get("id").unwrap(), 5);
}

#[test]
fn event_types_have_names() {
    for (name, fixture) in of_kind("snapshot_events") {
        let event: Event = serde_json::from_value(fixture).unwrap();
        assert!(EventType::KNOWN.contains(&event.type_), "{name}");
    }
    for (name, fixture) in of_kind("thin_notifications") {
        let event: ThinEvent = serde_json::from_value(fixture).unwrap();
        assert!(ThinEventType::KNOWN.contains(&event.type_), "{name}");
    }
}

#[test]
fn expanded_report_and_report_id_parse() {
    let by_id = session("verified");
    let expanded = session("verified_report_expanded");
    assert_eq!(by_id.last_verification_report.as_ref().unwrap().id().as_str(), "vr_1Fixture000001");
    let report = expanded.last_verification_report.unwrap();
    assert_eq!(report.id().as_str(), "vr_1Fixture000003");
    assert_eq!(report.object().unwrap().verification_session.as_ref(), Some(&expanded.id));
}

#[test]
fn links_and_models_can_be_keys_of_a_set() {
    let links = ["verified", "verified_report_expanded", "verified"].map(|name| session(name).last_verification_report);
    assert_eq!(HashSet::from(links).len(), 2);
    assert_eq!(HashSet::from(["verified", "canceled", "verified"].map(session)).len(), 2);
}

#[test]
fn redacted_session_parses() {
    let redacted = session("redacted");
    assert_eq!(redacted.redaction.unwrap().status, RedactionStatus::Redacted);
    let outputs = redacted.verified_outputs.unwrap();
    assert_eq!(outputs.first_name.unwrap().expose(), "[redacted]");
    assert_eq!(outputs.dob.unwrap().expose().year, None);
}

#[test]
fn minimal_session_parses() {
    let minimal = session("minimal");
    assert_eq!(minimal.status, VerificationSessionStatus::RequiresInput);
    assert_eq!(minimal.type_, VerificationSessionType::Document);
    assert!(minimal.url.is_none() && minimal.options.is_none() && minimal.metadata.is_empty());
    let bare: VerificationSession = serde_json::from_str(r#"{"id": "vs_1"}"#).unwrap();
    assert!(bare.status.is_absent() && bare.created.is_none() && bare.livemode.is_none());
    assert!(serde_json::from_str::<VerificationSession>("{}").is_err());
}

#[test]
fn errors_survive_a_round_trip() {
    let mut seen = 0;
    for (name, fixture) in of_kind("errors") {
        let Some(error) = ApiError::from_slice(fixture["body"].to_string().as_bytes()) else {
            assert_eq!(name, "503_no_json");
            continue;
        };
        let wire = &fixture["body"]["error"];
        let after = serde_json::to_value(&error).unwrap();
        survives(wire, Some(&after)).unwrap_or_else(|error| panic!("{name}: {error}"));
        seen += usize::from(error.code.as_ref().is_some_and(ErrorCode::is_known));
    }
    assert!(seen >= 6, "only {seen} codes have a name");
}

#[test]
fn parse_errors_quote_no_personal_data() {
    for json in [
        r#"{"id": "vs_1", "metadata": {"a": 123456789}}"#,
        r#"{"id": "vs_1", "metadata": "123456789"}"#,
        r#"{"id": "vs_1", "provided_details": "123456789"}"#,
        r#"{"id": "vs_1", "verified_outputs": "123456789"}"#,
        r#"{"id": "vs_1", "verified_outputs": {"address": "123456789"}}"#,
        r#"{"id": "vs_1", "verified_outputs": {"first_name": 123456789}}"#,
        r#"{"id": "vs_1", "client_reference_id": 123456789}"#,
        r#"{"id": "vs_1", "last_verification_report": {"id": "vr_1", "document": {"address": "123456789"}}}"#,
        r#"{"id": "vs_1", "last_verification_report": {"id": "vr_1", "id_number": "123456789"}}"#,
        r#"{"id": "vs_1", "last_verification_report": 123456789}"#,
        r#"{"id": "vs_1", "last_verification_report": ["123456789"]}"#,
        r#"{"id": "vs_1", "options": "123456789"}"#,
        r#"{"id": "vs_1", "options": {"document": 123456789}}"#,
        r#"{"id": "vs_1", "last_error": -123456789.5}"#,
        r#"{"id": "vs_1", "created": "123456789"}"#,
        r#"{"id": "vs_1", "object": "123456789"}"#,
    ] {
        let error = serde_json::from_str::<VerificationSession>(json).unwrap_err();
        assert!(!error.to_string().contains("6789"), "{json}: {error}");
        assert!(error.column() > 0, "{error:?}");
    }
    for json in [r#"{"id": "evt_1", "request": 123456789}"#, r#"{"id": "evt_1", "data": "123456789"}"#] {
        let error = serde_json::from_str::<Event>(json).unwrap_err();
        assert!(!error.to_string().contains("6789"), "{json}: {error}");
    }
}

/// Returns the `Debug` form of the model of a fixture.
fn shown(kind: &str, fixture: Value) -> String {
    match kind {
        "sessions" => format!("{:?}", serde_json::from_value::<VerificationSession>(fixture).unwrap()),
        "reports" => format!("{:?}", serde_json::from_value::<VerificationReport>(fixture).unwrap()),
        "snapshot_events" => format!("{:?}", serde_json::from_value::<Event>(fixture).unwrap()),
        "ephemeral_keys" => format!("{:?}", serde_json::from_value::<EphemeralKey>(fixture).unwrap()),
        "file_links" => format!("{:?}", serde_json::from_value::<FileLink>(fixture).unwrap()),
        "files" => format!("{:?}", serde_json::from_value::<File>(fixture).unwrap()),
        _ => format!("{:?}", serde_json::from_value::<ThinEvent>(fixture).unwrap()),
    }
}

/// Replaces every string, but the kinds of objects, by one that names a person.
fn name_a_person(value: &mut Value) {
    match value {
        Value::String(text) => "Robin Sample".clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(name_a_person),
        Value::Object(fields) => {
            fields.iter_mut().filter(|(key, _)| *key != "object").for_each(|(_, it)| name_a_person(it));
        }
        _ => {}
    }
}

#[test]
fn debug_shows_no_string_that_is_not_an_id_or_a_code() {
    for (kind, _) in KINDS {
        for (name, mut fixture) in of_kind(kind) {
            name_a_person(&mut fixture);
            let shown = shown(kind, fixture);
            assert!(!shown.contains("Robin"), "{kind} {name}: {shown}");
            assert!(shown.contains("[hidden]"), "{kind} {name}: {shown}");
        }
    }
    let error = SessionState::Failed { code: None, reason: Some("Robin Sample".to_owned()) };
    assert_eq!(format!("{error:?}"), "Failed { code: None, reason: Some([hidden]) }");
}

#[test]
fn debug_shows_no_personal_data() {
    let secrets = [
        "Robin",
        "robin",
        "Exampleton",
        "EXAMPLETON",
        "12 Fixture Row",
        "+1000",
        "F0000001",
        "_secret_",
        "/start/",
        "user_00",
        "6735",
        "ek_test_",
        "/links/",
        "fixture-key",
        ".jpg",
    ];
    let mut found = 0;
    for (kind, _) in KINDS {
        for (name, fixture) in of_kind(kind) {
            let wire = fixture.to_string();
            let shown = shown(kind, fixture);
            for secret in secrets {
                found += usize::from(wire.contains(secret));
                assert!(!shown.contains(secret), "{kind} {name} shows {secret}: {shown}");
            }
            for year in ["1990", "2020", "2030"] {
                assert!(!shown.contains(&format!("year: Some({year})")), "{kind} {name} shows {year}");
            }
        }
    }
    assert!(found > 60, "the fixtures hold too little to hide: {found}");
}
