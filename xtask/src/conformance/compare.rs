//! Goes through the fact table and the models side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use stripe_identity_core::resources;

use super::rules::{self, BEYOND, OBJECTS, OTHER_ROUTES, PARAMETERS};
use super::source::{self, Models, Shape};
use crate::openapi::{Document, lists, reference};

/// On which way a struct goes over the wire.
enum Wire<'a> {
    Response { name: &'a str, schema: &'a Value },
    Parameters { required: Vec<&'a str> },
}

pub(crate) struct Check<'a> {
    models: &'a Models,
    document: &'a Document,
    differences: Vec<String>,
    /// The structs that were compared, each with its type arguments.
    seen: BTreeSet<String>,
    enums: BTreeSet<String>,
}

impl<'a> Check<'a> {
    pub(crate) fn differences(models: &'a Models, document: &'a Document) -> Vec<String> {
        let (seen, enums) = (BTreeSet::new(), BTreeSet::new());
        let mut check = Check { models, document, differences: Vec::new(), seen, enums };
        for (schema, model) in OBJECTS {
            let shape = Shape { name: (*model).to_owned(), of: Vec::new() };
            check.object(schema, document.schema(schema), &shape, Some(schema));
        }
        check.operations();
        check.notification();
        check.events();
        check.expansions();
        check.attributes();
        check.what_is_too_much();
        check.differences
    }

    fn differ(&mut self, what: String) {
        self.differences.push(what);
    }

