use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::{ObjectType, Sensitive};

/// One page of a list, newest objects first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct List<T> {
    /// Always [`ObjectType::List`].
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// The objects of this page.
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    pub data: Vec<T>,
    /// Whether there are more objects beyond this page, in the direction that was asked for. Absent reads as `false`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub has_more: bool,
    /// The path that the list was read from. Hidden in `Debug`, since a query may name a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Sensitive<String>>,
}

impl<T> List<T> {
    /// A page of objects, as a server gives it.
    pub fn new(url: impl Into<String>, data: Vec<T>, has_more: bool) -> Self {
        Self { object: ObjectType::List, data, has_more, url: Some(Sensitive::new(url.into())) }
    }
}
