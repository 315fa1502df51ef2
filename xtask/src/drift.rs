//! Compares Stripe's own OpenAPI document with the fact table, to see what Stripe has changed.

mod compare;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::command::Failure;
use crate::openapi::{Document, ours};
use compare::{Comparison, Kind};

/// Schemas to compare although no operation of the fact table refers to them.
const SCHEMAS: &[&str] = &["api_errors", "error", "v2.core.event"];

/// Whether a path belongs to Identity, or to a part of the API that Identity needs.
fn is_ours(path: &str) -> bool {
    let neighbours = ["/v1/ephemeral_keys", "/v1/events", "/v1/file_links", "/v1/files"];
    path.contains("/identity/") || neighbours.iter().any(|prefix| path.starts_with(prefix))
}

/// Compares a document with the fact table: `FILE`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    check(arguments.first().ok_or("no FILE: give the path of an OpenAPI document")?.as_ref())
}

fn check(file: &Path) -> Result<(), Failure> {
    let text = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let theirs = Document(serde_json::from_slice(&text)?);
    if !theirs.0["paths"].is_object() {
        return Err("the file has no `paths`, but must be an OpenAPI document".into());
    }
    let ours = ours()?;
    let comparison = compare(&ours, &theirs);
    print!("{}", report(&theirs, &comparison));
    if comparison.changes.is_empty() { Ok(()) } else { Err("the document differs from the fact table".into()) }
}

/// Compares the Identity part of a document.
fn compare<'a>(ours: &'a Document, theirs: &'a Document) -> Comparison<'a> {
    let mut comparison = Comparison::new(ours, theirs);
    comparison.paths(is_ours);
    for schema in SCHEMAS {
        comparison.schema(schema);
    }
    comparison
}

/// Renders a summary, then each change, then what was not compared.
fn report(theirs: &Document, comparison: &Comparison<'_>) -> String {
    let version = theirs.0["info"]["version"].as_str().unwrap_or("without a version");
    let mut by_subject: BTreeMap<String, Vec<Kind>> = BTreeMap::new();
    for change in &comparison.changes {
        by_subject.entry(subject(&change.place)).or_default().push(change.kind);
    }
    let all: Vec<_> = comparison.changes.iter().map(|change| change.kind).collect();
    let mut report = format!("{version}: {} changes{}\n", all.len(), counts(&all));
    // Writing to a String cannot fail.
    for (subject, kinds) in &by_subject {
        let _ = writeln!(report, "  {subject}: {}", counts(kinds).trim_start_matches(": "));
    }
    for change in &comparison.changes {
        let _ = writeln!(report, "{change}");
    }
    for name in &comparison.not_modelled {
        let _ = writeln!(report, "not modelled: {name}");
    }
    report
}

fn counts(kinds: &[Kind]) -> String {
    let count = |kind| kinds.iter().filter(|it| **it == kind).count();
    let counts = [Kind::New, Kind::Gone, Kind::Changed].map(|kind| (count(kind), kind.name()));
    let counts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) }
}

