use serde::{Serialize, Serializer};

/// The change of a field in an update: keep it, clear it, or set it.
///
/// In a request, a field that is kept has no key, a field that is cleared has an empty value, and a
/// field that is set has its value. Both [`Keep`](Self::Keep) and [`Clear`](Self::Clear) serialize
/// as `null`, and the parameters of this crate skip the fields that are kept.
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
    /// Keeps the field unchanged.
    #[default]
    Keep,
    /// Clears the field.
    Clear,
    /// Sets the field to this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Returns whether the field is kept unchanged.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Returns a mutable reference to the value that is set. If the field is kept or cleared, sets
    /// it to the default value first.
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

/// Sets the field to the value.
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
