use serde::Serialize;

use crate::file::purpose::FilePurpose;
use crate::id::FileId;
use crate::metadata::MetadataParams;
use crate::patch::Patch;
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// The parameters of `POST /v1/files`, which uploads a file.
///
/// The body of the request is `multipart/form-data`. The contents, their media type and the file's
/// name make up the part `file`, and do not serialize. The other fields serialize as the other parts.
///
/// ```
/// use stripe_identity_types::{CreateFile, FilePurpose};
///
/// let letter = b"%PDF-1.7".to_vec();
/// let params = CreateFile::new(FilePurpose::AdditionalVerification, letter)
///     .filename("letter.pdf")
///     .content_type("application/pdf");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateFile {
    /// The contents of the file.
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
    /// A link to create together with the file. Defaults to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_link_data: Option<FileLinkData>,
}

impl CreateFile {
    /// Creates parameters from the purpose and the contents of a file.
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

    /// Sets a link to create together with the file.
    pub fn file_link_data(mut self, link: FileLinkData) -> Self {
        self.file_link_data = Some(link);
        self
    }
}

/// A link to create together with a file: the parameter `file_link_data` of `POST /v1/files`.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stripe_identity_types::{CreateFile, FileLinkData, FilePurpose};
///
/// let tomorrow = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
/// let link = FileLinkData::create().expires_at(tomorrow.into()).metadata("case", "7");
/// let receipt = b"%PDF-1.7".to_vec();
/// let params = CreateFile::new(FilePurpose::DisputeEvidence, receipt).file_link_data(link);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct FileLinkData {
    /// Whether to create the link.
    pub create: bool,
    /// When the link expires, a time in the future. Defaults to never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Your key-value pairs. [`Metadata`](crate::Metadata) has the limits.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl FileLinkData {
    /// Creates data for a link that never expires unless a time is set.
    pub fn create() -> Self {
        Self { create: true, expires_at: None, metadata: Patch::Keep }
    }
}

/// The parameters of `POST /v1/file_links`, which creates a link to a file.
///
/// A link to an image of a document or a selfie must expire within 30 seconds after its creation.
/// Stripe rejects it if `expires_at` is later or is not set. Files of the purposes
/// [`AccountRequirement`](FilePurpose::AccountRequirement),
/// [`AdditionalVerification`](FilePurpose::AdditionalVerification),
/// [`IdentityDocument`](FilePurpose::IdentityDocument) and
/// [`PlatformTermsOfService`](FilePurpose::PlatformTermsOfService) have no links.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stripe_identity_types::CreateFileLink;
///
/// let expiry = SystemTime::now() + Duration::from_secs(20);
/// let params = CreateFileLink::new("file_123").expires_at(expiry.into());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use = "parameters do nothing until a call sends them"]
#[non_exhaustive]
pub struct CreateFileLink {
    /// When the link expires, a time in the future. Defaults to never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The file that the link is to.
    pub file: FileId,
    /// Your key-value pairs. [`Metadata`](crate::Metadata) has the limits.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<MetadataParams>,
}

impl CreateFileLink {
    /// Creates parameters for a link to a file. The link never expires unless a time is set.
    pub fn new(file: impl Into<FileId>) -> Self {
        Self { expires_at: None, file: file.into(), metadata: Patch::Keep }
    }
}

/// The parameters of `POST /v1/file_links/{id}`, which updates a link. Fields that are not set keep
/// their values.
///
/// A link to an image of a document or a selfie must expire within 30 seconds after the update.
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
    /// When the link expires. If the field is cleared, the link never expires.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub expires_at: Patch<FileLinkExpiry>,
    /// The metadata pairs to set or to remove. If the field is cleared, all pairs are removed.
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

    /// Clears the time of expiry, so that the link never expires.
    pub fn clear_expires_at(mut self) -> Self {
        self.expires_at = Patch::Clear;
        self
    }

    /// Sets a metadata pair. [`Metadata`](crate::Metadata) has the limits.
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

/// The time at which a file link expires, for [`UpdateFileLink`].
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
    /// At this time, which lies in the future.
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
            /// Sets when the link expires, a time in the future. Defaults to never.
            pub fn expires_at(mut self, time: Timestamp) -> Self {
                self.expires_at = Some(time);
                self
            }

            /// Sets a metadata pair. [`Metadata`](crate::Metadata) has the limits.
            pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
                self.metadata.get_or_insert_default().set(key, value);
                self
            }
        }
    )+ };
}
new_link_setters! { FileLinkData CreateFileLink }
