use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::Json;
use crate::maps::{empty_map, refuse_numbers};

/// A model that has an id.
pub trait HasId {
    /// The type of its id.
    type Id: Clone + fmt::Debug + From<String>;

    /// Its id.
    fn id(&self) -> &Self::Id;
}

/// A link to another object: its id, or the object itself where the call asked to expand it.
///
/// ```
/// use stripe_identity_types::{Expandable, VerificationReport};
///
/// let link: Expandable<VerificationReport> = serde_json::from_str(r#""vr_123""#)?;
/// assert_eq!(link.id(), &"vr_123");
/// assert!(link.object().is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Expandable<T: HasId> {
    /// The id alone.
    Id(T::Id),
    /// The whole object.
    Object(Box<T>),
}

impl<T: HasId> Expandable<T> {
    /// The id, in either form.
    pub fn id(&self) -> &T::Id {
        match self {
            Self::Id(id) => id,
            Self::Object(object) => object.id(),
        }
    }

    /// The object, if it was expanded.
    pub fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }

    /// The object, taken out, if it was expanded.
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
        // Not serde's `untagged`: that buffers the object and loses the path to a field that does not decode.
        struct IdOrObject<T>(PhantomData<T>);

        impl<'de, T: HasId + Deserialize<'de>> Visitor<'de> for IdOrObject<T> {
            type Value = Expandable<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id or an object")
            }

            fn visit_str<E: Error>(self, id: &str) -> Result<Self::Value, E> {
                Ok(Expandable::Id(T::Id::from(id.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|object| Expandable::Object(Box::new(object)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                self.visit_map(empty_map(seq)?)
            }

            refuse_numbers!();
        }

        deserializer.deserialize_any(IdOrObject(PhantomData))
    }
}

/// Reads a link that may be absent. Reads an expanded object that has no id as absent, since the object that links to it is
/// worth more than what cannot be named; everything else that is wrong with it is an error.
pub(crate) fn link<'de, D, T>(deserializer: D) -> Result<Option<Expandable<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: HasId + Deserialize<'de>,
{
    struct Link<T>(PhantomData<T>);

    impl<'de, T: HasId + Deserialize<'de>> Visitor<'de> for Link<T> {
        type Value = Option<Expandable<T>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id, an object or null")
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }

        fn visit_str<E: Error>(self, id: &str) -> Result<Self::Value, E> {
            Ok(Some(Expandable::Id(T::Id::from(id.to_owned()))))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            let (mut has_id, state) = (false, IdState::NotSeen);
            let map = WithId { map, has_id: &mut has_id, id: state };
            let object = T::deserialize(MapAccessDeserializer::new(map))?;
            Ok(has_id.then(|| Expandable::Object(Box::new(object))))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            self.visit_map(empty_map(seq)?)
        }

        refuse_numbers!();
    }

    deserializer.deserialize_option(Link(PhantomData))
}

/// A map that has an id, whether or not it came with one.
struct WithId<'a, A> {
    map: A,
    /// Whether it came with one.
    has_id: &'a mut bool,
    id: IdState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IdState {
    NotSeen,
    /// Its key was given, and its value is next.
    Next,
    Seen,
    /// There is none in the map. Its key was given, and what stands in for its value is next.
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
