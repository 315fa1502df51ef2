//! File links: URLs at which a file can be read without a key.

use stripe_identity_types::{CreateFileLink, FileLink, FileLinkExpand, FileLinkId, ListFileLinks, UpdateFileLink};

use crate::call::{Call, Caller};
use crate::endpoint::endpoints;

endpoints! {
    /// The endpoint that lists file links, newest first.
    List {
        method: GET,
        path: "/v1/file_links",
        params: ListFileLinks,
        page: FileLink,
        expand: FileLinkExpand,
    }
    /// The endpoint that creates a file link.
    Create {
        method: POST,
        path: "/v1/file_links",
        params: CreateFileLink,
        response: FileLink,
        expand: FileLinkExpand,
    }
    /// The endpoint that retrieves a file link.
    Retrieve {
        method: GET,
        path: "/v1/file_links/{link}",
        id: FileLinkId,
        response: FileLink,
        expand: FileLinkExpand,
    }
    /// The endpoint that updates a file link.
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
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// use std::time::{Duration, SystemTime};
///
/// use stripe_identity_core::types::CreateFileLink;
///
/// # fn example(client: &BlockingClient, review: &str) -> Result<(), Error> {
/// let in_an_hour = SystemTime::now() + Duration::from_secs(3600);
/// let params = CreateFileLink::new("file_123").expires_at(in_an_hour.into());
/// let link = client.file_links().create(params).idempotency_key(review).send()?;
/// println!("{}", link.id);
/// # Ok(())
/// # }
/// ```
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

    /// Creates a link at which a file can be read without a key, until it expires.
    pub fn create(&self, params: CreateFileLink) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(params))
    }

    /// Updates the time at which a link expires, or its metadata.
    pub fn update(&self, link: impl Into<FileLinkId>, params: UpdateFileLink) -> Call<C, Update> {
        Call::new(&self.caller, Update::new(link, params))
    }
}