/// Returns the operation or the schema that a place is in.
fn subject(place: &str) -> String {
    place.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SESSION: &str = "/components/schemas/identity.verification_session";
    const SESSIONS: &str = "/paths/~1v1~1identity~1verification_sessions";
    const FORM: &str = "requestBody/content/application~1x-www-form-urlencoded/schema/properties";

    /// Returns the differences after one change to the document.
    fn found(change: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut theirs = ours().unwrap();
        change(&mut theirs.0);
        let ours = ours().unwrap();
        compare(&ours, &theirs).changes.iter().map(ToString::to_string).collect()
    }

    fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
        document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))
    }

    #[test]
    fn same_document_has_no_changes() {
        assert_eq!(found(|_| ()), Vec::<String>::new());
        // Nor has one that differs only in what no request and no response contains.
        assert!(found(|it| at(it, SESSION)["description"] = json!("x")).is_empty());
        assert!(found(|it| at(it, "/components/schemas")["charge"] = json!({"properties": {"x": {}}})).is_empty());
    }

    #[test]
    fn common_changes_are_reported() {
        let field = found(|it| at(it, SESSION)["properties"]["risk"] = json!({"type": "string"}));
        assert_eq!(field, ["new: schema identity.verification_session risk: string"]);

        let value = found(|it| {
            at(it, &format!("{SESSION}/properties/status/enum")).as_array_mut().unwrap().push(json!("escalated"));
        });
        assert_eq!(value, ["new: schema identity.verification_session status enum `escalated`"]);

        let parameter = found(|it| {
            let parameter = json!({"name": "sort", "in": "query", "schema": {"type": "string"}});
            at(it, &format!("{SESSIONS}/get/parameters")).as_array_mut().unwrap().insert(0, parameter);
        });
        let place = "new: GET /v1/identity/verification_sessions parameters sort";
        assert_eq!(parameter, [format!("{place}: string, in query")]);

        let in_body = found(|it| at(it, &format!("{SESSIONS}/post/{FORM}"))["locale"] = json!({"type": "string"}));
        assert_eq!(in_body.len(), 1);
        assert!(in_body[0].ends_with("schema locale: string"), "{in_body:?}");

        let nullable = found(|it| at(it, &format!("{SESSION}/properties/status"))["nullable"] = json!(true));
        assert_eq!(nullable, ["new: schema identity.verification_session status nullable: true"]);

        let removed = found(|it| drop(at(it, SESSION)["properties"].as_object_mut().unwrap().remove("url")));
        assert_eq!(removed, ["gone: schema identity.verification_session url: string"]);

        let retyped = found(|it| at(it, &format!("{SESSION}/properties/created"))["type"] = json!("string"));
        assert_eq!(
            retyped,
            ["changed: schema identity.verification_session created type: \"integer\", now \"string\""]
        );

        let optional = found(|it| {
            at(it, &format!("{SESSION}/required")).as_array_mut().unwrap().retain(|name| name != "status");
        });
        assert_eq!(optional, ["gone: schema identity.verification_session required `status`"]);
    }

    #[test]
    fn less_common_changes_are_reported() {
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

    /// Compares two small documents with one path, `/v1/events`, whose response is the schema `a`.
    fn compared(ours: Value, theirs: Value) -> (Vec<String>, Vec<String>) {
        let document = |schemas: Value| {
            let response = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/a"}}}});
            let operation = json!({"get": {"responses": {"200": response}}});
            Document(json!({"paths": {"/v1/events": operation}, "components": {"schemas": schemas}}))
        };
        let (ours, theirs) = (document(ours), document(theirs));
        let comparison = compare(&ours, &theirs);
        let changes = comparison.changes.iter().map(ToString::to_string).collect();
        (changes, comparison.not_modelled.iter().cloned().collect())
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[allow(clippy::needless_pass_by_value)]
    fn object(properties: Value) -> Value {
        json!({"type": "object", "properties": properties})
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn reference_loops_end() {
        let circle = |more: &str| {
            json!({
                "a": object(json!({"b": reference("b"), "itself": reference("a")})),
                "b": object(json!({"a": {"anyOf": [{"type": "string"}, reference("a")]}, "more": {"type": more}})),
            })
        };
        let (changes, not_modelled) = compared(circle("string"), circle("string"));
        assert_eq!((changes, not_modelled), (vec![], vec![]));
        let (changes, _) = compared(circle("string"), circle("integer"));
        assert_eq!(changes, ["changed: schema b more type: \"string\", now \"integer\""]);
        // A schema that is nothing but a reference to itself.
        let empty = json!({"a": reference("a")});
        assert_eq!(compared(empty.clone(), empty).0, NONE);
        let round = json!({"a": reference("b"), "b": reference("a")});
        assert_eq!(compared(round.clone(), round.clone()).0, NONE);
        assert_eq!(compared(object(json!({})), round).0.len(), 1);
    }

    #[test]
    fn objects_that_are_not_modelled_are_named_and_not_followed() {
        let list = json!({"type": "array", "items": {"type": "object"}});
        let ours = json!({"a": object(json!({"charge": {"type": "object"}, "list": list}))});
        let charge = object(json!({"a": reference("a"), "card": reference("card")}));
        let theirs = |charge_field: Value| {
            json!({
                "a": object(json!({"charge": charge_field, "list": {"type": "array", "items": reference("card")}})),
                "card": object(json!({"charge": reference("charge"), "number": {"type": "string"}})),
                "charge": charge,
            })
        };
        let list = "schema a list items: card";
        for (field, named) in [
            (reference("charge"), "schema a charge: charge"),
            (json!({"anyOf": [reference("charge"), reference("card")]}), "schema a charge: charge, card"),
            (object(json!({"x": {"type": "string"}})), "schema a charge: an inline object"),
        ] {
            let (changes, not_modelled) = compared(ours.clone(), theirs(field));
            assert_eq!((changes, not_modelled), (vec![], vec![named.to_owned(), list.to_owned()]));
        }
        let (changes, not_modelled) = compared(ours.clone(), theirs(json!({"type": "string"})));
        assert_eq!(changes, ["changed: schema a charge type: \"object\", now \"string\""]);
        assert_eq!(not_modelled, [list]);
        // A new field of our objects is one line, and its schema is not followed.
        let mut more = theirs(json!({"type": "object"}));
        more["a"]["properties"]["source"] = json!({"anyOf": [reference("card"), reference("charge")]});
        more["a"]["properties"]["sources"] = json!({"type": "array", "items": reference("card")});
        let (changes, _) = compared(ours, more);
        assert_eq!(changes, ["new: schema a source: card or charge", "new: schema a sources: array of card"]);
    }

    #[test]
    fn named_and_inline_schemas_are_equal() {
        let inner = object(json!({"x": {"type": "string"}}));
        let by_name = |name: &str| json!({"a": object(json!({"it": reference(name)})), name: inner});
        let inline = json!({"a": object(json!({"it": inner}))});
        for (ours, theirs) in [
            (by_name("b"), inline.clone()),
            (inline.clone(), by_name("b")),
            (by_name("b"), by_name("c")),
            (inline.clone(), inline),
        ] {
            assert_eq!(compared(ours.clone(), theirs.clone()), (vec![], vec![]));
            let mut theirs = theirs;
            for schema in theirs.as_object_mut().unwrap().values_mut() {
                let fields = schema["properties"].as_object_mut().unwrap();
                fields.entry("x").and_modify(|it| it["type"] = json!("integer"));
                fields.entry("it").and_modify(|it| {
                    if it.get("properties").is_some() {
                        it["properties"]["x"]["type"] = json!("integer");
                    }
                });
            }
            let changes = compared(ours, theirs).0;
            assert!(changes.len() == 1 && changes[0].ends_with("x type: \"string\", now \"integer\""), "{changes:?}");
        }
    }

    #[test]
    fn report_begins_with_a_summary_and_ends_with_what_is_not_modelled() {
        let mut theirs = ours().unwrap();
        at(&mut theirs.0, SESSION)["properties"]["risk"] = json!({"type": "string"});
        at(&mut theirs.0, SESSION)["properties"].as_object_mut().unwrap().remove("url");
        at(&mut theirs.0, "/components/schemas/api_errors/properties")["payment_intent"] = reference("payment_intent");
        at(&mut theirs.0, "/components/schemas")["payment_intent"] = object(json!({"x": {"type": "string"}}));
        theirs.0["info"]["version"] = json!("2099-01-01.test");
        let ours = ours().unwrap();
        let report = report(&theirs, &compare(&ours, &theirs));
        let lines: Vec<_> = report.lines().collect();
        assert_eq!(
            lines,
            [
                "2099-01-01.test: 2 changes: 1 new, 1 gone",
                "  schema identity.verification_session: 1 new, 1 gone",
                "new: schema identity.verification_session risk: string",
                "gone: schema identity.verification_session url: string",
                "not modelled: schema api_errors payment_intent: payment_intent",
            ]
        );
    }

    #[test]
    fn invalid_document_is_an_error() {
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
