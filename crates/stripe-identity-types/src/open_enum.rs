use std::fmt;

use crate::sensitive::Code;

/// An enum value that this version of the crate has no name for, kept as Stripe sent it.
///
/// Only the enums of this crate create one, so it never holds a value that has a name. `Debug` shows
/// the value only if it looks like one of Stripe's: at most 80 ASCII letters, digits, and any of
/// `_-./`.
///
/// ```
/// use stripe_identity_types::VerificationSessionStatus;
///
/// match VerificationSessionStatus::from("escalated") {
///     VerificationSessionStatus::Unknown(value) => assert_eq!(value.as_str(), "escalated"),
///     known => println!("{known}"),
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownValue(Box<str>);

impl UnknownValue {
    pub(crate) fn new(value: String) -> Self {
        Self(value.into_boxed_str())
    }

    /// Returns the value as Stripe sent it, or an empty string if the field was absent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Code(&self.0).fmt(f)
    }
}

/// Declares an enum of strings that keeps unknown values.
macro_rules! open_enum {
    (@example $name:ident $variant:ident = $value:literal, $($rest:tt)*) => {
        concat!(
            "```\nuse stripe_identity_types::", stringify!($name), ";\n\n",
            "let value = ", stringify!($name), "::from(\"", $value, "\");\n",
            "assert_eq!(value, ", stringify!($name), "::", stringify!($variant), ");\n",
            "assert_eq!(value.as_str(), \"", $value, "\");\n",
            "assert!(!", stringify!($name), "::from(\"of_a_later_version\").is_known());\n```",
        )
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $value:literal, )+
        }
    ) => {
        $(#[$meta])*
        ///
        #[doc = $crate::open_enum::open_enum!(@example $name $( $variant = $value, )+)]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A value that this version of the crate has no name for, or no value, for which
            /// [`is_absent`](Self::is_absent) is true. Serializes as Stripe sent it.
            Unknown($crate::open_enum::UnknownValue),
        }

        impl $name {
            /// All values that this version of the crate has a name for.
            pub const KNOWN: &'static [Self] = &[$( Self::$variant, )+];

            /// Returns the value as Stripe sends it, or an empty string if it is absent.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $value, )+
                    Self::Unknown(value) => value.as_str(),
                }
            }

            /// Returns whether this version of the crate has a name for the value. `false` if the
            /// value is absent.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }

            /// Returns whether there is no value: the key was missing or `null`, or its text was
            /// empty.
            pub fn is_absent(&self) -> bool {
                self.as_str().is_empty()
            }

            fn named(value: &str) -> Option<Self> {
                match value {
                    $( $value => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }

        /// Returns the value for which [`is_absent`](Self::is_absent) is true.
        impl Default for $name {
            fn default() -> Self {
                Self::Unknown($crate::open_enum::UnknownValue::new(String::new()))
            }
        }

        /// Converts the text that Stripe sends. Text without a name becomes `Unknown`.
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                let unknown = || Self::Unknown($crate::open_enum::UnknownValue::new(value.to_owned()));
                Self::named(value).unwrap_or_else(unknown)
            }
        }

        /// Converts the text that Stripe sends. Text without a name becomes `Unknown`.
        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::named(&value).unwrap_or_else(|| Self::Unknown($crate::open_enum::UnknownValue::new(value)))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        /// Formats the value as Stripe sends it, even if it has no name.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        /// Serializes the value as the text that Stripe sends.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        /// Parses any text. A value of another type is an error.
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<$name, E> {
                        Ok(value.into())
                    }

                    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<$name, E> {
                        Ok(value.into())
                    }
                }
                deserializer.deserialize_string(Visitor)
            }
        }
    };
}
pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    use crate::VerificationSessionStatus as Status;

    #[test]
    fn known_values_survive_a_round_trip() {
        for status in Status::KNOWN {
            assert!(status.is_known());
            assert_eq!(&Status::from(status.as_str()), status);
            let json = serde_json::to_string(status).unwrap();
            assert_eq!(&serde_json::from_str::<Status>(&json).unwrap(), status);
        }
    }

    #[test]
    fn unknown_value_survives_a_round_trip() {
        let status: Status = serde_json::from_str(r#""Escalated \u00e9""#).unwrap();
        assert!(!status.is_known() && !status.is_absent());
        assert_eq!(status.as_str(), "Escalated é");
        assert_eq!(serde_json::to_string(&status).unwrap(), "\"Escalated é\"");
    }

    #[test]
    fn debug_of_an_unknown_value_shows_only_what_looks_like_a_code() {
        assert_eq!(format!("{:?}", Status::from("escalated")), r#"Unknown("escalated")"#);
        for text in ["robin@example.test", "Robin Example", "1 Made-up Street", &"x".repeat(81)] {
            assert_eq!(format!("{:?}", Status::from(text)), "Unknown([hidden])");
        }
    }

    #[test]
    fn default_is_absent_and_known_values_are_not() {
        assert!(Status::default().is_absent());
        assert!(Status::KNOWN.iter().all(|status| !status.is_absent()));
    }

    #[test]
    fn number_is_rejected() {
        assert!(serde_json::from_str::<Status>("5").is_err());
    }
}
