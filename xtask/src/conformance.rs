//! The models against the fact table, both ways round: nothing is missing, and nothing is there that Stripe does not have.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use stripe_identity_core::endpoint::ROUTES;

use crate::Failure;
use crate::openapi::{Document, lists, ours, reference};
use source::{Models, Shape};

/// Which model is which schema. What these are made of follows from the models and the schemas themselves.
const OBJECTS: &[(&str, &str)] = &[
    ("api_errors", "ApiError"),
    ("ephemeral_key", "EphemeralKey"),
    ("event", "Event"),
    ("file", "File"),
    ("file_link", "FileLink"),
    ("identity.verification_report", "VerificationReport"),
    ("identity.verification_session", "VerificationSession"),
    ("v2.core.event", "ThinEvent"),
];

/// Which parameters are which operation's, by method and path; the others take none.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("GET", "/v1/events", "ListEvents"),
    ("GET", "/v1/file_links", "ListFileLinks"),
    ("GET", "/v1/files", "ListFiles"),
    ("GET", "/v1/identity/verification_reports", "ListVerificationReports"),
    ("GET", "/v1/identity/verification_sessions", "ListVerificationSessions"),
    ("POST", "/v1/ephemeral_keys", "CreateEphemeralKey"),
    ("POST", "/v1/file_links", "CreateFileLink"),
    ("POST", "/v1/file_links/{link}", "UpdateFileLink"),
    ("POST", "/v1/files", "CreateFile"),
    ("POST", "/v1/identity/verification_sessions", "CreateVerificationSession"),
    ("POST", "/v1/identity/verification_sessions/{session}", "UpdateVerificationSession"),
];

/// What we model beyond the fact table's schemas, and why.
const BEYOND: &[(&str, &str)] = &[
    ("ApiError.user_message", "the SDKs have it, for errors of the second API"),
    ("CreateFile.content_type", "a part of the upload, not a parameter"),
    ("CreateFile.filename", "a part of the upload, not a parameter"),
];

/// The one route that the fact table does not list: it stands in the `url` of a file.
const DOWNLOAD: (&str, &str) = ("GET", "/v1/files/{file}/contents");

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking the models against the fact table");
    let models = Models::read(Path::new("crates/stripe-identity-types/src"))?;
    let differences = differences(&models, &ours()?);
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!("{} differences:\n  {}", differences.len(), differences.join("\n  ")).into())
}

fn differences(models: &Models, document: &Document) -> Vec<String> {
    let mut check = Check { models, document, differences: Vec::new(), seen: BTreeSet::new(), enums: BTreeSet::new() };
    for (schema, model) in OBJECTS {
        let shape = Shape { name: (*model).to_owned(), of: Vec::new() };
        check.object(schema, document.schema(schema), &shape, Some(schema));
    }
    check.operations();
    check.notification();
    check.events();
    check.what_is_too_much();
    check.differences
}

struct Check<'a> {
    models: &'a Models,
    document: &'a Document,
    differences: Vec<String>,
    /// The structs that were compared, each with its type arguments.
    seen: BTreeSet<String>,
    enums: BTreeSet<String>,
}

