//! Tests which JSON the models accept as an object.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stripe_identity_types::{
    Address, ApiError, Date, DocumentOptions, DocumentReport, EphemeralKey, Event, EventData, EventRequest, File,
    FileLink, LastError, List, Metadata, RelatedObject, ReportOptions, ThinEvent, ThinEventReason, VerificationReport,
    VerificationSession, VerificationSessionOptions, VerifiedOutputs,
};

use crate::fixtures::objects;

fn reads<T: DeserializeOwned>(json: &Value) -> bool {
    let from_text = serde_json::from_str::<T>(&json.to_string()).is_ok();
    assert_eq!(serde_json::from_value::<T>(json.clone()).is_ok(), from_text, "{json}");
    from_text
}

#[test]
fn list_without_data_is_rejected() {
    for json in [
        json!({"message": "Under maintenance"}),
        json!({}),
        json!([]),
        json!(null),
        json!("list"),
        json!(5),
        json!({"id": "vs_1", "object": "identity.verification_session"}),
        json!({"error": {"type": "api_error"}}),
        json!({"object": "list"}),
        json!({"data": null}),
        json!({"data": {}}),
        json!({"data": "vs_1"}),
        json!({"data": [], "object": "identity.verification_session"}),
        json!({"data": [], "object": 5}),
        json!({"data": [{"id": "vs_1"}, {}]}),
        json!({"data": ["vs_1"]}),
        json!({"data": [["vs_1"]]}),
        json!(["list", [], false]),
        json!([[{"id": "vs_1"}]]),
    ] {
        assert!(!reads::<List<VerificationSession>>(&json), "{json}");
    }
    for json in [
        json!({"data": []}),
        json!({"data": [], "object": null}),
        json!({"data": [], "object": "list", "has_more": null, "url": null}),
    ] {
        assert!(serde_json::from_value::<List<VerificationSession>>(json).unwrap().data.is_empty());
    }
}

#[test]
fn list_iterates_over_its_objects() {
    let list = List::new("/v1/x", vec![1, 2], true);
    assert_eq!((&list).into_iter().sum::<i32>(), 3);
    assert_eq!(list.into_iter().collect::<Vec<_>>(), [1, 2]);
    let list = List::<i32>::default();
    assert!(list.data.is_empty() && !list.has_more);
    assert_eq!(serde_json::to_value(list).unwrap(), json!({"object": "list", "data": [], "has_more": false}));
}

#[test]
fn array_is_rejected_as_an_object() {
    fn refuses<T: DeserializeOwned>() {
        let name = std::any::type_name::<T>();
        for json in [json!(["vs_9"]), json!([null]), json!([{"id": "vs_9"}]), json!([[]]), json!(["vs_9", null, null])]
        {
            assert!(!reads::<T>(&json), "{name} reads {json}");
        }
        for json in [json!("vs_90000001"), json!(90_000_001), json!(true), json!(null)] {
            assert!(!reads::<T>(&json), "{name} reads {json}");
            let error = serde_json::from_str::<T>(&json.to_string()).err().unwrap();
            assert!(!error.to_string().contains("90000001"), "{name}: {error}");
            let error = serde_json::from_value::<T>(json).err().unwrap();
            assert!(!error.to_string().contains("90000001"), "{name}: {error}");
        }
    }
    refuses::<Address>();
    refuses::<Date>();
    refuses::<DocumentOptions>();
    refuses::<DocumentReport>();
    refuses::<EphemeralKey>();
    refuses::<Event>();
    refuses::<EventData>();
    refuses::<EventRequest>();
    refuses::<File>();
    refuses::<FileLink>();
    refuses::<LastError>();
    refuses::<List<FileLink>>();
    refuses::<Metadata>();
    refuses::<RelatedObject>();
    refuses::<ReportOptions>();
    refuses::<ThinEvent>();
    refuses::<ThinEventReason>();
    refuses::<VerificationReport>();
    refuses::<VerificationSession>();
    refuses::<VerificationSessionOptions>();
    refuses::<VerifiedOutputs>();
    // An error that is not an object parses all the same.
    assert!(reads::<ApiError>(&json!(["vs_9"])));
}

