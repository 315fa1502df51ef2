//! Tests the models with objects that Stripe does not send today: with missing keys, null, or
//! unknown values.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stripe_identity_types::{
    Event, File, FileLink, List, SessionView, ThinEvent, VerificationReport, VerificationSession, escape_invalid_utf8,
};

use crate::fixtures::{Model, objects};

/// Collects the keys of an object and of all objects in it: a JSON pointer to the parent, and the
/// name.
fn keys(value: &Value, pointer: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                found.push((pointer.to_owned(), key.clone()));
                keys(inner, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                keys(item, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn all_keys(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    keys(value, "", &mut found);
    found
}

fn mutant(fixture: &Value, parent: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut mutant = fixture.clone();
    change(mutant.pointer_mut(parent).unwrap().as_object_mut().unwrap());
    mutant
}

/// Returns whether a key is the id of an object or the data of a list, which are the only required
/// keys.
fn is_required(fixture: &Value, parent: &str, key: &str) -> bool {
    // The snapshot in an event is kept as it is.
    let is_raw = format!("{parent}/").contains("/data/object/");
    // An expanded object without an id is absent.
    let is_linked = parent.ends_with("/last_verification_report") || parent.ends_with("/file");
    // Links that do not parse are absent, all of them.
    let is_raw = is_raw || format!("{parent}/").contains("/links/");
    let object = fixture.pointer(parent).unwrap();
    match object.get("object").and_then(Value::as_str) {
        Some("list") => key == "data" && !is_raw,
        Some(_) => key == "id" && !is_raw && !is_linked,
        None => false,
    }
}

#[test]
fn every_key_but_id_and_list_data_may_be_missing_or_null() {
    let mut mutants = 0;
    for (name, fixture, model) in objects() {
        for (parent, key) in all_keys(&fixture) {
            let dropped = model.through(&mutant(&fixture, &parent, |fields| drop(fields.remove(&key))));
            let nulled =
                model.through(&mutant(&fixture, &parent, |fields| drop(fields.insert(key.clone(), Value::Null))));
            let may_fail = is_required(&fixture, &parent, &key);
            assert_eq!(dropped.is_err(), may_fail, "{name}: {parent}/{key} dropped: {dropped:?}");
            assert_eq!(nulled.is_err(), may_fail, "{name}: {parent}/{key} null: {nulled:?}");
            mutants += 2;
        }
    }
    assert!(mutants > 2000, "{mutants}");
}

#[test]
fn unknown_text_survives_a_round_trip() {
    let mut enums = 0;
    for (name, fixture, model) in objects() {
        for (parent, key) in all_keys(&fixture) {
            let before = &fixture.pointer(&parent).unwrap()[&key];
            // A model rejects an object of another kind.
            if key == "object" {
                continue;
            }
            let texts = match before {
                Value::String(_) => json!("Not known yet \u{e9}"),
                Value::Array(items) if items.iter().all(Value::is_string) && !items.is_empty() => {
                    json!(["not_known_yet"])
                }
                _ => continue,
            };
            let mutant = mutant(&fixture, &parent, |fields| drop(fields.insert(key.clone(), texts.clone())));
            let after = model.through(&mutant).unwrap_or_else(|error| panic!("{name}: {parent}/{key}: {error}"));
            assert_eq!(after.pointer(&parent).unwrap()[&key], texts, "{name}: {parent}/{key}");
            enums +=
                usize::from(matches!(key.as_str(), "status" | "type" | "code" | "purpose" | "allowed_types" | "sex"));
        }
    }
    assert!(enums > 100, "{enums}");
}

/// Returns other values of the same JSON type.
fn replacement(value: &Value) -> BoxedStrategy<Value> {
    match value {
        Value::String(_) => any::<String>().prop_map(Value::from).boxed(),
        Value::Number(_) => (0..i64::MAX).prop_map(Value::from).boxed(),
        Value::Bool(_) => any::<bool>().prop_map(Value::from).boxed(),
        other => Just(other.clone()).boxed(),
    }
}

/// Returns fixtures in which some keys are missing, null, or have another value.
fn drifted() -> impl Strategy<Value = (String, Value, Model)> {
    proptest::sample::select(objects()).prop_flat_map(|(name, fixture, model)| {
        let keys: Vec<_> =
            all_keys(&fixture).into_iter().filter(|(parent, key)| !is_required(&fixture, parent, key)).collect();
        let changes = keys.into_iter().map(|(parent, key)| {
            let value = &fixture.pointer(&parent).unwrap()[&key];
            let value = if key == "object" { Just(value.clone()).boxed() } else { replacement(value) };
            (
                Just((parent, key)),
                prop_oneof![6 => Just(None), 1 => Just(Some(None)), 2 => value.prop_map(|it| Some(Some(it)))],
            )
        });
        let changes: Vec<_> = changes.collect();
        (Just((name, fixture, model)), changes).prop_map(|((name, mut fixture, model), changes)| {
            for ((parent, key), change) in changes {
                // A previous change may have removed the parent.
                let Some(Value::Object(fields)) = fixture.pointer_mut(&parent) else { continue };
                match change {
                    None => {}
                    Some(None) => drop(fields.remove(&key)),
                    Some(Some(value)) => drop(fields.insert(key, value)),
                }
            }
            (name, fixture, model)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn second_round_trip_changes_nothing((name, json, model) in drifted()) {
        let once = model.through(&json).map_err(|error| TestCaseError::fail(format!("{name}: {error} in {json}")))?;
        let twice = model.through(&once).unwrap();
        prop_assert_eq!(once, twice, "{}", name);
    }

    #[test]
    fn changed_byte_does_not_panic(
        (_, fixture, _) in proptest::sample::select(objects()),
        at: prop::sample::Index,
        byte: u8,
    ) {
        let mut json = fixture.to_string().into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        let json = escape_invalid_utf8(&json);
        let _ = (serde_json::from_str::<List<VerificationSession>>(&json), serde_json::from_str::<List<File>>(&json));
        let _ = (serde_json::from_str::<VerificationReport>(&json), serde_json::from_str::<FileLink>(&json));
        let _ = (serde_json::from_str::<VerificationSession>(&json), serde_json::from_str::<ThinEvent>(&json));
        if let Ok(event) = serde_json::from_str::<Event>(&json) {
            let _ = (event.verification_session(), SessionView::from_event(&event), event.data.object.expose().value());
        }
    }
}
