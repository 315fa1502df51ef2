//! Deserialization that survives fields of an unexpected form.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use stripe_identity_types::{EventId, each_field};

pub(crate) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Returns the fields of an object with their values as they came, or `None` if it is not one.
///
/// Of a key that occurs twice, the last one counts. A key that is not valid text is left out.
pub(crate) fn parse_fields(json: &str) -> Option<Fields<'_>> {
    let mut fields = BTreeMap::new();
    let parsed = each_field(json, |key, value| {
        if let Ok(key) = std::str::from_utf8(key) {
            fields.insert(key.to_owned(), value);
        }
    });
    parsed.ok().map(|()| fields)
}

/// Deserializes an event, and leaves out the fields, and the fields of these, that cannot be
/// deserialized.
///
/// Returns `None` if the id is among them, or is blank.
pub(crate) fn deserialize_leniently<T: DeserializeOwned>(mut fields: Fields<'_>) -> Option<Box<T>> {
    let id = fields.remove("id")?;
    if serde_json::from_str::<EventId>(id.get()).is_ok_and(|id| is_blank(&id)) {
        return None;
    }
    // A short id suffices here, and the real one may be long.
    let is_valid = |name: &str, value: &RawValue| {
        let json = format!(r#"{{"id":"-",{}:{}}}"#, Value::from(name), value.get());
        serde_json::from_str::<T>(&json).is_ok()
    };
    let mut valid = BTreeMap::from([("id".to_owned(), id.to_owned())]);
    for (name, value) in fields {
        let mut value = value.to_owned();
        if !is_valid(&name, &value) {
            let Some(mut parts) = parse_fields(value.get()) else { continue };
            parts.retain(|part, value| {
                let part = format!("{{{}:{}}}", Value::from(part.as_str()), value.get());
                RawValue::from_string(part).is_ok_and(|part| is_valid(&name, &part))
            });
            match serde_json::value::to_raw_value(&parts) {
                Ok(parts) if is_valid(&name, &parts) => value = parts,
                _ => continue,
            }
        }
        valid.insert(name, value);
    }
    serde_json::from_str(&serde_json::to_string(&valid).ok()?).ok()
}

/// Returns whether an id cannot tell its event from others, because it has no visible character.
pub(crate) fn is_blank(id: &EventId) -> bool {
    id.as_str().trim().is_empty()
}