/// Collects a JSON pointer to each object in a value, except those that are kept as raw JSON.
fn nested(value: &Value, pointer: &str, found: &mut Vec<String>) {
    let is_raw = pointer.ends_with("/data/object") || pointer.ends_with("_attributes") || pointer.ends_with("/changes");
    match value {
        Value::Object(fields) if !is_raw => {
            found.push(pointer.to_owned());
            fields.iter().for_each(|(key, value)| nested(value, &format!("{pointer}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| nested(value, &format!("{pointer}/{index}"), found));
        }
        _ => {}
    }
}

#[test]
fn array_is_rejected_as_an_object_at_any_depth() {
    let mut tried = 0;
    for (name, fixture, model) in objects() {
        let mut pointers = Vec::new();
        nested(&fixture, "", &mut pointers);
        for pointer in pointers {
            let mut mutant = fixture.clone();
            let object = mutant.pointer_mut(&pointer).unwrap();
            let fields: Vec<_> = object.as_object().unwrap().values().cloned().collect();
            for list in [json!([null]), json!(["vs_9"]), Value::from([&[json!("x")][..], &fields].concat())] {
                *mutant.pointer_mut(&pointer).unwrap() = list;
                let read = model.through(&mutant);
                match pointer.split_once("/links") {
                    // Links that do not parse are absent, all of them.
                    Some((file, _)) => {
                        let read = read.unwrap_or_else(|error| panic!("{name}: {pointer}: {error}"));
                        let mut without = fixture.pointer(file).unwrap().clone();
                        without.as_object_mut().unwrap().remove("links");
                        assert_eq!(read.pointer(file), Some(&without), "{name}: {pointer}");
                    }
                    None => assert!(read.is_err(), "{name}: {pointer}: {read:?}"),
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn empty_array_parses_as_an_empty_object_at_any_depth() {
    let mut tried = 0;
    for (name, fixture, model) in objects() {
        let mut pointers = Vec::new();
        nested(&fixture, "", &mut pointers);
        for pointer in pointers {
            let mut of_list = fixture.clone();
            *of_list.pointer_mut(&pointer).unwrap() = json!([]);
            let mut of_map = fixture.clone();
            *of_map.pointer_mut(&pointer).unwrap() = json!({});
            let (of_list, of_map) = (model.through(&of_list), model.through(&of_map));
            assert_eq!(of_list.as_ref().ok(), of_map.as_ref().ok(), "{name}: {pointer}: {of_list:?}");
            tried += usize::from(of_list.is_ok());
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn object_of_another_kind_is_rejected() {
    fn refuses<T: DeserializeOwned>(kind: &str) {
        for other in [
            "customer",
            "list",
            "event",
            "v2.core.event",
            "file",
            "file_link",
            "ephemeral_key",
            "identity.verification_report",
            "identity.verification_session",
        ] {
            assert_eq!(reads::<T>(&json!({"id": "x_1", "object": other})), other == kind, "{kind}: {other}");
        }
        assert!(reads::<T>(&json!({"id": "x_1", "object": null})) && reads::<T>(&json!({"id": "x_1"})));
        let error = serde_json::from_value::<T>(json!({"id": "x_1", "object": "robin"})).err().unwrap().to_string();
        assert!(error.contains(kind) && !error.contains("robin"), "{error}");
        let error = serde_json::from_value::<T>(json!({"id": "x_1", "object": 90_000_001})).err().unwrap().to_string();
        assert!(error.contains(kind) && !error.contains("9000"), "{error}");
    }
    refuses::<EphemeralKey>("ephemeral_key");
    refuses::<Event>("event");
    refuses::<File>("file");
    refuses::<FileLink>("file_link");
    refuses::<ThinEvent>("v2.core.event");
    refuses::<VerificationReport>("identity.verification_report");
    refuses::<VerificationSession>("identity.verification_session");
    assert!(!reads::<VerificationSession>(
        &json!({"id": "vs_1", "last_verification_report": {"id": "x", "object": "file"}})
    ));
    assert!(!reads::<FileLink>(&json!({"id": "link_1", "file": {"id": "x", "object": "file_link"}})));
}

#[test]
fn error_has_the_path_to_the_invalid_value() {
    fn path<T: DeserializeOwned>(json: &str) -> String {
        let mut json = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, T>(&mut json).err().unwrap();
        assert!(error.inner().line() > 0, "{error}");
        error.path().to_string()
    }
    for (path_to, json) in [
        ("created", r#"{"id": "vs_1", "created": "today"}"#),
        ("livemode", r#"{"id": "vs_1", "livemode": 1}"#),
        ("options", r#"{"id": "vs_1", "options": ["vs_9"]}"#),
        ("options", r#"{"id": "vs_1", "options": "vs_9"}"#),
        (
            "options.document.allowed_types[1]",
            r#"{"id": "vs_1", "options": {"document": {"allowed_types": ["id_card", 5]}}}"#,
        ),
        ("last_error.code", r#"{"id": "vs_1", "last_error": {"code": 5}}"#),
        ("verified_outputs.address.city", r#"{"id": "vs_1", "verified_outputs": {"address": {"city": 5}}}"#),
        (
            "last_verification_report.created",
            r#"{"id": "vs_1", "last_verification_report": {"id": "vr_1", "created": "x"}}"#,
        ),
        (
            "last_verification_report.document.files[0]",
            r#"{"id": "vs_1", "last_verification_report": {"document": {"files": [5]}}}"#,
        ),
        ("object", r#"{"id": "vs_1", "object": "file"}"#),
        ("metadata.a", r#"{"id": "vs_1", "metadata": {"a": 5}}"#),
    ] {
        assert_eq!(path::<VerificationSession>(json), path_to, "{json}");
        let list = format!(r#"{{"data": [{{"id": "vs_0"}}, {json}]}}"#);
        assert_eq!(path::<List<VerificationSession>>(&list), format!("data[1].{path_to}"), "{list}");
    }
    assert_eq!(path::<Event>(r#"{"id": "evt_1", "request": {"id": 5}}"#), "request.id");
    assert_eq!(path::<Event>(r#"{"id": "evt_1", "data": ["x"]}"#), "data");
    assert_eq!(path::<List<File>>(r#"{"data": {}}"#), "data");
}
