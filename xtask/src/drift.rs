//! Whether Stripe has moved: its own OpenAPI document against the fact table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Failure;
use crate::openapi::{Document, ours};

/// What no operation of ours leads to, and matters nevertheless.
const SCHEMAS: &[&str] = &["api_errors"];

pub(crate) fn check(file: &Path) -> Result<(), Failure> {
    let theirs = Document(serde_json::from_slice(&std::fs::read(file)?)?);
    let changes = changes(&ours()?, &theirs);
    let version = theirs.0["info"]["version"].as_str().unwrap_or("without a version");
    println!("{}: {} changes", version, changes.len());
    for change in &changes {
        println!("  {change}");
    }
    if changes.is_empty() { Ok(()) } else { Err("Stripe has moved".into()) }
}

/// What is new, gone or different in their Identity part.
fn changes(ours: &Document, theirs: &Document) -> Vec<String> {
    let wanted: BTreeSet<_> = ours.operations().into_keys().collect();
    let is_identity = |path: &str| path.starts_with("/v1/identity/");
    let new = theirs.operations().into_keys().filter(|(_, path)| is_identity(path));
    let operations = wanted.iter().cloned().chain(new).collect();
    let (before, after) = (ours.facts(&operations, SCHEMAS), theirs.facts(&operations, SCHEMAS));
    compare(&before, &after)
}

fn compare(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let places: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changes = places.into_iter().filter_map(|place| match (before.get(place), after.get(place)) {
        (None, Some(now)) => Some(format!("new: {place}: {now}")),
        (Some(was), None) => Some(format!("gone: {place}: {was}")),
        (Some(was), Some(now)) if was != now => Some(format!("changed: {place}: {was}, now {now}")),
        _ => None,
    });
    changes.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SESSION: &str = "/components/schemas/identity.verification_session";
    const SESSIONS: &str = "/paths/~1v1~1identity~1verification_sessions";

    /// What is found when the document is changed in one way.
    fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut theirs = ours().unwrap();
        change(&mut theirs.0);
        changes(&ours().unwrap(), &theirs)
    }

    fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
        document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))
    }

    #[test]
    fn the_same_document_has_not_moved() {
        assert_eq!(found(|_| ()), Vec::<String>::new());
        // What does not change what goes over the wire does not count.
        assert!(found(|it| at(it, SESSION)["description"] = json!("x")).is_empty());
        assert!(found(|it| at(it, "/components/schemas")["charge"] = json!({"properties": {"x": {}}})).is_empty());
    }

    #[test]
    fn each_way_to_move_is_seen() {
        let field = found(|it| at(it, SESSION)["properties"]["risk"] = json!({"type": "string"}));
        assert_eq!(
            field,
            [
                "new: schema identity.verification_session field risk: may be absent",
                "new: schema identity.verification_session field risk is a: string"
            ]
        );

        let value = found(|it| {
            at(it, &format!("{SESSION}/properties/status/enum")).as_array_mut().unwrap().push(json!("escalated"));
        });
        assert_eq!(value, ["new: schema identity.verification_session field status can be `escalated`: yes"]);

        let parameter = found(|it| {
            let parameter = json!({"name": "sort", "in": "query", "schema": {"type": "string"}});
            at(it, &format!("{SESSIONS}/get/parameters")).as_array_mut().unwrap().push(parameter);
        });
        assert_eq!(parameter[1], "new: GET /v1/identity/verification_sessions parameter sort is a: string");

        let in_body = found(|it| {
            let form = "requestBody/content/application~1x-www-form-urlencoded/schema/properties";
            at(it, &format!("{SESSIONS}/post/{form}"))["locale"] = json!({"type": "string"});
        });
        assert_eq!(in_body[0], "new: POST /v1/identity/verification_sessions parameter locale: optional");

        let nullable = found(|it| at(it, &format!("{SESSION}/properties/status"))["nullable"] = json!(true));
        assert_eq!(nullable, ["new: schema identity.verification_session field status can be null: yes"]);

        let removed = found(|it| drop(at(it, SESSION)["properties"].as_object_mut().unwrap().remove("url")));
        assert!(
            removed.iter().all(|change| change.starts_with("gone: schema identity.verification_session field url"))
        );
        assert!(!removed.is_empty());

        let retyped = found(|it| at(it, &format!("{SESSION}/properties/created"))["type"] = json!("string"));
        assert_eq!(retyped, ["changed: schema identity.verification_session field created is a: integer, now string"]);

        let optional = found(|it| {
            at(it, &format!("{SESSION}/required")).as_array_mut().unwrap().retain(|name| name != "status");
        });
        assert_eq!(
            optional,
            ["changed: schema identity.verification_session field status: always there, now may be absent"]
        );

        let operation = found(|it| {
            at(it, "/paths")["/v1/identity/verification_flows"] = json!({"get": {"responses": {}}});
        });
        assert_eq!(operation, ["new: GET /v1/identity/verification_flows: is there"]);

        let gone = found(|it| drop(at(it, "/paths").as_object_mut().unwrap().remove("/v1/file_links/{link}")));
        assert!(gone.contains(&"gone: GET /v1/file_links/{link}: is there".to_owned()), "{gone:?}");
    }
}
