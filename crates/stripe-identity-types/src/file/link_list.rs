use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::id::{FileId, FileLinkId};
use crate::list::cursor_setters;

/// The parameters of `GET /v1/file_links`, which lists file links, newest first.
///
/// Without parameters, Stripe returns the ten newest.
///
/// ```
/// use stripe_identity_types::ListFileLinks;
///
/// let params = ListFileLinks::new().file("file_123").expired(false);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct ListFileLinks {
    /// Only objects that were created at this time: in one second, or in a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The object just after the page, in the order newest first. Cannot be combined with
    /// `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<FileLinkId>,
    /// Only links that have expired (`true`), or that still work (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// Only links to this file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileId>,
    /// The number of objects in a page, from 1 to 100. Defaults to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The object just before the page, in the order newest first. Cannot be combined with
    /// `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<FileLinkId>,
}

cursor_setters!(ListFileLinks, FileLinkId);

impl ListFileLinks {
    /// Selects links that have expired (`true`), or that still work (`false`).
    pub fn expired(mut self, expired: bool) -> Self {
        self.expired = Some(expired);
        self
    }

    /// Selects links to this file.
    pub fn file(mut self, file: impl Into<FileId>) -> Self {
        self.file = Some(file.into());
        self
    }
}
