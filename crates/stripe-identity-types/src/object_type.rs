use crate::open_enum::open_enum;

open_enum! {
    /// The kind of an object, as Stripe names it in the key `object`.
    pub enum ObjectType {
        /// An [`EphemeralKey`](crate::EphemeralKey).
        EphemeralKey = "ephemeral_key",
        /// An [`Event`](crate::Event).
        Event = "event",
        /// A [`File`](crate::File).
        File = "file",
        /// A [`FileLink`](crate::FileLink).
        FileLink = "file_link",
        /// A page of a list.
        List = "list",
        /// A [`ThinEvent`](crate::ThinEvent).
        ThinEvent = "v2.core.event",
        /// A [`VerificationReport`](crate::VerificationReport).
        VerificationReport = "identity.verification_report",
        /// A [`VerificationSession`](crate::VerificationSession).
        VerificationSession = "identity.verification_session",
    }
}
