//! OpenAPI documents: ours, and Stripe's own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Failure;

/// The fact table: the Identity part of Stripe's API, at the version that the models follow.
pub(crate) fn ours() -> Result<Document, Failure> {
    Ok(Document(serde_json::from_str(include_str!("../stripe-identity.openapi.json"))?))
}

pub(crate) struct Document(pub(crate) Value);

/// A method and a path.
pub(crate) type Operation = (String, String);

impl Document {
    /// What can be called, with the description of each.
    pub(crate) fn operations(&self) -> BTreeMap<Operation, &Value> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| ((method.to_uppercase(), path.clone()), operation))
        });
        operations.filter(|((method, _), _)| matches!(method.as_str(), "GET" | "POST" | "DELETE")).collect()
    }

    pub(crate) fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// The schema that another one stands for, if it is a reference.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match reference(schema) {
            Some(name) => self.schema(name),
            None => schema,
        }
    }

    /// The parameters of an operation by name: those of its query and those of its body.
    pub(crate) fn parameters<'a>(&'a self, operation: &'a Value) -> BTreeMap<&'a str, Parameter<'a>> {
        let query = operation["parameters"].as_array().into_iter().flatten().filter(|it| it["in"] == "query");
        let query = query.filter_map(|it| {
            let is_required = it["required"] == true;
            Some((it["name"].as_str()?, Parameter { schema: &it["schema"], is_required }))
        });
        let contents = operation["requestBody"]["content"].as_object().into_iter().flatten();
        let body = contents.flat_map(|(_, content)| {
            let schema = self.resolve(&content["schema"]);
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(move |(name, property)| {
                let is_required = lists(&schema["required"], name);
                (name.as_str(), Parameter { schema: property, is_required })
            })
        });
        query.chain(body).collect()
    }

    /// Everything that is said about these operations, these schemas and all that they refer to: place by place.
    pub(crate) fn facts(&self, is_ours: impl Fn(&str) -> bool, schemas: &[&str]) -> BTreeMap<String, String> {
        let mut facts = Facts { document: self, lines: BTreeMap::new(), seen: BTreeSet::new() };
        for (path, item) in self.0["paths"].as_object().into_iter().flatten().filter(|(path, _)| is_ours(path)) {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let place = format!("{} {path}", method.to_uppercase());
                facts.say(place.clone(), "is there");
                facts.value(&place, operation);
            }
        }
        for schema in schemas {
            facts.schema(schema);
        }
        facts.lines
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Parameter<'a> {
    pub(crate) schema: &'a Value,
    pub(crate) is_required: bool,
}

/// What is said for people or for generators of code, and changes nothing on the wire.
const WORDS: &[&str] = &[
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

struct Facts<'a> {
    document: &'a Document,
    lines: BTreeMap<String, String>,
    seen: BTreeSet<String>,
}

impl Facts<'_> {
    fn say(&mut self, place: String, what: &str) {
        self.lines.insert(place, what.to_owned());
    }

    fn schema(&mut self, name: &str) {
        if self.seen.insert(name.to_owned()) {
            let document = self.document;
            self.value(&format!("schema {name}"), document.schema(name));
        }
    }

    fn value(&mut self, place: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(name) = reference(value) {
                    self.say(format!("{place} refers to"), name);
                    self.schema(name);
                }
                for (key, inner) in fields {
                    let is_extension = key.starts_with("x-") && key != "x-expandableFields";
                    // A body that may be left out and has no fields is none.
                    let is_empty_body = key == "requestBody" && !inner.to_string().contains("\"properties\":{\"");
                    if !is_extension && !is_empty_body && key != "$ref" && !WORDS.contains(&key.as_str()) {
                        // Fields are called by their name alone.
                        let place = if key == "properties" { place.to_owned() } else { format!("{place} {key}") };
                        self.value(&place, inner);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    match name_of(item) {
                        Some(name) if item.is_string() => self.say(format!("{place} `{name}`"), "is there"),
                        Some(name) => self.value(&format!("{place} {name}"), item),
                        None => self.value(&format!("{place} {index}"), item),
                    }
                }
            }
            plain => self.say(place.to_owned(), &plain.to_string()),
        }
    }
}

/// What an item of a list is called by, so that its position does not matter.
fn name_of(item: &Value) -> Option<&str> {
    item.as_str().or(item["name"].as_str()).or(reference(item)).or(item["title"].as_str())
}

pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether a list of names has this one.
pub(crate) fn lists(names: &Value, name: &str) -> bool {
    names.as_array().into_iter().flatten().any(|listed| listed == name)
}
