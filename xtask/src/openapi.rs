//! OpenAPI documents: the fact table and Stripe's own.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::command::Failure;

/// Parses the fact table: the Identity part of Stripe's API, at the version that the models follow.
pub(crate) fn ours() -> Result<Document, Failure> {
    Ok(Document(serde_json::from_str(include_str!("../stripe-identity.openapi.json"))?))
}

pub(crate) struct Document(pub(crate) Value);

/// A method and a path.
pub(crate) type Operation = (String, String);

impl Document {
    /// Returns every operation with its description.
    pub(crate) fn operations(&self) -> BTreeMap<Operation, &Value> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| ((method.to_uppercase(), path.clone()), operation))
        });
        operations.filter(|((method, _), _)| matches!(method.as_str(), "GET" | "POST" | "DELETE")).collect()
    }

    /// Returns the schema of this name, or null.
    pub(crate) fn schema(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// Follows references until there is a schema. Returns null if it does not exist or the references form a loop.
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

    /// Returns the parameters of an operation by name: those of its query and those of its body.
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

/// Returns the name of the schema that a schema refers to.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether a list of strings contains a name.
pub(crate) fn lists(names: &Value, name: &str) -> bool {
    names.as_array().into_iter().flatten().any(|listed| listed == name)
}
