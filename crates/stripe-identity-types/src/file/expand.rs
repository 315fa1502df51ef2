use crate::open_enum::open_enum;

open_enum! {
    /// A field of a file that Stripe may omit unless a request expands it.
    pub enum FileExpand {
        /// The newest links to the file.
        Links = "links",
    }
}

open_enum! {
    /// A field of a file link that Stripe sends as an id unless a request expands it.
    pub enum FileLinkExpand {
        /// The file, in place of its id.
        File = "file",
    }
}
