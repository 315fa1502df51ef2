/// Compares an id with a text, from either side.
macro_rules! eq_with_text {
    ($name:ident: $($text:ty),+) => { $(
        impl PartialEq<$text> for $name {
            fn eq(&self, other: &$text) -> bool {
                AsRef::<str>::as_ref(self) == AsRef::<str>::as_ref(other)
            }
        }

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
        /// Any text is accepted, since Stripe may change the form of its ids. A text that cannot
        /// be part of a URL path is rejected when a request is built. `Debug` shows the text only if
        /// it looks like an id.
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

            /// Creates an id from its text.
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

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Ok(Self::new(id))
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        eq_with_text!($name: str, &str, String);
    )+ };
}

id! {
    /// The id of a connected account.
    AccountId, "acct_";
    /// The id of a customer that is an account, the newer form of [`CustomerId`].
    CustomerAccountId, "acct_";
    /// The id of a customer.
    CustomerId, "cus_";
    /// The id of an [`EphemeralKey`](crate::EphemeralKey).
    EphemeralKeyId, "ephkey_";
    /// The id of an [`Event`](crate::Event).
    EventId, "evt_";
    /// The id of a [`File`](crate::File).
    FileId, "file_";
    /// The id of a [`FileLink`](crate::FileLink).
    FileLinkId, "link_";
    /// The id of a person on an account.
    PersonId, "person_";
    /// The id of a verification flow, which is created in the Dashboard.
    VerificationFlowId, "vf_";
    /// The id of a [`VerificationReport`](crate::VerificationReport).
    VerificationReportId, "vr_";
    /// The id of a [`VerificationSession`](crate::VerificationSession).
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
