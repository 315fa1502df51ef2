/// Implements the comparison of an id with a string, from either side.
macro_rules! eq_with_text {
    ($name:ident: $($text:ty),+) => { $(
        /// Compares the text of the id.
        impl PartialEq<$text> for $name {
            fn eq(&self, other: &$text) -> bool {
                AsRef::<str>::as_ref(self) == AsRef::<str>::as_ref(other)
            }
        }

        /// Compares the text of the id.
        impl PartialEq<$name> for $text {
            fn eq(&self, other: &$name) -> bool {
                other == self
            }
        }
    )+ };
}

macro_rules! id {
    ($( $(#[$meta:meta])* $name:ident, $prefix:literal; )+) => { $(
        $(#[$meta])*
        ///
        /// Any text is accepted, since Stripe may change the form of its ids. The clients of
        /// `stripe-identity-core` reject a string that cannot be part of a URL path when they build
        /// the request. `Display` shows the string. `Debug` shows it only if it looks like an id: at
        /// most 80 ASCII letters, digits, and any of `_-./`.
        ///
        /// ```
        #[doc = concat!("use stripe_identity_types::", stringify!($name), ";")]
        ///
        #[doc = concat!("let id = ", stringify!($name), "::new(\"", $prefix, "123\");")]
        #[doc = concat!("assert_eq!(id, \"", $prefix, "123\");")]
        #[doc = concat!("assert!(id.as_str().starts_with(", stringify!($name), "::PREFIX));")]
        /// ```
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&$crate::sensitive::Code(&self.0)).finish()
            }
        }

        impl $name {
            #[doc = concat!("The prefix of Stripe's ids of this kind: `", $prefix, "`.")]
            pub const PREFIX: &'static str = $prefix;

            /// Creates an id from its text, which is not checked.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// Returns the text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        /// Formats the text of the id.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }

        impl From<&String> for $name {
            fn from(id: &String) -> Self {
                Self(id.clone())
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        /// Parses any text.
        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Ok(Self::new(id))
            }
        }

        /// Clones the id, so that a reference to it is an argument where an id is one.
        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        eq_with_text!($name: str, &str, String);
    )+ };
}

id! {
    /// The id of a connected account, Stripe's object `account`.
    AccountId, "acct_";
    /// The id of a customer that is an account, the newer form of [`CustomerId`].
    CustomerAccountId, "acct_";
    /// The id of a customer, Stripe's object `customer`.
    CustomerId, "cus_";
    /// The id of an [`EphemeralKey`](crate::EphemeralKey).
    EphemeralKeyId, "ephkey_";
    /// The id of an [`Event`](crate::Event) or a [`ThinEvent`](crate::ThinEvent).
    EventId, "evt_";
    /// The id of a [`File`](crate::File).
    FileId, "file_";
    /// The id of a [`FileLink`](crate::FileLink).
    FileLinkId, "link_";
    /// The id of a person on an account, Stripe's object `person`.
    PersonId, "person_";
    /// The id of a verification flow, which is created in the Dashboard.
    VerificationFlowId, "vf_";
    /// The id of a [`VerificationReport`](crate::VerificationReport).
    VerificationReportId, "vr_";
    /// The id of a [`VerificationSession`](crate::VerificationSession). The ids of old sessions may
    /// begin with `vi_`.
    VerificationSessionId, "vs_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_an_id_shows_only_what_looks_like_one() {
        assert_eq!(format!("{:?}", FileId::new("file_1")), r#"FileId("file_1")"#);
        assert_eq!(format!("{:?}", FileId::new("robin@example.test")), "FileId([hidden])");
    }

    #[test]
    fn id_equals_its_text_from_either_side() {
        fn equal<A: PartialEq<B> + ?Sized, B: PartialEq<A> + ?Sized>(a: &A, b: &B) -> [bool; 2] {
            [a == b, b == a]
        }
        let id = FileId::new("file_1");
        for (text, is_equal) in [("file_1", true), ("file_2", false), ("", false)] {
            assert_eq!(equal(&id, text), [is_equal; 2]);
            assert_eq!(equal(&id, &text), [is_equal; 2]);
            assert_eq!(equal(&id, &text.to_owned()), [is_equal; 2]);
        }
    }
}
