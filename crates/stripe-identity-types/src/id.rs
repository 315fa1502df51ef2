macro_rules! id {
    ($( $(#[$meta:meta])* $name:ident, $prefix:literal; )+) => { $(
        $(#[$meta])*
        ///
        /// Any text is taken, since Stripe may change how its ids look; what cannot stand in a URL path is refused when a
        /// request is built.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("What Stripe's ids of this kind begin with: `", $prefix, "`.")]
            pub const PREFIX: &'static str = $prefix;

            /// An id from its text.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// The id's text.
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

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    )+ };
}

id! {
    /// The id of a connected account.
    AccountId, "acct_";
    /// The id of a customer kept as an account (the newer form of [`CustomerId`]).
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
    /// The id of a verification flow made in the Dashboard.
    VerificationFlowId, "vf_";
    /// The id of a [`VerificationReport`](crate::VerificationReport).
    VerificationReportId, "vr_";
    /// The id of a [`VerificationSession`](crate::VerificationSession).
    VerificationSessionId, "vs_";
}
