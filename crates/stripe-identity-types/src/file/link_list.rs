use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::id::{FileId, FileLinkId};

/// Which file links to list, and which page of them. Without any filter: the ten newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListFileLinks {
    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<FileLinkId>,
    /// Only those that no longer work, or only those that do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// Only those to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// How many in a page, from 1 to 100. Absent: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<FileLinkId>,
}

impl ListFileLinks {
    /// No filter, first page.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    pub fn created(mut self, created: impl Into<CreatedFilter>) -> Self {
        self.created = Some(created.into());
        self
    }

    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    pub fn ending_before(mut self, ending_before: impl Into<FileLinkId>) -> Self {
        self.ending_before = Some(ending_before.into());
        self
    }

    /// Only those that no longer work, or only those that do.
    pub fn expired(mut self, expired: bool) -> Self {
        self.expired = Some(expired);
        self
    }

    /// Only those to this file.
    pub fn file(mut self, file: impl Into<FileId>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// How many in a page, from 1 to 100. Absent: 10.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    pub fn starting_after(mut self, starting_after: impl Into<FileLinkId>) -> Self {
        self.starting_after = Some(starting_after.into());
        self
    }
}
