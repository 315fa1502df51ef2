//! Files, and the links to them.

pub(crate) mod expand;
pub(crate) mod link_list;
pub(crate) mod list;
pub(crate) mod params;
pub(crate) mod purpose;

use serde::{Deserialize, Serialize};

use crate::expandable::{Expandable, has_id, link};
use crate::file::purpose::FilePurpose;
use crate::id::{FileId, FileLinkId};
use crate::lenient::{invalid_as_absent, null_as_default};
use crate::list::List;
use crate::metadata::Metadata;
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// A file at Stripe, without its contents: an image that a verification collected, or a file that
/// you uploaded.
///
/// To download the contents of an identity document or a selfie, a call needs a
/// [restricted key](https://docs.stripe.com/identity/access-verification-results).
///
/// ```
/// use stripe_identity_types::{File, FilePurpose};
///
/// let file: File = serde_json::from_str(r#"{"id": "file_1", "purpose": "selfie", "size": 40960}"#)?;
/// assert_eq!((file.purpose, file.size), (FilePurpose::Selfie, Some(40_960)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct File {
    /// The file's id, `file_…`.
    pub id: FileId,
    /// Always [`ObjectType::File`].
    #[serde(default, deserialize_with = "own::file", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the file was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the file is deleted. Absent if it stays.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The name under which the file was uploaded.
    #[serde(default)]
    pub filename: Option<Sensitive<String>>,
    /// The newest links to the file. If Stripe omits them,
    /// [`FileExpand::Links`](crate::FileExpand::Links) requests them.
    ///
    /// Links that do not parse must not prevent the file from parsing: if one of them does not
    /// parse, all of them are absent. [`ListFileLinks`](crate::ListFileLinks) lists them
    /// separately.
    #[serde(default, deserialize_with = "invalid_as_absent", skip_serializing_if = "Option::is_none")]
    pub links: Option<List<FileLink>>,
    /// What the file is for.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "FilePurpose::is_absent")]
    pub purpose: FilePurpose,
    /// The size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A title for display.
    #[serde(default)]
    pub title: Option<Sensitive<String>>,
    /// The format, such as `jpg`.
    #[doc(alias = "type")]
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// The URL of the contents, which needs an API key.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl File {
    /// Creates a file that has only an id, to start from in tests and servers.
    pub fn new(id: impl Into<FileId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::File,
            created: None,
            expires_at: None,
            filename: None,
            links: None,
            purpose: FilePurpose::default(),
            size: None,
            title: None,
            type_: None,
            url: None,
        }
    }
}

has_id!(File, FileId);

/// A URL for the contents of a file, which needs no API key.
///
/// ```
/// use stripe_identity_types::FileLink;
///
/// let link: FileLink = serde_json::from_str(r#"{"id": "link_1", "file": "file_1", "expired": false}"#)?;
/// assert_eq!(link.file.as_ref().map(|file| file.id().as_str()), Some("file_1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct FileLink {
    /// The link's id, `link_…`.
    pub id: FileLinkId,
    /// Always [`ObjectType::FileLink`].
    #[serde(default, deserialize_with = "own::file_link", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the link was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Whether the link has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// When the link expires. Absent if it never does.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The file: its id, or with [`FileLinkExpand::File`](crate::FileLinkExpand::File) the file
    /// itself.
    #[serde(default, deserialize_with = "link", skip_serializing_if = "Option::is_none")]
    pub file: Option<Expandable<File>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your own key-value pairs.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// The URL. Anyone who has it can download the file.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl FileLink {
    /// Creates a link that has only an id, to start from in tests and servers.
    pub fn new(id: impl Into<FileLinkId>) -> Self {
        Self {
            id: id.into(),
            object: ObjectType::FileLink,
            created: None,
            expired: None,
            expires_at: None,
            file: None,
            livemode: None,
            metadata: Metadata::new(),
            url: None,
        }
    }
}

has_id!(FileLink, FileLinkId);