    fn operations(&mut self) {
        let document = self.document;
        let operations = document.operations();
        let routes: BTreeSet<_> =
            resources::routes().map(|route| (route.method().to_string(), route.template().to_owned())).collect();
        for (method, path) in operations.keys().filter(|operation| !routes.contains(operation)) {
            self.differ(format!("{method} {path} has no endpoint"));
        }
        let is_known = |route: &(String, String)| {
            operations.contains_key(route) || OTHER_ROUTES.contains(&(route.0.as_str(), route.1.as_str()))
        };
        for (method, path) in routes.iter().filter(|route| !is_known(route)) {
            self.differ(format!("{method} {path} is an endpoint that does not exist"));
        }
        for ((method, path), operation) in &operations {
            let place = format!("{method} {path}");
            let parameters = document.parameters(operation);
            let required: Vec<_> = parameters.iter().filter(|(_, it)| it.is_required).map(|(name, _)| *name).collect();
            let mut properties: BTreeMap<_, _> = parameters.iter().map(|(name, it)| (*name, it.schema)).collect();
            if properties.remove("expand").is_none() {
                self.differ(format!("{place} takes no expand, and every call can have one"));
            }
            let model = PARAMETERS.iter().find(|(m, p, _)| (m, p) == (&method.as_str(), &path.as_str()));
            match model {
                None if properties.is_empty() => {}
                None => self.differ(format!("{place} takes parameters that have no model")),
                Some((_, _, model)) => {
                    let shape = Shape { name: (*model).to_owned(), of: Vec::new() };
                    self.fields(&place, &properties, &shape, &Wire::Parameters { required });
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
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let wire = match presence {
            Some(name) => Wire::Response { name, schema },
            None => Wire::Parameters { required },
        };
        self.fields(place, &properties, shape, &wire);
    }

    /// The fields of a struct, both ways round.
    fn fields(&mut self, place: &str, properties: &BTreeMap<&str, &Value>, shape: &Shape, wire: &Wire<'_>) {
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
            match wire {
                Wire::Response { name: of, schema } => self.presence(&place, of, schema, name, field, &type_),
                Wire::Parameters { required } if model.is_written => {
                    self.requirement(&place, required.contains(name), field, &type_);
                }
                Wire::Parameters { .. } => {}
            }
            self.privacy(&place, name, &shape.name, &type_);
            self.value(&place, property, &type_, matches!(wire, Wire::Response { .. }));
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
        let reads_all = strip(type_, &["Sensitive"]).name == "Json";
        let can_be_absent = type_.name == "Option" || field.reads_null() || reads_all;
        let is_required = name == "id" || rules::REQUIRED.contains(&place);
        if !is_required && !can_be_absent {
            self.differ(format!("{place} cannot be absent or null in the model"));
        }
        let listed = &self.document.0["x-presence"]["schemas"][name_of_schema][name];
        let is_nullable = schema["properties"][name]["nullable"] == true;
        match listed.as_str() {
            Some("optional" | "includable") if !field.is_skipped() => {
                self.differ(format!("{place} is written as null where Stripe leaves it out"));
            }
            Some("always") if is_nullable && field.is_skipped() => {
                self.differ(format!("{place} is left out where Stripe writes null"));
            }
            Some("always") if !is_nullable && type_.name == "Option" && !field.is_skipped() => {
                self.differ(format!("{place} is written as null where Stripe never does"));
            }
            _ => {}
        }
    }

    /// A parameter that must be there is always sent; the others are left out until they are set.
    fn requirement(&mut self, place: &str, is_required: bool, field: &source::Field, type_: &Shape) {
        let is_optional = matches!(type_.name.as_str(), "Option" | "Patch") || field.is_skipped();
        if is_required && is_optional {
            self.differ(format!("{place} is required, and can be left out in the model"));
        } else if !is_required && !field.is_skipped() {
            self.differ(format!("{place} is optional, and always sent by the model"));
        }
    }

    /// Secrets and personal data must be hidden.
    fn privacy(&mut self, place: &str, name: &str, model: &str, type_: &Shape) {
        let is_exempt = rules::NOT_PRIVATE.contains(&format!("{model}.{name}").as_str());
        let inner = strip(type_, &["Option"]);
        let is_struct = self.models.structs.contains_key(&inner.name) && inner.name != "Date";
        if rules::PRIVATE.contains(&name) && !is_exempt && !is_struct && inner.name != "Sensitive" {
            self.differ(format!("{place} is private, and not hidden in Debug"));
        }
    }

    /// Every path that can be expanded has a name, and no other.
    fn expansions(&mut self) {
        for (schema, model) in rules::EXPANSIONS {
            let mut paths = Vec::new();
            self.includable(schema, "", &mut paths);
            let paths: Vec<_> = paths.iter().map(String::as_str).collect();
            self.enum_values(&format!("what {schema} can expand"), &paths, model, false);
        }
    }

    fn includable(&self, name: &str, prefix: &str, paths: &mut Vec<String>) {
        let schema = self.document.schema(name);
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{prefix}{field}");
            let presence = &self.document.0["x-presence"]["schemas"][name][field];
            let is_link = property["x-expansionResources"].is_object();
            if (presence == "includable" || is_link) && !rules::GIVEN.contains(&path.as_str()) {
                paths.push(path.clone());
            }
            let options = property["anyOf"].as_array().into_iter().flatten().chain([property]);
            for inner in options.filter_map(reference) {
                if inner.starts_with("gelato_") || inner == "identity.verification_report" {
                    self.includable(inner, &format!("{path}."), paths);
                }
            }
        }
    }

    /// What serde is told in words that this check does not know may change what goes over the wire.
    fn attributes(&mut self) {
        let models = self.models;
        for (name, model) in &models.structs {
            for (word, value) in &model.serde {
                if !rules::STRUCT_WORDS.contains(&word.as_str()) || word == "default" && value.is_some() {
                    self.differ(format!("{name}: serde's `{word}` is not known to this check"));
                }
            }
            let serde = model.serde.get("crate").and_then(Option::as_deref);
            if model.is_read_from_json && !model.serde.contains_key("transparent") && serde != Some(rules::SERDE) {
                self.differ(format!("{name} reads a list as an object"));
            }
            for (field, it) in &model.fields {
                for (word, value) in &it.serde {
                    if !rules::is_known(word, value.as_deref()) {
                        self.differ(format!("{name}.{field}: serde's `{word}` ({value:?}) is not known to this check"));
                    }
                }
                let has_default = it.serde.contains_key("default") || model.serde.contains_key("default");
                if it.serde.contains_key("deserialize_with") && !has_default {
                    self.differ(format!("{name}.{field} reads null and cannot be missing"));
                }
            }
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
            Some("integer") => self.one_of(place, type_, if is_response { &["i64", "u64"] } else { &["u32"] }),
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
        if schema["format"] == "date-time" {
            return self.one_of(place, type_, &["DateTime"]);
        }
        let Some(values) = schema["enum"].as_array() else {
            let field = place.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
            if !rules::is_text(&type_.name, field, place) {
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
            self.one_of(place, type_, &["Json"]);
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
        let unused: Vec<_> = models.enums.keys().filter(|name| !self.enums.contains(*name)).collect();
        for name in unused {
            self.differ(format!("{name} is an enum of nothing"));
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
