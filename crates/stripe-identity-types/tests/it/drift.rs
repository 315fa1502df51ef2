//! The models against objects that lack what Stripe sends today.

use serde::de::DeserializeOwned;
use serde_json::Value;
use stripe_identity_types::{VerificationReport, VerificationSession};

use crate::fixtures::of_kind;

/// Each key of an object and of all objects in it, as a JSON pointer to its parent and its name.
fn keys(value: &Value, pointer: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                found.push((pointer.to_owned(), key.clone()));
                keys(inner, &format!("{pointer}/{key}"), found);
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

fn mutants<T: DeserializeOwned>(name: &str, fixture: &Value) -> usize {
    let mut all = Vec::new();
    keys(fixture, "", &mut all);
    for (parent, key) in &all {
        let mutate = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
            let mut mutant = fixture.clone();
            change(mutant.pointer_mut(parent).unwrap().as_object_mut().unwrap());
            serde_json::from_value::<T>(mutant).map(drop)
        };
        let dropped = mutate(&|fields| drop(fields.remove(key)));
        let nulled = mutate(&|fields| drop(fields.insert(key.clone(), Value::Null)));
        let may_fail = key == "id" && !parent.contains("metadata");
        assert_eq!(dropped.is_err(), may_fail, "{name}: {parent}/{key} dropped: {dropped:?}");
        assert_eq!(nulled.is_err(), may_fail, "{name}: {parent}/{key} null: {nulled:?}");
    }
    all.len()
}

#[test]
fn any_key_but_the_id_may_be_missing_or_null() {
    let sessions: usize =
        of_kind("sessions").iter().map(|(name, fixture)| mutants::<VerificationSession>(name, fixture)).sum();
    let reports: usize =
        of_kind("reports").iter().map(|(name, fixture)| mutants::<VerificationReport>(name, fixture)).sum();
    assert!(sessions > 300 && reports > 200, "{sessions} {reports}");
}
