use serde::Serialize;

use crate::file::purpose::FilePurpose;
use crate::id::FileId;
use crate::metadata::MetadataParams;
use crate::patch::Patch;
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// A file to upload.
///
/// ```
/// use stripe_identity_types::{CreateFile, FilePurpose};
///
/// let params = CreateFile::new(FilePurpose::AdditionalVerification, b"...".to_vec()).filename("letter.pdf");
/// ```
///
/// Serializes to the parameters beside the file itself, which goes into a part of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreateFile {
    /// The contents.
    #[serde(skip)]
    pub file: Sensitive<Vec<u8>>,
    /// The media type of the contents. Absent: `application/octet-stream`.
    #[serde(skip)]
    pub content_type: Option<String>,
    /// The file's name. Absent: `blob`.
    #[serde(skip)]
    pub filename: Option<Sensitive<String>>,
    /// What the file is for. Stripe takes those purposes of which the docs do not say that only Stripe makes such files.
    pub purpose: FilePurpose,
    /// A link to make along with the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_link_data: Option<FileLinkData>,
}

impl CreateFile {
    /// A file with its contents.
    pub fn new(purpose: impl Into<FilePurpose>, file: impl Into<Vec<u8>>) -> Self {
        Self {
            file: Sensitive::new(file.into()),
            content_type: None,
            filename: None,
            file_link_data: None,
            purpose: purpose.into(),
        }
    }

    /// The media type of the contents.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The file's name.
    pub fn filename(mut self, filename: impl Into<String>) -> Self {
        self.filename = Some(Sensitive::new(filename.into()));
        self
    }

    /// A link to make along with the file.
    pub fn file_link_data(mut self, link: FileLinkData) -> Self {
        self.file_link_data = Some(link);
        self
    }
}

/// A link to make along with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileLinkData {
    /// Whether to make it at all.
    pub create: bool,
    /// When it stops working. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Your own key-value pairs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl FileLinkData {
    /// A link that goes on working.
    pub fn create() -> Self {
        Self { create: true, expires_at: None, metadata: Patch::Keep }
    }
}

/// A file link to create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreateFileLink {
    /// When it stops working. Absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The file.
    pub file: FileId,
    /// Your own key-value pairs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl CreateFileLink {
    /// A link to a file, which goes on working.
    pub fn new(file: impl Into<FileId>) -> Self {
        Self { expires_at: None, file: file.into(), metadata: Patch::Keep }
    }
}

/// What to change about a file link. What is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UpdateFileLink {
    /// When it stops working; cleared, it goes on.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub expires_at: Patch<FileLinkExpiry>,
    /// Pairs to set or to take out; cleared, all of them go.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl UpdateFileLink {
    /// No change.
    pub fn new() -> Self {
        Self::default()
    }

    /// When it stops working.
    pub fn expires_at(mut self, expiry: impl Into<FileLinkExpiry>) -> Self {
        self.expires_at = Patch::Set(expiry.into());
        self
    }

    /// Lets it go on working.
    pub fn clear_expires_at(mut self) -> Self {
        self.expires_at = Patch::Clear;
        self
    }

    /// Sets a metadata pair.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.get_or_insert_default().set(key, value);
        self
    }

    /// Takes a metadata pair out.
    pub fn unset_metadata(mut self, key: impl Into<String>) -> Self {
        self.metadata.get_or_insert_default().unset(key);
        self
    }

    /// Takes all metadata pairs out.
    pub fn clear_metadata(mut self) -> Self {
        self.metadata = Patch::Clear;
        self
    }
}

/// When a file link is to stop working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileLinkExpiry {
    /// At once.
    Now,
    /// At a time.
    #[serde(untagged)]
    At(Timestamp),
}

impl From<Timestamp> for FileLinkExpiry {
    fn from(time: Timestamp) -> Self {
        Self::At(time)
    }
}

/// The setters that a new link has, whether made along with a file or by itself.
macro_rules! new_link_setters {
    ($($params:ident)+) => { $(
        impl $params {
            /// When it stops working.
            pub fn expires_at(mut self, time: Timestamp) -> Self {
                self.expires_at = Some(time);
                self
            }

            /// Sets a metadata pair.
            pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.metadata.get_or_insert_default().set(key, value);
                self
            }
        }
    )+ };
}
new_link_setters! { FileLinkData CreateFileLink }
