//! File links: URLs under which a file can be read without a key.

use stripe_identity_types::{CreateFileLink, FileLink, FileLinkExpand, FileLinkId, ListFileLinks, UpdateFileLink};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// Lists file links, newest first.
    List {
        method: GET,
        path: "/v1/file_links",
        params: ListFileLinks,
        page: FileLink,
        expand: FileLinkExpand,
    }
    /// Creates a file link.
    Create {
        method: POST,
        path: "/v1/file_links",
        params: CreateFileLink,
        response: FileLink,
        expand: FileLinkExpand,
    }
    /// Retrieves a file link.
    Retrieve {
        method: GET,
        path: "/v1/file_links/{link}",
        id: FileLinkId,
        response: FileLink,
        expand: FileLinkExpand,
    }
    /// Updates a file link.
    Update {
        method: POST,
        path: "/v1/file_links/{link}",
        id: FileLinkId,
        params: UpdateFileLink,
        response: FileLink,
        expand: FileLinkExpand,
    }
}

/// The calls on file links.
///
/// `file_links()` of a client or of a [`Config`](crate::Config) returns it.
#[derive(Clone, Debug)]
pub struct FileLinks<C> {
    caller: C,
}

impl<C: Caller> FileLinks<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists file links, newest first.
    pub fn list(&self, params: ListFileLinks) -> Call<C, List> {
        Call::new(&self.caller, List::new(params))
    }

    /// Retrieves a file link.
    #[doc(alias = "get")]
    pub fn retrieve(&self, link: impl Into<FileLinkId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(link))
    }

    /// Creates a link under which a file can be read without a key.
    pub fn create(&self, params: CreateFileLink) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(params))
    }

    /// Updates when a link expires, or its metadata.
    pub fn update(&self, link: impl Into<FileLinkId>, params: UpdateFileLink) -> Call<C, Update> {
        Call::new(&self.caller, Update::new(link, params))
    }
}
