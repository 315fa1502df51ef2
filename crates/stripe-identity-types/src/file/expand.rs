use crate::open_enum::open_enum;

open_enum! {
    /// A field of a file that Stripe may omit unless a call expands it.
    pub enum FileExpand {
        /// The newest links to the file.
        Links = "links",
    }
}

open_enum! {
    /// A field of a file link that Stripe sends as an id unless a call expands it.
    pub enum FileLinkExpand {
        /// The file.
        File = "file",
    }
}
