use crate::open_enum::open_enum;

open_enum! {
    /// A part of a file that Stripe may leave out unless a call asks for it.
    pub enum FileExpand {
        /// The newest links to it.
        Links = "links",
    }
}

open_enum! {
    /// A part of a file link that Stripe gives as an id unless a call asks for it.
    pub enum FileLinkExpand {
        /// The file.
        File = "file",
    }
}
