use serde::{Serialize, Serializer};

/// What an update does with a field: leave it as it is, clear it, or set it.
///
/// On the wire these are three things: the key left out, the key with an empty value, and the key with the value. When
/// serialized by itself, [`Keep`](Self::Keep) and [`Clear`](Self::Clear) both give null; the parameter types of this
/// crate leave out what is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Patch<T> {
    /// Leave the field as it is.
    #[default]
    Keep,
    /// Clear the field.
    Clear,
    /// Set the field.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field is left as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value to change further, where [`Keep`](Self::Keep) and [`Clear`](Self::Clear) start from the default.
    pub fn get_or_insert_default(&mut self) -> &mut T
    where
        T: Default,
    {
        if !matches!(self, Self::Set(_)) {
            *self = Self::Set(T::default());
        }
        match self {
            Self::Set(value) => value,
            Self::Keep | Self::Clear => unreachable!("the lines above set a value"),
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}
