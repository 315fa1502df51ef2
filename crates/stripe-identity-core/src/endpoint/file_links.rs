//! Links to files.

use stripe_identity_types::{CreateFileLink, FileLink, FileLinkExpand, FileLinkId, ListFileLinks, UpdateFileLink};

use super::WriteEndpoint;
use crate::call::{Call, Caller};
use crate::page::Page;

own_params! {
    /// Lists file links, newest first.
    ListFileLinks = GET Api "/v1/file_links" -> Page<FileLink>, expand "data." FileLinkExpand;
    /// Creates a file link.
    CreateFileLink = POST Api "/v1/file_links" -> FileLink, expand FileLinkExpand;
}

by_id! {
    /// Retrieves a file link.
    Retrieve(FileLinkId) = GET Api "/v1/file_links/{link}" -> FileLink, expand FileLinkExpand;
    /// Updates a file link.
    Update(FileLinkId, UpdateFileLink) = POST Api "/v1/file_links/{link}" -> FileLink, expand FileLinkExpand;
}

impl WriteEndpoint for CreateFileLink {}
impl WriteEndpoint for Update {}

/// Calls on file links. From `file_links()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct FileLinks<C> {
    caller: C,
}

impl<C: Caller> FileLinks<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists file links, newest first.
    pub fn list(&self, params: ListFileLinks) -> Call<C, ListFileLinks> {
        Call::new(&self.caller, params)
    }

    /// Retrieves a file link.
    #[doc(alias = "get")]
    pub fn retrieve(&self, link: impl Into<FileLinkId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(link))
    }

    /// Creates a link under which a file can be read without a key.
    pub fn create(&self, params: CreateFileLink) -> Call<C, CreateFileLink> {
        Call::new(&self.caller, params)
    }

    /// Changes when a link stops working, or its metadata.
    pub fn update(&self, link: impl Into<FileLinkId>, params: UpdateFileLink) -> Call<C, Update> {
        Call::new(&self.caller, Update::new(link, params))
    }
}
