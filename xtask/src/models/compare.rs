//! Walks through the fact table and the models side by side.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use stripe_identity_core::resources;

use super::rules::{self, OBJECTS};
use super::source::{Field, Models};
use crate::openapi::{Document, lists, reference};

/// Returns the differences between the models and the fact table.
pub(super) fn differences(models: &Models, document: &Document) -> Vec<String> {
    let mut check = Check { models, document, differences: Vec::new(), matched: BTreeSet::new() };
    for (schema, model) in OBJECTS {
        check.object(schema, document.schema(schema), model, true);
    }
    check.operations();
    check.events();
    check.expansions();
    check.attributes();
    check.unmatched();
    check.differences
}

struct Check<'a> {
    models: &'a Models,
    document: &'a Document,
    differences: Vec<String>,
    /// The structs and enums that something in the fact table corresponds to, and each place with its struct.
    matched: BTreeSet<String>,
}

impl Check<'_> {
    fn report(&mut self, difference: String) {
        self.differences.push(difference);
    }

    fn operations(&mut self) {
        let operations = self.document.operations();
        let name = |(method, path): &(String, String)| format!("{method} {path}");
        let names: BTreeSet<_> = operations.keys().map(name).collect();
        let endpoints = resources::routes().map(|route| format!("{} {}", route.method(), route.template()));
        let endpoints: BTreeSet<_> = endpoints.collect();
        for name in names.difference(&endpoints) {
            self.report(format!("{name} has no endpoint"));
        }
        for name in endpoints.difference(&names).filter(|name| !rules::OTHER_ROUTES.contains(&name.as_str())) {
            self.report(format!("{name} is an endpoint, but not in the fact table"));
        }
        for (operation, description) in &operations {
            let place = name(operation);
            let mut parameters = self.document.parameters(description);
            if parameters.remove("expand").is_none() {
                self.report(format!("{place} does not take `expand`, but every call offers it"));
            }
            match rules::PARAMETERS.iter().find(|(operation, _)| *operation == place) {
                None if parameters.is_empty() => {}
                None => self.report(format!(
                    "{place} takes parameters, but no model: add one to PARAMETERS in xtask/src/models/rules.rs"
                )),
                Some((_, model)) => {
                    let required = parameters.iter().filter(|(_, it)| it.is_required).map(|(name, _)| *name);
                    let required: Vec<_> = required.collect();
                    let properties = parameters.iter().map(|(name, it)| ((*name).to_owned(), it.schema.clone()));
                    let properties: Map<_, _> = properties.collect();
                    self.object(&place, &json!({"properties": properties, "required": required}), model, false);
                }
            }
        }
    }

    fn events(&mut self) {
        let (models, document) = (self.models, self.document);
        let types = &document.0["x-identity-event-types"];
        for (model, key) in [("EventType", "snapshot"), ("ThinEventType", "thin")] {
            let listed = types[key].as_array().into_iter().chain(types["related"][key].as_array()).flatten();
            let listed: Vec<_> = listed.filter_map(Value::as_str).collect();
            self.enum_values(&format!("the {key} event type"), &listed, model, false);
        }
        // A delivered event is a fetched one without its changes.
        let delivered = &document.schema("v2.core.event_notification")["properties"];
        let fields = models.structs.get("ThinEvent").map(|model| &model.fields);
        for (name, _) in delivered.as_object().into_iter().flatten() {
            if fields.is_some_and(|fields| !fields.contains_key(name)) {
                self.report(format!("v2.core.event_notification.{name} is not in ThinEvent"));
            }
        }
    }

    /// Compares a schema that has properties with a struct, in both directions.
    fn object(&mut self, place: &str, schema: &Value, type_: &str, is_response: bool) {
        if !self.matched.insert(format!("{place} {type_}")) {
            return;
        }
        let (name, argument) = type_.split_once('<').unwrap_or((type_, ">"));
        let models = self.models;
        let Some(model) = models.structs.get(name) else {
            return self.report(format!("{place} is {type_}, but should be a struct"));
        };
        self.matched.insert(name.to_owned());
        let properties = schema["properties"].as_object();
        for (property, inner) in properties.into_iter().flatten() {
            let Some(field) = model.fields.get(property) else {
                self.report(format!("{place}.{property} is not in {name}"));
                continue;
            };
            let parameter = format!("<{}>", model.parameter.as_deref().unwrap_or_default());
            let type_ = field.type_.replace(&parameter, &format!("<{argument}"));
            let inner_place = format!("{place}.{property}");
            if is_response {
                self.presence(place, property, schema, field, &type_);
            } else if model.is_serialized {
                self.requirement(&inner_place, lists(&schema["required"], property), field, &type_);
            }
            self.privacy(&inner_place, &format!("{name}.{property}"), &type_);
            self.value(&inner_place, inner, &type_, is_response);
        }
        for field in model.fields.keys().filter(|field| properties.is_none_or(|it| !it.contains_key(*field))) {
            let field = format!("{name}.{field}");
            if !rules::EXTRA_FIELDS.iter().any(|(extra, _)| *extra == field) {
                self.report(format!("{field} is in the model, but not in {place}"));
            }
        }
    }

    /// Checks that a field can be absent where Stripe leaves it out, and is not left out where Stripe writes it.
    fn presence(&mut self, of: &str, name: &str, schema: &Value, field: &Field, type_: &str) {
        // Errors are deserialized by hand, and serialized only by the simulator.
        if of == "api_errors" {
            return;
        }
        let place = format!("{of}.{name}");
        let is_option = inside(type_, "Option").is_some();
        let with = field.serde.value("deserialize_with").unwrap_or_default();
        let takes_null = with == "null_as_default" || with.starts_with("own::");
        let can_be_absent = is_option || takes_null || inside(type_, "Sensitive").unwrap_or(type_) == "Json";
        if name != "id" && !rules::REQUIRED.contains(&place.as_str()) && !can_be_absent {
            self.report(format!("{place} is required in the model, but can be absent or null"));
        }
        let presence = &self.document.0["x-presence"]["schemas"][of][name];
        let is_nullable = schema["properties"][name]["nullable"] == true;
        let is_skipped = field.serde.has("skip_serializing_if");
        match presence.as_str() {
            Some("optional" | "includable") if !is_skipped => {
                self.report(format!("{place} is written as null, but Stripe leaves it out"));
            }
            Some("always") if is_nullable && is_skipped => {
                self.report(format!("{place} is left out, but Stripe writes null"));
            }
            Some("always") if !is_nullable && is_option && !is_skipped => {
                self.report(format!("{place} is written as null, but is never null at Stripe"));
            }
            _ => {}
        }
    }

    /// Checks that a required parameter is always sent, and that any other is left out until it is set.
    fn requirement(&mut self, place: &str, is_required: bool, field: &Field, type_: &str) {
        let is_skipped = field.serde.has("skip_serializing_if");
        let is_optional = is_skipped || inside(type_, "Option").or(inside(type_, "Patch")).is_some();
        if is_required && is_optional {
            self.report(format!("{place} can be left out in the model, but is required"));
        } else if !is_required && !is_skipped {
            self.report(format!("{place} is always sent by the model, but is optional"));
        }
    }

    /// Checks that `Debug` hides secrets and personal data.
    fn privacy(&mut self, place: &str, field: &str, type_: &str) {
        let name = place.rsplit('.').next().unwrap_or_default();
        let inner = strip(type_, &["Option"]);
        let is_struct = self.models.structs.contains_key(inner) && inner != "Date";
        let is_private = rules::PRIVATE.contains(&name) && !rules::NOT_PRIVATE.contains(&field);
        if is_private && !is_struct && inside(inner, "Sensitive").is_none() {
            self.report(format!("{place} is private, but not Sensitive"));
        }
    }

    /// Checks that the enums of paths to expand have each path, and no other.
    fn expansions(&mut self) {
        for (schema, model) in rules::EXPANSIONS {
            let mut paths = Vec::new();
            self.expandable(schema, "", &mut paths);
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            self.enum_values(&format!("an expandable path of {schema}"), &paths, model, false);
        }
    }

    fn expandable(&self, name: &str, prefix: &str, paths: &mut Vec<String>) {
        for (field, property) in self.document.schema(name)["properties"].as_object().into_iter().flatten() {
            let path = format!("{prefix}{field}");
            let presence = &self.document.0["x-presence"]["schemas"][name][field];
            let is_link = property["x-expansionResources"].is_object();
            if (presence == "includable" || is_link) && !rules::ALWAYS_PRESENT.contains(&path.as_str()) {
                paths.push(path.clone());
            }
            let options = property["anyOf"].as_array().into_iter().flatten().chain([property]);
            for inner in options.filter_map(reference) {
                if inner.starts_with("gelato_") || inner == "identity.verification_report" {
                    self.expandable(inner, &format!("{path}."), paths);
                }
            }
        }
    }

    /// Checks that serde has no options that this check does not know: they may change what goes over the wire.
    fn attributes(&mut self) {
        let models = self.models;
        for (name, model) in &models.structs {
            for option in model.serde.0.iter().filter(|option| !rules::is_struct_option(option)) {
                self.report(format!("{name} has the serde option `{option}`, which is not known to this check"));
            }
            if model.is_deserialized && !model.serde.has("transparent") && !model.serde.has(rules::NO_LISTS) {
                self.report(format!("{name} takes a list for an object, without the serde option {}", rules::NO_LISTS));
            }
            for (field, it) in &model.fields {
                let field = format!("{name}.{field}");
                for option in it.serde.0.iter().filter(|option| !rules::is_field_option(option, &field)) {
                    self.report(format!("{field} has the serde option `{option}`, which is not known to this check"));
                }
                let has_default = it.serde.has("default") || model.serde.has("default");
                if it.serde.has("deserialize_with") && !has_default {
                    self.report(format!("{field} takes null, but cannot be missing: it needs serde's `default`"));
                }
            }
        }
    }

    fn value(&mut self, place: &str, schema: &Value, type_: &str, is_response: bool) {
        let type_ = strip(type_, &["Option", "Sensitive"]);
        if let Some(name) = reference(schema) {
            return self.object(name, self.document.schema(name), type_, is_response);
        }
        if let Some(options) = schema["anyOf"].as_array() {
            return self.choice(place, options, type_, is_response);
        }
        let kind = (schema["type"].as_str().unwrap_or_default(), schema["format"].as_str().unwrap_or_default());
        let expected: &[&str] = match kind {
            ("array", _) => match inside(type_, "Vec") {
                Some(item) => return self.value(&format!("{place}[]"), &schema["items"], item, is_response),
                None => &["a list"],
            },
            ("boolean", _) => &["bool"],
            ("integer", "unix-time") => &["Timestamp"],
            ("integer", _) if is_response => &["i64", "u64"],
            ("integer", _) => &["u32"],
            ("string", "binary") => &["Vec<u8>"],
            ("string", "date-time") => &["DateTime"],
            ("string", _) if schema["enum"].is_array() => {
                let values: Vec<_> =
                    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                // A parameter may take fewer values than a response has, and `object` is one enum for all objects.
                let may_be_fewer = !is_response || type_ == "ObjectType";
                return self.enum_values(place, &values, type_, may_be_fewer);
            }
            ("string", _) => {
                self.matched.insert(type_.to_owned());
                if rules::is_text(type_, place) {
                    return;
                }
                &["a text"]
            }
            ("object", _) if schema["properties"].is_object() => {
                return self.object(place, schema, type_, is_response);
            }
            ("object", _) if schema["additionalProperties"]["type"] != "string" => &["Json"],
            ("object", _) if is_response => &["Metadata"],
            ("object", _) => &["MetadataParams"],
            _ => &["of a kind that this check knows"],
        };
        self.expect(place, expected, type_);
    }

    fn choice(&mut self, place: &str, options: &[Value], type_: &str, is_response: bool) {
        let rest: Vec<_> = options.iter().filter(|option| !lists(&option["enum"], "")).collect();
        let patched = inside(type_, "Patch");
        if patched.is_some() != (rest.len() < options.len()) {
            self.report(format!(
                "{place} can be cleared either in the model or at Stripe, but must be so in both or in neither"
            ));
        }
        let type_ = patched.unwrap_or(type_);
        let kinds: Vec<_> = rest.iter().map(|option| reference(option).or(option["type"].as_str())).collect();
        let expected = match kinds[..] {
            [_] => return self.value(place, rest[0], type_, is_response),
            [Some("string"), Some(name)] if reference(rest[1]).is_some() => match inside(type_, "Expandable") {
                Some(target) => return self.object(name, self.document.schema(name), target, true),
                None => "an id or an object",
            },
            [Some("object"), Some("integer")] => "CreatedFilter",
            [Some("string"), Some("integer")] => "FileLinkExpiry",
            _ => "a choice that this check knows",
        };
        self.expect(place, &[expected], type_);
    }

    fn expect(&mut self, place: &str, expected: &[&str], type_: &str) {
        if !expected.contains(&type_) {
            self.report(format!("{place} is {type_}, but should be {}", expected.join(" or ")));
        }
    }

    fn enum_values(&mut self, place: &str, values: &[&str], model: &str, may_be_fewer: bool) {
        let models = self.models;
        let Some(known) = models.enums.get(model) else {
            return self.report(format!("{place} is {model}, but should be an open enum"));
        };
        self.matched.insert(model.to_owned());
        for value in values.iter().filter(|value| !known.iter().any(|known| known == *value)) {
            self.report(format!("{place} can be `{value}`, but {model} has no variant for it"));
        }
        for value in known.iter().filter(|known| !may_be_fewer && !values.contains(&known.as_str())) {
            self.report(format!("{model} has a variant for `{value}`, but {place} cannot be that"));
        }
    }

    /// Reports models that nothing in the fact table led to.
    fn unmatched(&mut self) {
        let models = self.models;
        let structs = models.structs.iter().filter(|(_, model)| model.is_deserialized && !model.fields.is_empty());
        for name in structs.map(|(name, _)| name).chain(models.enums.keys()) {
            if !self.matched.contains(name) {
                self.report(format!("{name} matches nothing in the fact table"));
            }
        }
        let objects =
            OBJECTS.iter().map(|(schema, _)| &self.document.schema(schema)["properties"]["object"]["enum"][0]);
        let objects: Vec<_> = objects.filter_map(Value::as_str).chain(["list"]).collect();
        for value in models.enums.get("ObjectType").into_iter().flatten() {
            if !objects.contains(&value.as_str()) {
                self.report(format!("ObjectType has a variant for `{value}`, but no object has that type"));
            }
        }
    }
}

/// Returns the argument of a generic type of this name.
fn inside<'a>(type_: &'a str, name: &str) -> Option<&'a str> {
    type_.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>')
}

/// Returns the type inside any number of these.
fn strip<'a>(type_: &'a str, names: &[&str]) -> &'a str {
    names.iter().find_map(|name| inside(type_, name)).map_or(type_, |inner| strip(inner, names))
}
