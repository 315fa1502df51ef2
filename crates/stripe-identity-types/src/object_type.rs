use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::open_enum::open_enum;

open_enum! {
    /// The kind of an object, which Stripe sends as its `object`.
    pub enum ObjectType {
        /// An [`EphemeralKey`](crate::EphemeralKey).
        EphemeralKey = "ephemeral_key",
        /// An [`Event`](crate::Event).
        Event = "event",
        /// A [`File`](crate::File).
        File = "file",
        /// A [`FileLink`](crate::FileLink).
        FileLink = "file_link",
        /// A [`List`](crate::List).
        List = "list",
        /// A [`ThinEvent`](crate::ThinEvent).
        ThinEvent = "v2.core.event",
        /// A [`VerificationReport`](crate::VerificationReport).
        VerificationReport = "identity.verification_report",
        /// A [`VerificationSession`](crate::VerificationSession).
        VerificationSession = "identity.verification_session",
    }
}

impl ObjectType {
    /// Parses the key `object` of a model, which must be `self` or absent.
    fn or_absent<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        let wrong_kind = || D::Error::custom(format!("an object of another kind: expected `{self}`"));
        // serde's own error would quote a value that is not a string.
        let found = Option::<Self>::deserialize(deserializer).map_err(|_| wrong_kind())?.unwrap_or_default();
        if found == self || found.is_absent() { Ok(found) } else { Err(wrong_kind()) }
    }
}

/// One parser of the key `object` for each kind.
pub(crate) mod own {
    use serde::Deserializer;

    use super::ObjectType;

    macro_rules! own {
        ($($name:ident = $kind:ident,)+) => { $(
            pub(crate) fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectType, D::Error> {
                ObjectType::$kind.or_absent(deserializer)
            }
        )+ };
    }
    own! {
        ephemeral_key = EphemeralKey,
        event = Event,
        file = File,
        file_link = FileLink,
        list = List,
        thin_event = ThinEvent,
        verification_report = VerificationReport,
        verification_session = VerificationSession,
    }
}
