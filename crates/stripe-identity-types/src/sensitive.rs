use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A secret or a piece of personal data, which is read on purpose and not logged by accident.
///
/// `Debug` prints `[hidden]`, and there is no `Display`. Apart from serialization,
/// [`expose`](Self::expose) and [`into_inner`](Self::into_inner) are the only ways to read the
/// value, so that a search for these two names finds the places that read it. [`Metadata`] has other
/// accessors, and [`Json`] holds the objects of events as Stripe sent them.
///
/// [`Metadata`]: crate::Metadata
/// [`Json`]: crate::Json
///
/// ```
/// use stripe_identity_types::Sensitive;
///
/// let name = Sensitive::new(String::from("Robin"));
/// assert_eq!(format!("{name:?}"), "[hidden]");
/// assert_eq!(name.expose(), "Robin");
/// ```
///
/// A `Sensitive` serializes as the value itself, so stored models contain their personal data. The
/// value is hidden, but not encrypted. Its memory is not wiped when it is dropped, and `==` does not
/// take constant time.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns a reference to the value.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// Stands for a hidden value in the `Debug` form of any type.
///
/// It is not `[redacted]`, which is Stripe's own word for data that has been erased.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// An id or a code, in the `Debug` form of a type: shown only if it looks like one.
///
/// Another string in its place comes from a faulty server or proxy, and may be personal data.
pub(crate) struct Code<'a>(pub(crate) &'a str);

impl fmt::Debug for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_code_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        let is_code = self.0.len() <= 80 && self.0.bytes().all(is_code_byte);
        if is_code { self.0.fmt(f) } else { Hidden.fmt(f) }
    }
}

/// Implements `Debug` for a struct: `codes` are optional texts that are shown as a [`Code`], and `hidden` are optional texts
/// of which only the presence is shown.
macro_rules! debug_fields {
    ($type:ident $(<$parameter:ident>)? { $($field:ident),* } codes { $($code:ident),* } hidden { $($hidden:ident),* }) => {
        impl$(<$parameter: std::fmt::Debug>)? std::fmt::Debug for $type$(<$parameter>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                // A field that is in no list does not compile.
                let Self { $($field,)* $($code,)* $($hidden,)* } = self;
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($field), $field))*
                    $(.field(stringify!($code), &$code.as_deref().map($crate::sensitive::Code)))*
                    $(.field(stringify!($hidden), &$hidden.as_ref().map(|_| $crate::sensitive::Hidden)))*
                    .finish()
            }
        }
    };
}

pub(crate) use debug_fields;

/// Writes `[hidden]`.
impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hidden.fmt(f)
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

/// Serializes the value itself.
impl<T: Serialize> Serialize for Sensitive<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Parses the value itself. The error does not quote the input.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sensitive<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own message quotes the unexpected value, which must stay hidden.
        T::deserialize(deserializer).map(Self).map_err(|_| {
            D::Error::custom("invalid sensitive value: expected the type of the field; the value is hidden")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_sensitive_values_are_hidden_in_debug() {
        let value = Some(vec![Sensitive::new("123-45-6789")]);
        assert_eq!(format!("{value:?}"), "Some([[hidden]])");
        assert_eq!(format!("{value:#?}").matches("6789").count(), 0);
    }

    #[test]
    fn sensitive_value_serializes_as_the_value() {
        let value: Sensitive<String> = serde_json::from_str(r#""Robin""#).unwrap();
        assert_eq!(value.expose(), "Robin");
        assert_eq!(serde_json::to_string(&value).unwrap(), r#""Robin""#);
    }

    #[test]
    fn decode_error_does_not_quote_a_sensitive_value() {
        let number = serde_json::from_str::<Sensitive<i64>>(r#""123-45-6789""#).unwrap_err();
        assert!(!number.to_string().contains("6789"), "{number}");
        let text = serde_json::from_str::<Sensitive<String>>("123456789").unwrap_err();
        assert!(!text.to_string().contains("6789"), "{text}");
    }
}
