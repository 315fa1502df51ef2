use std::{slice, vec};

use serde::{Deserialize, Serialize};

use crate::lenient::null_as_default;
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;

/// One page of a list, newest objects first.
///
/// In Stripe's API, this is the object `list`.
///
/// [`data`](Self::data) is required: JSON without it, or of another kind of object, does not parse
/// as an empty list.
///
/// ```
/// use stripe_identity_types::{List, VerificationSession};
///
/// let page: List<VerificationSession> =
///     serde_json::from_str(r#"{"object": "list", "data": [{"id": "vs_2"}, {"id": "vs_1"}], "has_more": true}"#)?;
/// assert!(page.has_more);
/// for session in page {
///     println!("{}", session.id);
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
#[non_exhaustive]
pub struct List<T> {
    /// Always [`ObjectType::List`].
    #[serde(default, deserialize_with = "own::list", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// The objects of this page.
    pub data: Vec<T>,
    /// Whether there are more objects beyond this page, in the direction of the request: older ones,
    /// or newer ones after a request with `ending_before`. `false` if absent.
    #[serde(default, deserialize_with = "null_as_default")]
    pub has_more: bool,
    /// The path of the list, such as `/v1/files`. Hidden in `Debug`, since a query may name a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Sensitive<String>>,
}

impl<T> List<T> {
    /// Creates a page of objects, for tests and for servers that stand in for Stripe. `url` is the
    /// path of the list.
    pub fn new(url: impl Into<String>, data: Vec<T>, has_more: bool) -> Self {
        Self { object: ObjectType::List, data, has_more, url: Some(Sensitive::new(url.into())) }
    }

    /// Returns an iterator over the objects of this page.
    pub fn iter(&self) -> slice::Iter<'_, T> {
        self.data.iter()
    }
}

/// Returns an empty page, after which there are no more.
impl<T> Default for List<T> {
    fn default() -> Self {
        Self { object: ObjectType::List, data: Vec::new(), has_more: false, url: None }
    }
}

/// Iterates over the objects of this page.
impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

/// Iterates over the objects of this page.
impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.iter()
    }
}

/// Implements the setters that the parameters of every list have.
macro_rules! cursor_setters {
    ($params:ident, $id:ident) => {
        impl $params {
            /// Creates parameters without a filter, for the first page.
            pub fn new() -> Self {
                Self::default()
            }

            /// Selects objects by their creation time: a [`Timestamp`](crate::Timestamp) for one
            /// second, or a [`CreatedFilter`](crate::CreatedFilter) for a range.
            pub fn created(mut self, created: impl Into<$crate::created_filter::CreatedFilter>) -> Self {
                self.created = Some(created.into());
                self
            }

            /// Requests the page of newer objects that ends just before this one. Cannot be
            /// combined with `starting_after`.
            pub fn ending_before(mut self, id: impl Into<$id>) -> Self {
                self.ending_before = Some(id.into());
                self
            }

            /// Sets the number of objects in a page, from 1 to 100. Defaults to 10.
            pub fn limit(mut self, limit: u32) -> Self {
                self.limit = Some(limit);
                self
            }

            /// Requests the page of older objects that begins just after this one. Cannot be
            /// combined with `ending_before`.
            pub fn starting_after(mut self, id: impl Into<$id>) -> Self {
                self.starting_after = Some(id.into());
                self
            }
        }
    };
}
pub(crate) use cursor_setters;
