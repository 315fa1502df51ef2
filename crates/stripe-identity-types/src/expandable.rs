use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::Json;
use crate::maps::{empty_map, refuse_numbers};

/// A model that has an id.
///
/// ```
/// use stripe_identity_types::{FileId, HasId, VerificationReport};
///
/// fn newest<T: HasId>(page: &[T]) -> Option<&T::Id> {
///     page.first().map(T::id)
/// }
///
/// let page = [VerificationReport::new("vr_2"), VerificationReport::new("vr_1")];
/// assert_eq!(newest(&page).unwrap(), "vr_2");
/// ```
pub trait HasId {
    /// The type of the model's id.
    type Id: Clone + fmt::Debug + From<String>;

    /// Returns the id.
    fn id(&self) -> &Self::Id;
}

/// Implements [`HasId`] for a model, and the conversion of a reference to it into its id.
macro_rules! has_id {
    ($model:ident, $id:ident) => {
        impl $crate::expandable::HasId for $model {
            type Id = $id;

            fn id(&self) -> &$id {
                &self.id
            }
        }

        /// Clones the id of the model, so that a reference to the model is an argument where its id
        /// is one.
        impl From<&$model> for $id {
            fn from(model: &$model) -> Self {
                model.id.clone()
            }
        }
    };
}
pub(crate) use has_id;

/// A link to another object: its id, or the object itself if the request expands it.
///
/// An expanded object without an id is absent from the model that links to it. On its own, it is an
/// error.
///
/// ```
/// use stripe_identity_types::{Expandable, VerificationReport};
///
/// let link: Expandable<VerificationReport> = serde_json::from_str(r#""vr_123""#)?;
/// match &link {
///     Expandable::Id(id) => assert_eq!(id, "vr_123"),
///     Expandable::Object(report) => println!("{:?}", report.created),
/// }
/// // In either form:
/// assert_eq!(link.id(), "vr_123");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Stripe documents these two forms, and JSON has no third to tell apart")]
pub enum Expandable<T: HasId> {
    /// The id alone.
    Id(T::Id),
    /// The object itself.
    Object(Box<T>),
}

impl<T: HasId> Expandable<T> {
    /// Returns the id, in either form.
    pub fn id(&self) -> &T::Id {
        match self {
            Self::Id(id) => id,
            Self::Object(object) => object.id(),
        }
    }

    /// Returns the object, or `None` if the link is an id.
    pub fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }

    /// Returns the owned object, or `None` if the link is an id.
    pub fn into_object(self) -> Option<T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(*object),
        }
    }
}

impl<T: HasId + Serialize> Serialize for Expandable<T>
where
    T::Id: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => id.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl<'de, T: HasId + Deserialize<'de>> Deserialize<'de> for Expandable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let link = deserializer.deserialize_any(IdOrObject { may_lack_id: false, model: PhantomData })?;
        link.ok_or_else(|| D::Error::missing_field("id"))
    }
}

/// Parses a link that may be absent.
///
/// An expanded object without an id is absent, since it must not prevent the object that links to
/// it from parsing. Any other defect of the expanded object is an error.
pub(crate) fn link<'de, D, T>(deserializer: D) -> Result<Option<Expandable<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: HasId + Deserialize<'de>,
{
    Ok(Option::<Link<T>>::deserialize(deserializer)?.and_then(|Link(link)| link))
}

struct Link<T: HasId>(Option<Expandable<T>>);

impl<'de, T: HasId + Deserialize<'de>> Deserialize<'de> for Link<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdOrObject { may_lack_id: true, model: PhantomData }).map(Self)
    }
}

/// Parses either form of a link. Not serde's `untagged`, which buffers the object and so loses the
/// path to an invalid field.
struct IdOrObject<T> {
    /// Whether an object without an id gives `None` and not an error.
    may_lack_id: bool,
    model: PhantomData<T>,
}

impl<'de, T: HasId + Deserialize<'de>> Visitor<'de> for IdOrObject<T> {
    type Value = Option<Expandable<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id or an object")
    }

    fn visit_str<E: Error>(self, id: &str) -> Result<Self::Value, E> {
        Ok(Some(Expandable::Id(T::Id::from(id.to_owned()))))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut has_id = !self.may_lack_id;
        let object = if self.may_lack_id {
            let map = WithId { map, has_id: &mut has_id, id: IdState::NotSeen };
            T::deserialize(MapAccessDeserializer::new(map))?
        } else {
            T::deserialize(MapAccessDeserializer::new(map))?
        };
        Ok(has_id.then(|| Expandable::Object(Box::new(object))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        self.visit_map(empty_map(seq)?)
    }

    refuse_numbers!();
}

/// A map that gives an id, whether or not the JSON has one.
struct WithId<'a, A> {
    map: A,
    /// Whether the JSON has one.
    has_id: &'a mut bool,
    id: IdState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IdState {
    NotSeen,
    /// The key was returned, and the value is next.
    Next,
    Seen,
    /// The JSON has no id. The key was returned all the same, and an empty value is next.
    Missing,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithId<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let key = match self.map.next_key::<String>()? {
            Some(key) => key,
            None if self.id == IdState::NotSeen => {
                self.id = IdState::Missing;
                "id".to_owned()
            }
            None => return Ok(None),
        };
        if key == "id" && self.id != IdState::Missing {
            self.id = IdState::Next;
        }
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        let id = match self.id {
            IdState::NotSeen | IdState::Seen => return self.map.next_value_seed(seed),
            IdState::Missing => None,
            IdState::Next => self.map.next_value::<Json>()?.parse::<String>().ok().filter(|id| !id.is_empty()),
        };
        self.id = IdState::Seen;
        *self.has_id = id.is_some();
        let id: StringDeserializer<A::Error> = id.unwrap_or_default().into_deserializer();
        seed.deserialize(id)
    }
}
