//! Whether Stripe has moved: its own OpenAPI document against the fact table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Failure;
use crate::openapi::{Document, ours};

/// What no operation of ours leads to, and matters nevertheless.
const SCHEMAS: &[&str] = &["api_errors", "error", "v2.core.event"];

/// Whether a path is about Identity or its neighbours.
fn is_ours(path: &str) -> bool {
    let neighbours = ["/v1/ephemeral_keys", "/v1/events", "/v1/file_links", "/v1/files"];
    path.contains("/identity/") || neighbours.iter().any(|prefix| path.starts_with(prefix))
}

pub(crate) fn check(file: &Path) -> Result<(), Failure> {
    let theirs = Document(serde_json::from_slice(&std::fs::read(file)?)?);
    if !theirs.0["paths"].is_object() {
        return Err("this is no OpenAPI document: it has no paths".into());
    }
    let changes = changes(&ours()?, &theirs);
    let version = theirs.0["info"]["version"].as_str().unwrap_or("without a version");
    println!("{version}: {} changes", changes.len());
    for change in &changes {
        println!("  {change}");
    }
    if changes.is_empty() { Ok(()) } else { Err("Stripe has moved".into()) }
}

/// What is new, gone or different in their Identity part.
fn changes(ours: &Document, theirs: &Document) -> Vec<String> {
    compare(&ours.facts(is_ours, SCHEMAS), &theirs.facts(is_ours, SCHEMAS))
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
    const FORM: &str = "requestBody/content/application~1x-www-form-urlencoded/schema/properties";

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
        assert_eq!(field, ["new: schema identity.verification_session risk type: \"string\""]);

        let value = found(|it| {
            at(it, &format!("{SESSION}/properties/status/enum")).as_array_mut().unwrap().push(json!("escalated"));
        });
        assert_eq!(value, ["new: schema identity.verification_session status enum `escalated`: is there"]);

        let parameter = found(|it| {
            let parameter = json!({"name": "sort", "in": "query", "schema": {"type": "string"}});
            at(it, &format!("{SESSIONS}/get/parameters")).as_array_mut().unwrap().insert(0, parameter);
        });
        let place = "new: GET /v1/identity/verification_sessions parameters sort";
        assert_eq!(parameter[0], format!("{place} in: \"query\""));
        assert_eq!(parameter.len(), 3, "{parameter:?}");

        let in_body = found(|it| at(it, &format!("{SESSIONS}/post/{FORM}"))["locale"] = json!({"type": "string"}));
        assert_eq!(in_body.len(), 1);
        assert!(in_body[0].ends_with("schema locale type: \"string\""), "{in_body:?}");

        let nullable = found(|it| at(it, &format!("{SESSION}/properties/status"))["nullable"] = json!(true));
        assert_eq!(nullable, ["new: schema identity.verification_session status nullable: true"]);

        let removed = found(|it| drop(at(it, SESSION)["properties"].as_object_mut().unwrap().remove("url")));
        assert!(removed.iter().all(|change| change.starts_with("gone: schema identity.verification_session url")));
        assert!(!removed.is_empty());

        let retyped = found(|it| at(it, &format!("{SESSION}/properties/created"))["type"] = json!("string"));
        assert_eq!(
            retyped,
            ["changed: schema identity.verification_session created type: \"integer\", now \"string\""]
        );

        let optional = found(|it| {
            at(it, &format!("{SESSION}/required")).as_array_mut().unwrap().retain(|name| name != "status");
        });
        assert_eq!(optional, ["gone: schema identity.verification_session required `status`: is there"]);
    }

    #[test]
    fn so_are_the_less_common_ways() {
        let seen = |change: fn(&mut Value)| assert!(!found(change).is_empty());
        seen(|it| at(it, "/paths")["/v1/identity/verification_flows"] = json!({"get": {}}));
        seen(|it| at(it, "/paths")["/v1/test_helpers/identity/verification_sessions"] = json!({"post": {}}));
        seen(|it| at(it, "/paths")["/v1/file_links/{link}/expire"] = json!({"post": {}}));
        seen(|it| at(it, SESSIONS)["patch"] = json!({}));
        seen(|it| drop(at(it, "/paths").as_object_mut().unwrap().remove("/v1/file_links/{link}")));
        seen(|it| {
            let content = at(it, &format!("{SESSIONS}/post/requestBody/content")).as_object_mut().unwrap();
            let form = content.remove("application/x-www-form-urlencoded").unwrap();
            content.insert("application/json".to_owned(), form);
        });
        seen(|it| drop(at(it, "/paths/~1v1~1files/post").as_object_mut().unwrap().remove("servers")));
        seen(|it| {
            let header = json!({"name": "X-New", "in": "header", "required": true, "schema": {"type": "string"}});
            at(it, &format!("{SESSIONS}/get/parameters")).as_array_mut().unwrap().push(header);
        });
        seen(|it| at(it, &format!("{SESSIONS}/get/responses"))["default"] = json!({}));
        seen(|it| at(it, SESSION)["type"] = json!("array"));
        seen(|it| at(it, SESSION)["oneOf"] = json!([{"type": "string"}]));
        seen(|it| at(it, SESSION)["x-expandableFields"] = json!([]));
        seen(|it| at(it, &format!("{SESSION}/properties/created"))["format"] = json!("date-time"));
        seen(|it| at(it, &format!("{SESSION}/properties/metadata/additionalProperties"))["type"] = json!("integer"));
        seen(|it| at(it, &format!("{SESSION}/properties/related_person"))["nullable"] = json!(true));
        seen(|it| at(it, "/components/schemas/error/properties")["error"] = json!({"type": "string"}));
        seen(|it| at(it, "/components/schemas/v2.core.event/properties")["severity"] = json!({"type": "string"}));
        seen(|it| {
            at(it, "/components/schemas/v2.core.event_related_object/properties")["url"] = json!({"type": "integer"});
        });
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let file = std::env::temp_dir().join(format!("stripe-identity-drift-{}", std::process::id()));
        for content in ["{}", "[]", "null", "no JSON"] {
            std::fs::write(&file, content).unwrap();
            assert!(check(&file).is_err(), "{content}");
        }
        std::fs::write(&file, ours().unwrap().0.to_string()).unwrap();
        assert!(check(&file).is_ok());
        std::fs::remove_file(&file).unwrap();
        assert!(check(&file).is_err());
    }
}
