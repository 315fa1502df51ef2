//! serde as the models use it: an object is parsed from a map, or from an empty list, which is how
//! PHP writes an empty map.
//!
//! The code that serde derives for a struct also accepts a sequence of its fields, so that
//! `["vs_9"]` would be a session. Derived code finds serde under the path in `#[serde(crate =
//! "crate::maps")]`. This module re-exports all of serde, and replaces one method.

use std::cell::Cell;
use std::{fmt, iter};

use serde::de::value::MapDeserializer;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
pub(crate) use serde::*;

/// Replaces serde's trait of this name in derived code.
pub(crate) trait Deserializer<'de>: serde::Deserializer<'de> {
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let is_visited = Cell::new(false);
        let visitor = MapOnly { visitor, is_visited: &is_visited };
        serde::Deserializer::deserialize_struct(self, name, fields, visitor).map_err(|error| {
            // An error before the visit is a syntax error, or one that may quote a value that is
            // not a map.
            let may_quote = !is_visited.get() && error.to_string().contains(['"', '`']);
            if may_quote { Self::Error::custom("invalid type: expected an object") } else { error }
        })
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        serde::Deserializer::deserialize_identifier(self, visitor)
    }
}

impl<'de, D: serde::Deserializer<'de>> Deserializer<'de> for D {}

struct MapOnly<'a, V> {
    visitor: V,
    is_visited: &'a Cell<bool>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for MapOnly<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.is_visited.set(true);
        self.visitor.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        self.is_visited.set(true);
        self.visitor.visit_map(empty_map(seq)?)
    }
}

/// Returns the map that an empty list stands for, or an error if the list has elements.
pub(crate) fn empty_map<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<impl MapAccess<'de, Error = A::Error>, A::Error> {
    match seq.next_element::<IgnoredAny>()? {
        None => Ok(MapDeserializer::new(iter::empty::<(&str, &str)>())),
        Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, &"an object")),
    }
}

/// Rejects numbers in a visitor, since serde's own error quotes them.
macro_rules! refuse_numbers {
    ($($visit:ident: $number:ty),+) => { $(
        fn $visit<E: serde::de::Error>(self, _: $number) -> Result<Self::Value, E> {
            Err(E::invalid_type(serde::de::Unexpected::Other("a number"), &self))
        }
    )+ };
    () => { $crate::maps::refuse_numbers!(visit_i64: i64, visit_u64: u64, visit_f64: f64); };
}
pub(crate) use refuse_numbers;
