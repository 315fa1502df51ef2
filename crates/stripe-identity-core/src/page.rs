use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use stripe_identity_types::{Json, List, ObjectType, each_field, escape_invalid_utf8};

use crate::decode::sealed::Decode;
use crate::decode::{DecodeError, Position, parse};
use crate::error::loggable::LogId;
use crate::response::Meta;

/// One page of a list: the objects that parse, and a description of each that does not.
///
/// An object that does not parse is in [`unreadable`](Self::unreadable) and not in
/// [`data`](Self::data), so check both. [`into_items`](Self::into_items) and `items()` of a list
/// yield them together, in their order.
///
/// A page with objects is an error if none of them parses and none has an id. So is a page with more
/// than 100 objects that do not parse, since a page of Stripe's has at most 100.
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
    /// Whether there are more objects beyond this page, in the direction of the request. `false` if the
    /// response does not have the field.
    pub has_more: bool,
    /// The objects that do not parse, in the order of their positions.
    pub unreadable: Vec<UnreadableItem>,
}

/// An object of a page that does not parse. [`Page::unreadable`] has one for each.
///
/// `Display` and `Debug` name the field that differs from the model. Of the object, they quote the id
/// only.
///
/// ```
/// use stripe_identity_core::Page;
///
/// /// Returns the ids of the objects to look at by hand.
/// fn unreadable_ids<T>(page: &Page<T>) -> Vec<&str> {
///     page.unreadable.iter().filter_map(|item| item.id()).collect()
/// }
/// ```
#[derive(Clone)]
pub struct UnreadableItem {
    index: usize,
    id: Option<String>,
    object: Json,
    reason: DecodeError,
}

impl UnreadableItem {
    /// Returns the object's position on the page, counted from 0 over all objects of the page.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the object's id, or `None` if it is missing, empty or not a string.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the object as it arrived. It may hold personal data.
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
            Some(id) => write!(f, "the object {} does not parse: {}", LogId(id), self.reason),
            None => write!(f, "an object without an id does not parse: {}", self.reason),
        }
    }
}

impl fmt::Debug for UnreadableItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnreadableItem")
            .field("index", &self.index)
            .field("id", &self.id.as_deref().map(LogId))
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Error for UnreadableItem {}

impl<T> Page<T> {
    /// Returns the number of objects, including those that do not parse.
    fn len(&self) -> usize {
        self.data.len() + self.unreadable.len()
    }

    /// Returns all objects in the order of their positions, newest first. An object that does not parse
    /// is an `Err`.
    pub fn into_items(self) -> impl Iterator<Item = Result<T, UnreadableItem>> {
        let len = self.len();
        let (mut data, mut unreadable) = (self.data.into_iter(), self.unreadable.into_iter().peekable());
        (0..len).filter_map(move |index| match unreadable.next_if(|item| item.index == index) {
            Some(item) => Some(Err(item)),
            None => data.next().map(Ok),
        })
    }

    /// Returns the first object of the page, or the last, whether it parses or not.
    pub(crate) fn edge(&self, is_first: bool) -> Option<Result<&T, &UnreadableItem>> {
        let index = if is_first { 0 } else { self.len().checked_sub(1)? };
        let unreadable = if is_first { self.unreadable.first() } else { self.unreadable.last() };
        match unreadable.filter(|item| item.index == index) {
            Some(item) => Some(Err(item)),
            None => if is_first { self.data.first() } else { self.data.last() }.map(Ok),
        }
    }
}

impl<T: DeserializeOwned> Decode for Page<T> {
    fn decode(meta: &Meta) -> Result<Self, DecodeError> {
        let body = escape_invalid_utf8(meta.body());
        match parse::<List<T>>(&body) {
            // Otherwise an error beside an empty list would end the pagination without an error.
            Ok(list) if list.data.is_empty() && has_error(&body) => Err(DecodeError::of_body()),
            Ok(list) => Ok(Self { data: list.data, has_more: list.has_more, unreadable: Vec::new() }),
            Err(error) => Self::item_by_item(&body).ok_or(error),
        }
    }
}

impl<T: DeserializeOwned> Page<T> {
    /// Parses each object by itself. Returns `None` if the body is not a list.
    fn item_by_item(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(bound = "T: DeserializeOwned")]
        struct Raw<'a, T> {
            #[serde(default)]
            object: Option<ObjectType>,
            #[serde(borrow)]
            data: Items<'a, T>,
            #[serde(default)]
            has_more: Option<bool>,
            #[serde(default)]
            error: Option<IgnoredAny>,
        }
        // serde accepts a sequence in place of a struct.
        let raw = Some(text).filter(|text| text.trim_start().starts_with('{'));
        let raw: Raw<'_, T> = serde_json::from_str(raw?).ok()?;
        if raw.error.is_some() || raw.object.is_some_and(|object| object != ObjectType::List) {
            return None;
        }
        let Items { data, unreadable } = raw.data;
        let mut page = Self { data, has_more: raw.has_more.unwrap_or_default(), unreadable: Vec::new() };
        let (mut position, mut rest) = (Position::default(), text);
        for (index, item, reason) in unreadable {
            let start = item.as_ptr() as usize - rest.as_ptr() as usize;
            position = position.after(&rest[..start]);
            rest = &rest[start..];
            let reason = reason.below(&format!("data[{index}]"), position);
            let object = serde_json::from_str(item).ok()?;
            page.unreadable.push(UnreadableItem { index, id: id_of(item), object, reason });
        }
        let is_a_page = !page.data.is_empty() || page.unreadable.iter().any(|item| item.id.is_some());
        is_a_page.then_some(page)
    }
}

/// How many objects of a page may fail to parse: as many as a page of Stripe's can have.
const MOST_UNREADABLE: usize = 100;

/// The objects of a page. Of those that do not parse: the position, the text and the reason.
struct Items<'a, T> {
    data: Vec<T>,
    unreadable: Vec<(usize, &'a str, DecodeError)>,
}

impl<'de: 'a, 'a, T: DeserializeOwned> Deserialize<'de> for Items<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EachItem<'a, T>(PhantomData<(&'a (), T)>);

        impl<'de: 'a, 'a, T: DeserializeOwned> Visitor<'de> for EachItem<'a, T> {
            type Value = Items<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Items { data: Vec::new(), unreadable: Vec::new() };
                while let Some(item) = seq.next_element::<&RawValue>()? {
                    match parse(item.get()) {
                        Ok(model) => items.data.push(model),
                        Err(_) if items.unreadable.len() == MOST_UNREADABLE => {
                            return Err(A::Error::custom("more objects than a page has"));
                        }
                        Err(reason) => {
                            let index = items.data.len() + items.unreadable.len();
                            items.unreadable.push((index, item.get(), reason));
                        }
                    }
                }
                Ok(items)
            }
        }

        deserializer.deserialize_seq(EachItem(PhantomData))
    }
}

fn has_error(text: &str) -> bool {
    let mut has_error = false;
    // The text was parsed before, so this cannot fail.
    let _ = each_field(text, |key, value| has_error |= key == b"error" && value.get() != "null");
    has_error
}

/// Returns the id of an object that does not parse otherwise.
fn id_of(item: &str) -> Option<String> {
    let mut id = None;
    // If the JSON breaks off, the fields before that place count.
    let _ = each_field(item, |key, value| {
        if key == b"id" {
            id = serde_json::from_str(value.get()).ok();
        }
    });
    id.filter(|id: &String| !id.is_empty())
}
