//! OpenAPI documents: ours, and Stripe's own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::Failure;

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

    /// The schema that another one stands for, if it is a reference. Null if that leads nowhere, or round in circles.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        for _ in 0..32 {
            match reference(schema) {
                Some(name) => schema = self.schema(name),
                None => return schema,
            }
        }
        &Value::Null
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
}

#[derive(Clone, Copy)]
pub(crate) struct Parameter<'a> {
    pub(crate) schema: &'a Value,
    pub(crate) is_required: bool,
}

pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether a list of names has this one.
pub(crate) fn lists(names: &Value, name: &str) -> bool {
    names.as_array().into_iter().flatten().any(|listed| listed == name)
}