impl Check<'_> {
    fn differ(&mut self, what: String) {
        self.differences.push(what);
    }

    fn operations(&mut self) {
        let document = self.document;
        let operations = document.operations();
        let routes: BTreeSet<_> =
            ROUTES.iter().map(|route| (route.method().to_string(), route.template().to_owned())).collect();
        for (method, path) in operations.keys().filter(|operation| !routes.contains(operation)) {
            self.differ(format!("{method} {path} has no endpoint"));
        }
        let is_known = |route: &(String, String)| {
            operations.contains_key(route) || (route.0.as_str(), route.1.as_str()) == DOWNLOAD
        };
        for (method, path) in routes.iter().filter(|route| !is_known(route)) {
            self.differ(format!("{method} {path} is an endpoint that does not exist"));
        }
        for ((method, path), operation) in &operations {
            let place = format!("{method} {path}");
            let mut properties: BTreeMap<_, _> =
                document.parameters(operation).into_iter().map(|(name, parameter)| (name, parameter.schema)).collect();
            if properties.remove("expand").is_none() {
                self.differ(format!("{place} takes no expand, and every call can have one"));
            }
            let model = PARAMETERS.iter().find(|(m, p, _)| (m, p) == (&method.as_str(), &path.as_str()));
            match model {
                None if properties.is_empty() => {}
                None => self.differ(format!("{place} takes parameters that have no model")),
                Some((_, _, model)) => {
                    let shape = Shape { name: (*model).to_owned(), of: Vec::new() };
                    self.fields(&place, &properties, &shape, None);
                }
            }
        }
    }

    /// A delivered event is a fetched one without its changes.
    fn notification(&mut self) {
        let notification = self.document.schema("v2.core.event_notification");
        let Some(model) = self.models.structs.get("ThinEvent") else { return };
        let properties = notification["properties"].as_object().into_iter().flatten();
        let missing: Vec<_> = properties.filter(|(name, _)| !model.fields.contains_key(*name)).collect();
        for (name, _) in missing {
            self.differ(format!("v2.core.event_notification.{name} is not in ThinEvent"));
        }
    }

    fn events(&mut self) {
        let types = &self.document.0["x-identity-event-types"];
        for (model, key) in [("EventType", "snapshot"), ("ThinEventType", "thin")] {
            let listed = types[key].as_array().into_iter().chain(types["related"][key].as_array()).flatten();
            let listed: Vec<_> = listed.filter_map(Value::as_str).collect();
            self.enum_values(&format!("the {key} event types"), &listed, model, false);
        }
    }

    /// A schema with properties, and the struct that it should be.
    fn object(&mut self, place: &str, schema: &Value, shape: &Shape, presence: Option<&str>) {
        if !self.seen.insert(format!("{place} {shape:?}")) {
            return;
        }
        let properties = schema["properties"].as_object().into_iter().flatten();
        let properties = properties.map(|(name, property)| (name.as_str(), property)).collect();
        self.fields(place, &properties, shape, presence.map(|name| (name, schema)));
    }

    /// The fields of a struct, both ways round. `response` is the schema, for what it says about presence.
    fn fields(
        &mut self,
        place: &str,
        properties: &BTreeMap<&str, &Value>,
        shape: &Shape,
        response: Option<(&str, &Value)>,
    ) {
        let models = self.models;
        let Some(model) = models.structs.get(&shape.name) else {
            self.differ(format!("{place} should be a struct, and is {}", shape.name));
            return;
        };
        self.seen.insert(shape.name.clone());
        for (name, property) in properties {
            let Some(field) = model.fields.get(*name) else {
                self.differ(format!("{place}.{name} is not in {}", shape.name));
                continue;
            };
            let place = format!("{place}.{name}");
            let type_ = substituted(&field.type_, &model.generics, &shape.of);
            if let Some((name_of_schema, schema)) = response {
                self.presence(&place, name_of_schema, schema, name, field, &type_);
            }
            self.value(&place, property, &type_, response.is_some());
        }
        for name in model.fields.keys().filter(|name| !properties.contains_key(name.as_str())) {
            let field = format!("{}.{name}", shape.name);
            if !BEYOND.iter().any(|(beyond, _)| *beyond == field) {
                self.differ(format!("{field} is modelled, and {place} does not have it"));
            }
        }
    }

    /// A field that may be absent or null must be able to be; one that is always there must not vanish when null.
    fn presence(
        &mut self,
        place: &str,
        name_of_schema: &str,
        schema: &Value,
        name: &str,
        field: &source::Field,
        type_: &Shape,
    ) {
        // Errors are read by hand, and written only by the simulator.
        if name_of_schema == "api_errors" {
            return;
        }
        let reads_all = strip(type_, &["Sensitive"]).name == "Value";
        let can_be_absent = type_.name == "Option" || field.reads_null || reads_all;
        if name != "id" && !can_be_absent {
            self.differ(format!("{place} cannot be absent or null in the model"));
        }
        let listed = &self.document.0["x-presence"]["schemas"][name_of_schema][name];
        let is_nullable = schema["properties"][name]["nullable"] == true;
        match listed.as_str() {
            Some("optional" | "includable") if !field.is_skipped => {
                self.differ(format!("{place} is written as null where Stripe leaves it out"));
            }
            Some("always") if is_nullable && field.is_skipped => {
                self.differ(format!("{place} is left out where Stripe writes null"));
            }
            _ => {}
        }
    }

    fn value(&mut self, place: &str, schema: &Value, type_: &Shape, is_response: bool) {
        let type_ = strip(type_, &["Option", "Sensitive"]);
        if let Some(name) = reference(schema) {
            let target = self.document.schema(name);
            self.object(name, target, type_, is_response.then_some(name));
            return;
        }
        if let Some(options) = schema["anyOf"].as_array() {
            self.any_of(place, options, type_, is_response);
            return;
        }
        match schema["type"].as_str() {
            Some("array") => match (type_.name.as_str(), type_.of.first()) {
                ("Vec", Some(item)) => self.value(&format!("{place}[]"), &schema["items"], item, is_response),
                _ => self.wrong(place, "a list", type_),
            },
            Some("boolean") => self.one_of(place, type_, &["bool"]),
            Some("integer") if schema["format"] == "unix-time" => self.one_of(place, type_, &["Timestamp"]),
            Some("integer") => self.one_of(place, type_, &["i64", "u64", "u32"]),
            Some("string") => self.string(place, schema, type_, is_response),
            Some("object") => self.inline_object(place, schema, type_, is_response),
            _ => self.differ(format!("{place} is of a kind that this check does not know: {schema}")),
        }
    }

    fn any_of(&mut self, place: &str, options: &[Value], type_: &Shape, is_response: bool) {
        let is_clear = |option: &&Value| lists(&option["enum"], "");
        let (type_, can_clear) = match strip(type_, &["Patch"]) {
            inner if inner == type_ => (type_, false),
            inner => (inner, true),
        };
        let rest: Vec<_> = options.iter().filter(|option| !is_clear(option)).collect();
        if can_clear != (rest.len() < options.len()) {
            self.differ(format!("{place}: that it can be cleared is said in one place and not in the other"));
        }
        let kinds: Vec<_> = rest.iter().map(|option| reference(option).or(option["type"].as_str())).collect();
        match (&rest[..], &kinds[..]) {
            ([only], _) => self.value(place, only, type_, is_response),
            ([_, object], [Some("string"), Some(name)]) if reference(object).is_some() => {
                match (type_.name.as_str(), type_.of.first()) {
                    ("Expandable", Some(target)) => {
                        self.object(name, self.document.schema(name), target, Some(name));
                    }
                    _ => self.wrong(place, "an id or an object", type_),
                }
            }
            (_, [Some("object"), Some("integer")]) => self.one_of(place, type_, &["CreatedFilter"]),
            (_, [Some("string"), Some("integer")]) => self.one_of(place, type_, &["FileLinkExpiry"]),
            _ => self.differ(format!("{place} is a choice that this check does not know")),
        }
    }

    fn string(&mut self, place: &str, schema: &Value, type_: &Shape, is_response: bool) {
        if schema["format"] == "binary" {
            return self.one_of(place, type_, &["Vec"]);
        }
        let Some(values) = schema["enum"].as_array() else {
            let is_text = type_.name == "String" || type_.name.ends_with("Id");
            // An open enum takes any text.
            if !is_text && !self.models.enums.contains_key(&type_.name) {
                self.wrong(place, "a text", type_);
            }
            self.enums.insert(type_.name.clone());
            return;
        };
        let values: Vec<_> = values.iter().filter_map(Value::as_str).collect();
        // A parameter may take fewer values than a response can have, and `object` is the same enum everywhere.
        let may_be_fewer = !is_response || type_.name == "ObjectType";
        self.enum_values(place, &values, &type_.name, may_be_fewer);
    }

    fn enum_values(&mut self, place: &str, values: &[&str], model: &str, may_be_fewer: bool) {
        let models = self.models;
        let Some(known) = models.enums.get(model) else {
            self.differ(format!("{place} should be an open enum, and is {model}"));
            return;
        };
        self.enums.insert(model.to_owned());
        for value in values.iter().filter(|value| !known.iter().any(|known| known == *value)) {
            self.differ(format!("{place} can be `{value}`, which {model} has no name for"));
        }
        if !may_be_fewer {
            for value in known.iter().filter(|known| !values.contains(&known.as_str())) {
                self.differ(format!("{model} has a name for `{value}`, which {place} cannot be"));
            }
        }
    }

    fn inline_object(&mut self, place: &str, schema: &Value, type_: &Shape, is_response: bool) {
        if schema["properties"].is_object() {
            self.object(place, schema, type_, is_response.then_some(place));
        } else if schema["additionalProperties"]["type"] == "string" {
            self.one_of(place, type_, if is_response { &["Metadata"] } else { &["MetadataParams"] });
        } else {
            self.one_of(place, type_, &["Map", "Value"]);
        }
    }

    fn one_of(&mut self, place: &str, type_: &Shape, allowed: &[&str]) {
        if !allowed.contains(&type_.name.as_str()) {
            self.wrong(place, &allowed.join(" or "), type_);
        }
    }

    fn wrong(&mut self, place: &str, wanted: &str, type_: &Shape) {
        self.differ(format!("{place} should be {wanted}, and is {}", type_.name));
    }

    /// Models that nothing in the fact table led to.
    fn what_is_too_much(&mut self) {
        let models = self.models;
        let read = models.structs.iter().filter(|(_, model)| model.is_read_from_json && !model.fields.is_empty());
        let unseen: Vec<_> = read.filter(|(name, _)| !self.seen.contains(*name)).map(|(name, _)| name).collect();
        for name in unseen {
            self.differ(format!("{name} is a model of nothing"));
        }
        let object_types: Vec<_> = OBJECTS
            .iter()
            .filter_map(|(name, _)| self.document.schema(name)["properties"]["object"]["enum"][0].as_str())
            .collect();
        for value in models.enums.get("ObjectType").into_iter().flatten() {
            if value != "list" && !object_types.contains(&value.as_str()) {
                self.differ(format!("ObjectType has a name for `{value}`, which no object is"));
            }
        }
    }
}

