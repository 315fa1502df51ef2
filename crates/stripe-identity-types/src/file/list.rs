use serde::Serialize;

use crate::created_filter::CreatedFilter;
use crate::file::purpose::FilePurpose;
use crate::id::FileId;
use crate::list::cursor_setters;

/// The parameters of `GET /v1/files`, which lists files, newest first.
///
/// Without parameters, Stripe returns the ten newest.
///
/// ```
/// use stripe_identity_types::{FilePurpose, ListFiles};
///
/// let params = ListFiles::new().purpose(FilePurpose::Selfie).limit(50);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct ListFiles {
    /// Only objects that were created at this time: in one second, or in a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<CreatedFilter>,
    /// The object just after the page, in the order newest first. Cannot be combined with
    /// `starting_after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending_before: Option<FileId>,
    /// The number of objects in a page, from 1 to 100. Defaults to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Only files for this purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<FilePurpose>,
    /// The object just before the page, in the order newest first. Cannot be combined with
    /// `ending_before`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starting_after: Option<FileId>,
}

cursor_setters!(ListFiles, FileId);

impl ListFiles {
    /// Selects files for this purpose.
    pub fn purpose(mut self, purpose: impl Into<FilePurpose>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }
}
