//! Walks through two documents side by side, and follows only the objects that ours describes.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use crate::openapi::{Document, reference};

/// Keys for people or code generators, which do not affect requests and responses.
const ANNOTATIONS: &[&str] = &[
    "deprecated",
    "description",
    "encoding",
    "example",
    "explode",
    "externalDocs",
    "maxLength",
    "operationId",
    "pattern",
    "security",
    "style",
    "summary",
    "tags",
    "title",
];

/// Keys that describe a schema beyond its type.
const STRUCTURE: &[&str] = &["allOf", "anyOf", "enum", "items", "oneOf", "properties"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    New,
    Gone,
    Changed,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) place: String,
    pub(super) kind: Kind,
    what: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, kind, what } = self;
        write!(f, "{}: {place}", kind.name())?;
        if what.is_empty() { Ok(()) } else { write!(f, ": {what}") }
    }
}

pub(super) struct Comparison<'a> {
    ours: &'a Document,
    theirs: &'a Document,
    pub(super) changes: BTreeSet<Change>,
    /// Places where ours has only `object`, with the schemas to which theirs refers.
    pub(super) not_modelled: BTreeSet<String>,
    /// The schemas that were compared, by their names in both documents.
    seen: BTreeSet<(String, String)>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(ours: &'a Document, theirs: &'a Document) -> Self {
        Self { ours, theirs, changes: BTreeSet::new(), not_modelled: BTreeSet::new(), seen: BTreeSet::new() }
    }

    /// Compares the operations at the paths that this accepts.
    pub(super) fn paths(&mut self, is_ours: impl Fn(&str) -> bool) {
        let (ours, theirs) = (self.ours, self.theirs);
        for path in keys(&ours.0["paths"], &theirs.0["paths"]).into_iter().filter(|path| is_ours(path)) {
            let (ours, theirs) = (&ours.0["paths"][path], &theirs.0["paths"][path]);
            for method in keys(ours, theirs).into_iter().filter(|method| !is_annotation(method)) {
                let place = format!("{} {path}", method.to_uppercase());
                self.member(&place, ours.get(method), theirs.get(method));
            }
        }
    }

    pub(super) fn schema(&mut self, name: &str) {
        self.schemas(name, name);
    }

    fn schemas(&mut self, ours: &str, theirs: &str) {
        if self.seen.insert((ours.to_owned(), theirs.to_owned())) {
            let place = format!("schema {ours}");
            let schemas = |document: &'a Document, name| document.0["components"]["schemas"].get(name);
            self.member(&place, schemas(self.ours, ours), schemas(self.theirs, theirs));
        }
    }

    fn report(&mut self, kind: Kind, place: &str, what: String) {
        self.changes.insert(Change { place: place.to_owned(), kind, what });
    }

    /// Compares a key that one of the documents may lack.
    fn member(&mut self, place: &str, ours: Option<&'a Value>, theirs: Option<&'a Value>) {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => self.value(place, ours, theirs),
            (None, Some(theirs)) => self.report(Kind::New, place, described(theirs)),
            (Some(ours), None) => self.report(Kind::Gone, place, described(ours)),
            (None, None) => {}
        }
    }

    fn value(&mut self, place: &str, ours: &'a Value, theirs: &'a Value) {
        let both = (ours, theirs);
        if let (Some(ours), Some(theirs)) = (reference(ours), reference(theirs)) {
            let is_modelled = !is_opaque(self.ours.schema(ours));
            if is_modelled || ours == theirs {
                // The name of a schema is in no request and no response.
                self.schemas(ours, theirs);
                return self.next_to_the_reference(place, both);
            }
        }
        let (resolved, target) = (self.ours.resolve(ours), self.theirs.resolve(theirs));
        if is_opaque(resolved) && leads_on(theirs, target) {
            let names = references(theirs);
            let names = if names.is_empty() { "an inline object".to_owned() } else { names.join(", ") };
            self.not_modelled.insert(format!("{place}: {names}"));
            return;
        }
        match (resolved, target) {
            (Value::Object(_), Value::Object(_)) => self.object(place, resolved, target),
            (Value::Array(ours), Value::Array(theirs)) => self.array(place, ours, theirs),
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => {
                self.report(Kind::Changed, place, format!("{}, now {}", described(ours), described(theirs)));
            }
        }
    }

    fn next_to_the_reference(&mut self, place: &str, (ours, theirs): (&'a Value, &'a Value)) {
        for key in keys(ours, theirs).into_iter().filter(|key| *key != "$ref" && !is_annotation(key)) {
            self.member(&format!("{place} {key}"), ours.get(key), theirs.get(key));
        }
    }

    fn object(&mut self, place: &str, ours: &'a Value, theirs: &'a Value) {
        for key in keys(ours, theirs).into_iter().filter(|key| !is_annotation(key)) {
            let (ours, theirs) = (value_of(ours, key), value_of(theirs, key));
            if key == "properties" {
                // A place names fields without the word `properties`.
                let (ours, theirs) = (ours.unwrap_or(&Value::Null), theirs.unwrap_or(&Value::Null));
                for field in keys(ours, theirs) {
                    self.member(&format!("{place} {field}"), ours.get(field), theirs.get(field));
                }
            } else {
                self.member(&format!("{place} {key}"), ours, theirs);
            }
        }
    }

    /// Compares items by their names, or by their positions if they have none.
    fn array(&mut self, place: &str, ours: &'a [Value], theirs: &'a [Value]) {
        let by_name = |items: &'a [Value]| -> Vec<(String, &'a Value)> {
            let pair = |(index, item): (usize, &'a Value)| (name_of(item).unwrap_or_else(|| index.to_string()), item);
            items.iter().enumerate().map(pair).collect()
        };
        let (ours, theirs) = (by_name(ours), by_name(theirs));
        let find =
            |items: &[(String, &'a Value)], name: &str| items.iter().find(|(it, _)| it == name).map(|(_, item)| *item);
        let names: BTreeSet<_> = ours.iter().chain(&theirs).map(|(name, _)| name.as_str()).collect();
        for name in names {
            let place = format!("{place} {name}");
            match (find(&ours, name), find(&theirs, name)) {
                // The place already names the value.
                (None, Some(Value::String(_))) => self.report(Kind::New, &place, String::new()),
                (Some(Value::String(_)), None) => self.report(Kind::Gone, &place, String::new()),
                (ours, theirs) => self.member(&place, ours, theirs),
            }
        }
    }
}

/// Returns the value of a key, unless it means the same as no value.
fn value_of<'a>(object: &'a Value, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|inner| match key {
        // A body without fields is no body.
        "requestBody" => inner.to_string().contains("\"properties\":{\""),
        // Other fields are allowed by default.
        "additionalProperties" => **inner != true,
        _ => true,
    })
}

