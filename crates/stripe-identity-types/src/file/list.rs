use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::file::purpose::FilePurpose;
use crate::id::FileId;

/// Which files to list, and which page of them. Without any filter: the ten newest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListFiles {
    /// Only those created then: a [`Timestamp`](crate::Timestamp) for one second, or a [`CreatedFilter`] for a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The page of newer ones that ends just before this one. Not together with `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<FileId>,
    /// How many in a page, from 1 to 100. Absent: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only those for this purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<FilePurpose>,
    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<FileId>,
}

impl ListFiles {
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
    pub fn ending_before(mut self, ending_before: impl Into<FileId>) -> Self {
        self.ending_before = Some(ending_before.into());
        self
    }

    /// How many in a page, from 1 to 100. Absent: 10.
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Only those for this purpose.
    pub fn purpose(mut self, purpose: impl Into<FilePurpose>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// The page of older ones that begins just after this one. Not together with `ending_before`.
    pub fn starting_after(mut self, starting_after: impl Into<FileId>) -> Self {
        self.starting_after = Some(starting_after.into());
        self
    }
}
