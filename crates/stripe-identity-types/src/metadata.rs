use std::collections::{BTreeMap, btree_map};
use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::maps::empty_map;
use crate::sensitive::Hidden;

/// Key-value pairs that you attach to an object for your own use.
///
/// Stripe accepts up to 50 pairs. A key has up to 40 characters, none of them a square bracket, and
/// a value up to 500. The redaction of a session erases its metadata.
///
/// `Debug` shows only the number of pairs, since both keys and values may name a person. A pair
/// whose value is `null` parses as absent.
///
/// ```
/// use stripe_identity_types::Metadata;
///
/// let mut metadata: Metadata = [("case", "7")].into_iter().collect();
/// metadata.insert("desk", "north");
/// assert_eq!(metadata.get("case"), Some("7"));
/// assert_eq!(format!("{metadata:?}"), "Metadata { len: 2, pairs: [hidden] }");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Creates metadata without pairs.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Returns the value of a key, or `None` if there is no such key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets a pair. Returns the value that it replaces, or `None` if the key is new.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.0.insert(key.into(), value.into())
    }

    /// Removes a pair. Returns its value, or `None` if there is no such key.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.0.remove(key)
    }

    /// Removes all pairs.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns an iterator over the pairs, sorted by key.
    pub fn iter(&self) -> btree_map::Iter<'_, String, String> {
        self.0.iter()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata").field("len", &self.0.len()).field("pairs", &Hidden).finish()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<'a> IntoIterator for &'a Metadata {
    type Item = (&'a String, &'a String);
    type IntoIter = btree_map::Iter<'a, String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Metadata {
    type Item = (String, String);
    type IntoIter = btree_map::IntoIter<String, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Metadata;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings to strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
                let mut pairs = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
                    match value {
                        Some(value) => drop(pairs.insert(key, value)),
                        None => drop(pairs.remove(&key)),
                    }
                }
                Ok(Metadata(pairs))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Metadata, A::Error> {
                empty_map(seq).map(|_| Metadata::new())
            }
        }

        // serde's own error would quote a value that is not a string. PHP writes an empty map as a
        // list.
        deserializer
            .deserialize_any(Pairs)
            .map_err(|_| D::Error::custom("invalid metadata: expected a map of strings to strings"))
    }
}

/// Metadata pairs to set, and keys to remove. Other keys keep their values.
///
/// [`Metadata`] has the limits. `Debug` shows only the number of keys. A key to remove serializes as
/// `null`, which is an empty value in a form.
///
/// ```
/// use stripe_identity_types::{MetadataParams, UpdateVerificationSession};
///
/// let mut params = UpdateVerificationSession::new();
/// params.metadata = MetadataParams::from_iter([("case", "7")]);
/// params.metadata.unset("draft");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MetadataParams(BTreeMap<String, Option<String>>);

impl MetadataParams {
    /// Sets a pair. Replaces an earlier change of the key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), Some(value.into()));
    }

    /// Removes the pair of a key. Replaces an earlier change of the key.
    pub fn unset(&mut self, key: impl Into<String>) {
        self.0.insert(key.into(), None);
    }

    /// Returns whether no key changes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for MetadataParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataParams").field("len", &self.0.len()).field("pairs", &Hidden).finish()
    }
}

/// Collects pairs to set.
impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for MetadataParams {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.into(), Some(value.into()))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_debug_shows_neither_keys_nor_values() {
        let metadata: Metadata = [("robin@example.test", "passport F0000001")].into_iter().collect();
        assert_eq!(format!("{metadata:?}"), "Metadata { len: 1, pairs: [hidden] }");
        let params: MetadataParams = [("robin@example.test", "passport F0000001")].into_iter().collect();
        assert_eq!(format!("{params:?}"), "MetadataParams { len: 1, pairs: [hidden] }");
    }

    #[test]
    fn null_value_parses_as_absent() {
        let metadata: Metadata = serde_json::from_str(r#"{"a": null, "b": "1"}"#).unwrap();
        assert_eq!(metadata, [("b", "1")].into_iter().collect());
    }
}