fn is_annotation(key: &str) -> bool {
    let is_extension = key.starts_with("x-") && key != "x-expandableFields";
    is_extension || ANNOTATIONS.contains(&key)
}

/// Whether a schema only says that its value is an object.
fn is_opaque(schema: &Value) -> bool {
    schema["type"] == "object"
        && STRUCTURE.iter().all(|key| schema.get(key).is_none())
        && !schema["additionalProperties"].is_object()
}

/// Whether a schema of theirs is a reference, or describes an object beyond its type.
fn leads_on(schema: &Value, resolved: &Value) -> bool {
    let is_object = resolved["type"].as_str().is_none_or(|it| it == "object");
    reference(schema).is_some() || is_object && STRUCTURE.iter().any(|key| resolved.get(key).is_some())
}

fn keys<'a>(ours: &'a Value, theirs: &'a Value) -> BTreeSet<&'a str> {
    let keys = |value: &'a Value| value.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    keys(ours).chain(keys(theirs)).collect()
}

fn name_of(item: &Value) -> Option<String> {
    if let Some(text) = item.as_str() {
        return Some(format!("`{text}`"));
    }
    item["name"].as_str().or(reference(item)).or(item["title"].as_str()).map(str::to_owned)
}

/// Returns the schemas that a schema refers to, itself or in one of its choices.
fn references(schema: &Value) -> Vec<&str> {
    let choices = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema[key].as_array()).flatten();
    choices.chain([schema]).filter_map(reference).collect()
}

/// Describes a value in a few words.
fn described(value: &Value) -> String {
    let names = references(value);
    let schema = &value["schema"];
    if !names.is_empty() {
        names.join(" or ")
    } else if let Some(values) = value["enum"].as_array() {
        let values: Vec<_> = values.iter().map(Value::to_string).collect();
        values.join(", ")
    } else if value["type"] == "array" {
        format!("array of {}", described(&value["items"]))
    } else if let Some(type_) = value["type"].as_str() {
        type_.to_owned()
    } else if let (Some(place), false) = (value["in"].as_str(), schema.is_null()) {
        format!("{}, in {place}", described(schema))
    } else if let Some(items) = value.as_array() {
        let items: Vec<_> = items.iter().map(described).collect();
        items.join(", ")
    } else if value.is_object() {
        String::new()
    } else {
        value.to_string()
    }
}
