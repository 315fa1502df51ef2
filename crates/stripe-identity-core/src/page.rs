use std::error::Error;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use stripe_identity_types::{Json, List, ObjectType, each_field, escape_invalid_utf8};

use crate::decode::{DecodeError, FromResponse, parse};
use crate::shown::Token;

/// One page of a list: the objects that parse, and what is known of those that do not.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// use stripe_identity_core::types::ListVerificationSessions;
///
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let page = client.verification_sessions().list(ListVerificationSessions::new()).send()?;
/// for session in &page.data {
///     println!("{}", session.id);
/// }
/// for item in &page.unreadable {
///     eprintln!("{item}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The objects that parse, newest first.
    pub data: Vec<T>,
    /// Whether there are more objects beyond this page, in the direction that was asked for. Absent reads as `false`.
    pub has_more: bool,
    /// The objects that do not parse, in the order of their places.
    pub unreadable: Vec<UnreadableItem>,
}

/// An object of a page that does not parse.
///
/// `Display` and `Debug` show where and how it differs from what was expected, and quote nothing but its id.
#[derive(Clone)]
pub struct UnreadableItem {
    index: usize,
    id: Option<String>,
    object: Json,
    reason: DecodeError,
}

impl UnreadableItem {
    /// Returns its place on the page, counted from 0 and with all other objects of the page.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns its id, or `None` if it has none that can be read.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the object as it came. It may hold personal data.
    pub fn object(&self) -> &Json {
        &self.object
    }

    pub(crate) fn into_reason(self) -> DecodeError {
        self.reason
    }
}

impl fmt::Display for UnreadableItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "the object {} could not be read: {}", Token(id), self.reason),
            None => write!(f, "an object without an id could not be read: {}", self.reason),
        }
    }
}

impl fmt::Debug for UnreadableItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadableItem")
            .field("index", &self.index)
            .field("id", &self.id.as_deref().map(Token))
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Error for UnreadableItem {}

impl<T> Page<T> {
    /// Returns an iterator over the objects that parse.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.data.iter()
    }

    /// How many objects the page has, with those that do not parse.
    fn len(&self) -> usize {
        self.data.len() + self.unreadable.len()
    }

    /// All objects in the order of their places.
    pub(crate) fn into_items(self) -> impl Iterator<Item = Result<T, UnreadableItem>> {
        let len = self.len();
        let (mut data, mut unreadable) = (self.data.into_iter(), self.unreadable.into_iter().peekable());
        (0..len).filter_map(move |index| match unreadable.next_if(|item| item.index == index) {
            Some(item) => Some(Err(item)),
            None => data.next().map(Ok),
        })
    }

    /// The first object of the page, or the last, whether it parses or not.
    pub(crate) fn edge(&self, is_first: bool) -> Option<Result<&T, &UnreadableItem>> {
        let index = if is_first { 0 } else { self.len().checked_sub(1)? };
        let unreadable = if is_first { self.unreadable.first() } else { self.unreadable.last() };
        match unreadable.filter(|item| item.index == index) {
            Some(item) => Some(Err(item)),
            None => if is_first { self.data.first() } else { self.data.last() }.map(Ok),
        }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    /// Goes through the objects that parse.
    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: DeserializeOwned> FromResponse for Page<T> {
    fn from_response(response: &http::Response<Bytes>) -> Result<Self, DecodeError> {
        let body = escape_invalid_utf8(response.body());
        match parse::<List<T>>(&body) {
            Ok(list) => Ok(Self { data: list.data, has_more: list.has_more, unreadable: Vec::new() }),
            Err(error) => Self::item_by_item(&body).ok_or(error),
        }
    }
}

impl<T: DeserializeOwned> Page<T> {
    /// Takes of the page what parses. `None` if it is no list.
    fn item_by_item(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Items<'a> {
            #[serde(default)]
            object: Option<ObjectType>,
            #[serde(borrow)]
            data: Vec<&'a RawValue>,
            #[serde(default)]
            has_more: Option<bool>,
        }
        // To serde, a sequence would be as good for a struct.
        let items = Some(text).filter(|text| text.trim_start().starts_with('{'));
        let items: Items<'_> = serde_json::from_str(items?).ok()?;
        if items.object.is_some_and(|object| object != ObjectType::List) {
            return None;
        }
        let mut page = Self { data: Vec::new(), has_more: items.has_more.unwrap_or_default(), unreadable: Vec::new() };
        for (index, item) in items.data.into_iter().map(RawValue::get).enumerate() {
            match parse(item) {
                Ok(model) => page.data.push(model),
                Err(reason) => {
                    let before = &text[..item.as_ptr() as usize - text.as_ptr() as usize];
                    let reason = reason.below(&format!("data[{index}]"), before);
                    let object = serde_json::from_str(item).ok()?;
                    page.unreadable.push(UnreadableItem { index, id: id_of(item), object, reason });
                }
            }
        }
        Some(page)
    }
}

/// The id of an object that is otherwise unreadable.
fn id_of(item: &str) -> Option<String> {
    let mut id = None;
    // What comes before the item breaks off counts.
    let _ = each_field(item, |key, value| {
        if key == b"id" {
            id = serde_json::from_str(value.get()).ok();
        }
    });
    id.filter(|id: &String| !id.is_empty())
}
