use serde::{Serialize, Serializer};

/// What an update does with a field: keep it, clear it, or set it.
///
/// A request says so in three ways: the key is left out, it has an empty value, or it has the
/// value. When serialized on its own, both [`Keep`](Self::Keep) and [`Clear`](Self::Clear) give
/// null; the parameter types of this crate leave out fields that are kept.
///
/// ```
/// use stripe_identity_types::{Patch, UpdateFileLink};
///
/// let mut params = UpdateFileLink::new();
/// assert!(params.metadata.is_keep());
/// params.metadata = Patch::Clear;
/// params.metadata.get_or_insert_default().set("case", "7");
/// assert!(matches!(params.metadata, Patch::Set(_)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a form has no fourth way to send a field")]
pub enum Patch<T> {
    /// Keep the field as it is.
    #[default]
    Keep,
    /// Clear the field.
    Clear,
    /// Set the field.
    Set(T),
}

impl<T> Patch<T> {
    /// Returns whether the field is kept as it is.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Returns the value to change. If there is none, sets the default first.
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
