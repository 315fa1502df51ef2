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

    /// The schema of a successful response.
    pub(crate) fn response(operation: &Value) -> &Value {
        &operation["responses"]["200"]["content"]["application/json"]["schema"]
    }

    /// Every fact about these operations and all that they reach, each as a line: what it is about, and what it says.
    pub(crate) fn facts(&self, operations: &BTreeSet<Operation>, schemas: &[&str]) -> BTreeMap<String, String> {
        let mut facts = Facts { document: self, lines: BTreeMap::new(), seen: BTreeSet::new() };
        for ((method, path), operation) in self.operations() {
            if !operations.contains(&(method.clone(), path.clone())) {
                continue;
            }
            let place = format!("{method} {path}");
            facts.say(&place, "is there");
            for (name, parameter) in self.parameters(operation) {
                let place = format!("{place} parameter {name}");
                facts.say(&place, if parameter.is_required { "required" } else { "optional" });
                facts.value(&place, parameter.schema);
            }
            facts.value(&format!("{place} response"), Self::response(operation));
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

struct Facts<'a> {
    document: &'a Document,
    lines: BTreeMap<String, String>,
    seen: BTreeSet<String>,
}

impl Facts<'_> {
    fn say(&mut self, place: &str, what: &str) {
        self.lines.insert(place.to_owned(), what.to_owned());
    }

    fn schema(&mut self, name: &str) {
        if self.seen.insert(name.to_owned()) {
            let document = self.document;
            self.object(&format!("schema {name}"), document.schema(name));
        }
    }

    fn object(&mut self, place: &str, schema: &Value) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place} field {name}");
            let is_always = lists(&schema["required"], name);
            self.say(&place, if is_always { "always there" } else { "may be absent" });
            self.value(&place, property);
        }
    }

    /// What a value can be: its types, enum values, and whether it can be null.
    fn value(&mut self, place: &str, schema: &Value) {
        if let Some(name) = reference(schema) {
            self.say(&format!("{place} is a"), name);
            self.schema(name);
            return;
        }
        if schema["nullable"] == true {
            self.say(&format!("{place} can be null"), "yes");
        }
        for option in schema["anyOf"].as_array().into_iter().flatten() {
            match reference(option).or(option["type"].as_str()) {
                Some(kind) if reference(option).is_some() => {
                    self.say(&format!("{place} can be a {kind}"), "yes");
                    self.schema(kind);
                }
                Some(kind) => {
                    self.say(&format!("{place} can be a {kind}"), "yes");
                    self.value(&format!("{place} as {kind}"), option);
                }
                None => {}
            }
        }
        if let Some(kind) = schema["type"].as_str() {
            self.say(&format!("{place} is a"), kind);
        }
        for value in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            self.say(&format!("{place} can be `{value}`"), "yes");
        }
        if schema["type"] == "array" {
            self.value(&format!("{place} item"), &schema["items"]);
        }
        self.object(place, schema);
    }
}

pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether a list of names has this one.
pub(crate) fn lists(names: &Value, name: &str) -> bool {
    names.as_array().into_iter().flatten().any(|listed| listed == name)
}
