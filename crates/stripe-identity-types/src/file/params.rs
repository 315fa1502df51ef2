use serde::Serialize;

use crate::file::purpose::FilePurpose;
use crate::id::FileId;
use crate::metadata::MetadataParams;
use crate::patch::Patch;
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// The parameters to upload a file.
///
/// ```
/// use stripe_identity_types::{CreateFile, FilePurpose};
///
/// let params = CreateFile::new(FilePurpose::AdditionalVerification, b"...".to_vec()).filename("letter.pdf");
/// ```
///
/// Serializes to the parameters besides the file itself, which is a part of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateFile {
    /// The contents.
    #[serde(skip)]
    pub file: Sensitive<Vec<u8>>,
    /// The media type of the contents. Defaults to `application/octet-stream`.
    #[serde(skip)]
    pub content_type: Option<String>,
    /// The file's name. Defaults to `blob`.
    #[serde(skip)]
    pub filename: Option<Sensitive<String>>,
    /// What the file is for. Stripe rejects purposes that are marked "Only Stripe creates it".
    pub purpose: FilePurpose,
    /// A link to make along with the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_link_data: Option<FileLinkData>,
}

impl CreateFile {
    /// Creates parameters with the contents of a file.
    pub fn new(purpose: impl Into<FilePurpose>, file: impl Into<Vec<u8>>) -> Self {
        Self {
            file: Sensitive::new(file.into()),
            content_type: None,
            filename: None,
            file_link_data: None,
            purpose: purpose.into(),
        }
    }

    /// Sets the media type of the contents. Defaults to `application/octet-stream`.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Sets the file's name. Defaults to `blob`.
    pub fn filename(mut self, filename: impl Into<String>) -> Self {
        self.filename = Some(Sensitive::new(filename.into()));
        self
    }

    /// Requests a link together with the file.
    pub fn file_link_data(mut self, link: FileLinkData) -> Self {
        self.file_link_data = Some(link);
        self
    }
}

/// A link to create together with a file.
///
/// ```
/// use stripe_identity_types::{CreateFile, FileLinkData, FilePurpose, Timestamp};
///
/// let link = FileLinkData::create().expires_at(Timestamp::from_secs(1_793_000_000)).metadata("case", "7");
/// let params = CreateFile::new(FilePurpose::AdditionalVerification, b"...".to_vec()).file_link_data(link);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct FileLinkData {
    /// Whether to create the link.
    pub create: bool,
    /// When the link expires. Never if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Your own key-value pairs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl FileLinkData {
    /// Creates data for a link that does not expire.
    pub fn create() -> Self {
        Self { create: true, expires_at: None, metadata: Patch::Keep }
    }
}

/// The parameters to create a file link.
///
/// ```
/// use stripe_identity_types::{CreateFileLink, Timestamp};
///
/// let params = CreateFileLink::new("file_123").expires_at(Timestamp::from_secs(1_793_000_000));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateFileLink {
    /// When the link expires. Never if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The file.
    pub file: FileId,
    /// Your own key-value pairs.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl CreateFileLink {
    /// Creates parameters for a link to a file, which does not expire.
    pub fn new(file: impl Into<FileId>) -> Self {
        Self { expires_at: None, file: file.into(), metadata: Patch::Keep }
    }
}

/// The parameters to update a file link. Fields that are not set keep their value.
///
/// ```
/// use stripe_identity_types::{FileLinkExpiry, UpdateFileLink};
///
/// let params = UpdateFileLink::new().expires_at(FileLinkExpiry::Now).unset_metadata("draft");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct UpdateFileLink {
    /// When the link expires. If cleared, it never does.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub expires_at: Patch<FileLinkExpiry>,
    /// Pairs to set or to remove. If cleared, all pairs are removed.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl UpdateFileLink {
    /// Creates parameters that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets when the link expires.
    pub fn expires_at(mut self, expiry: impl Into<FileLinkExpiry>) -> Self {
        self.expires_at = Patch::Set(expiry.into());
        self
    }

    /// Removes the expiry, so that the link does not expire.
    pub fn clear_expires_at(mut self) -> Self {
        self.expires_at = Patch::Clear;
        self
    }

    /// Sets a metadata pair.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.get_or_insert_default().set(key, value);
        self
    }

    /// Removes a metadata pair.
    pub fn unset_metadata(mut self, key: impl Into<String>) -> Self {
        self.metadata.get_or_insert_default().unset(key);
        self
    }

    /// Removes all metadata pairs.
    pub fn clear_metadata(mut self) -> Self {
        self.metadata = Patch::Clear;
        self
    }
}

/// When a file link is to expire.
///
/// ```
/// use stripe_identity_types::{FileLinkExpiry, Timestamp};
///
/// let time = Timestamp::from_secs(1_793_000_000);
/// assert_eq!(FileLinkExpiry::from(time), FileLinkExpiry::At(time));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileLinkExpiry {
    /// Immediately.
    Now,
    /// At this time.
    #[serde(untagged)]
    At(Timestamp),
}

impl From<Timestamp> for FileLinkExpiry {
    fn from(time: Timestamp) -> Self {
        Self::At(time)
    }
}

/// Implements the setters of a new link, which is created together with a file or on its own.
macro_rules! new_link_setters {
    ($($params:ident)+) => { $(
        impl $params {
            /// Sets when the link expires. Defaults to never.
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
