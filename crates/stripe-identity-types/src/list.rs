use std::{slice, vec};

use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;

/// One page of a list, newest objects first.
///
/// It must have its [`data`](Self::data): what has none is no list, and not an empty one either. Nor is what says that it is
/// something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct List<T> {
    /// Always [`ObjectType::List`].
    #[serde(default, deserialize_with = "own::list", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// The objects of this page.
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

    /// Returns an iterator over the objects of this page.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.data.iter()
    }
}

/// An empty page, with no more after it.
impl<T> Default for List<T> {
    fn default() -> Self {
        Self { object: ObjectType::List, data: Vec::new(), has_more: false, url: None }
    }
}

/// The objects of this page.
impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

/// The objects of this page.
impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.iter()
    }
}
