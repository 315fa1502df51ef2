use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::maps::empty_map;

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
        }

        deserializer.deserialize_any(IdOrObject(PhantomData))
    }
}