/// The type inside, as long as the outside is one of these.
fn strip<'a>(type_: &'a Shape, outsides: &[&str]) -> &'a Shape {
    match type_.of.first() {
        Some(inner) if outsides.contains(&type_.name.as_str()) => strip(inner, outsides),
        _ => type_,
    }
}

/// A type with the arguments of the struct that it stands in.
fn substituted(type_: &Shape, generics: &[String], arguments: &[Shape]) -> Shape {
    if let Some(index) = generics.iter().position(|generic| *generic == type_.name) {
        return arguments.get(index).cloned().unwrap_or_else(|| type_.clone());
    }
    let of = type_.of.iter().map(|inner| substituted(inner, generics, arguments)).collect();
    Shape { name: type_.name.clone(), of }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Models {
        Models::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/stripe-identity-types/src")).unwrap()
    }

    #[test]
    fn the_models_are_what_the_fact_table_says() {
        assert_eq!(differences(&models(), &ours().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn every_field_and_parameter_that_is_taken_out_is_missed() {
        let (models, document) = (models(), ours().unwrap());
        let mut taken_out = 0;
        for (name, model) in &models.structs {
            // What nothing on the wire corresponds to, and what is beyond the fact table.
            if matches!(name.as_str(), "KnownSession" | "CreatedFilter") {
                continue;
            }
            for field in model.fields.keys() {
                if BEYOND.iter().any(|(beyond, _)| *beyond == format!("{name}.{field}")) {
                    continue;
                }
                let mut poorer = models.clone();
                poorer.structs.get_mut(name).unwrap().fields.remove(field);
                assert!(!differences(&poorer, &document).is_empty(), "{name}.{field} is not missed");
                taken_out += 1;
            }
        }
        assert!(taken_out > 200, "{taken_out}");
    }

    #[test]
    fn every_enum_value_that_is_taken_out_or_put_in_is_seen() {
        let (models, document) = (models(), ours().unwrap());
        for (name, values) in &models.enums {
            // Ours: Stripe lists neither which codes there are nor which paths can be expanded, and `list` is no object.
            if name == "ErrorCode" || name.ends_with("Expand") {
                continue;
            }
            for (index, value) in values.iter().enumerate().filter(|(_, value)| *value != "list") {
                let mut poorer = models.clone();
                poorer.enums.get_mut(name).unwrap().remove(index);
                assert!(!differences(&poorer, &document).is_empty(), "{name} `{value}` is not missed");
            }
            let mut richer = models.clone();
            richer.enums.get_mut(name).unwrap().push("made_up".to_owned());
            assert!(!differences(&richer, &document).is_empty(), "{name} `made_up` is not seen");
        }
    }

    #[test]
    fn a_field_that_is_made_up_or_of_another_kind_is_seen() {
        let document = ours().unwrap();
        for (from, to, difference) in [
            ("pub status: VerificationSessionStatus", "pub status: RedactionStatus", "has no name for"),
            ("pub created: Option<Timestamp>", "pub created: Option<String>", "should be Timestamp"),
            ("pub metadata: Metadata", "pub metadata: Option<String>", "should be Metadata"),
            ("pub livemode: Option<bool>", "pub livemode: bool", "cannot be absent"),
            ("pub url: Option<", "pub uri: Option<", "is not in VerificationSession"),
            (
                "pub last_error: Option<LastError>",
                "pub last_error: Option<ProvidedDetails>",
                "is not in ProvidedDetails",
            ),
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../crates/stripe-identity-types/src/verification_session.rs");
            let source = std::fs::read_to_string(path).unwrap();
            assert!(source.contains(from), "{from}");
            let mut changed = models();
            changed.add(&source.replacen(from, to, 1)).unwrap();
            let found = differences(&changed, &document);
            assert!(found.iter().any(|found| found.contains(difference)), "{to}: {found:?}");
        }
    }
}
