use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A secret or a piece of personal data: it can be read on purpose, and does not get into a log by accident.
///
/// `Debug` prints `[sensitive]` and there is no `Display`. [`expose`](Self::expose) and
/// [`into_inner`](Self::into_inner) are the only ways to the value but for serializing it, so a search for these two names finds
/// every place that handles personal data.
///
/// ```
/// use stripe_identity_types::Sensitive;
///
/// let name = Sensitive::new(String::from("Robin"));
/// assert_eq!(format!("{name:?}"), "[sensitive]");
/// assert_eq!(name.expose(), "Robin");
/// ```
///
/// It hides; it does not encrypt, and it does not wipe memory when dropped.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, taken out.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[sensitive]")
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Sensitive<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Sensitive<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own message quotes the value it did not expect, which here is what must stay hidden.
        T::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("a sensitive value that cannot be decoded"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_nest_shows_nothing() {
        let value = Some(vec![Sensitive::new("123-45-6789")]);
        assert_eq!(format!("{value:?}"), "Some([[sensitive]])");
        assert_eq!(format!("{value:#?}").matches("6789").count(), 0);
    }

    #[test]
    fn serde_sees_through_it() {
        let value: Sensitive<String> = serde_json::from_str(r#""Robin""#).unwrap();
        assert_eq!(value.expose(), "Robin");
        assert_eq!(serde_json::to_string(&value).unwrap(), r#""Robin""#);
    }

    #[test]
    fn a_decode_error_does_not_quote_the_value() {
        let number = serde_json::from_str::<Sensitive<i64>>(r#""123-45-6789""#).unwrap_err();
        assert!(!number.to_string().contains("6789"), "{number}");
        let text = serde_json::from_str::<Sensitive<String>>("123456789").unwrap_err();
        assert!(!text.to_string().contains("6789"), "{text}");
    }
}
