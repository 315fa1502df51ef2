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
use crate::sensitive::debug_fields;
use crate::timestamp::Timestamp;

/// A file at Stripe, without its contents: an image that a verification collected, or a file that
/// you uploaded.
///
/// In Stripe's API, this is the object `file`.
///
/// To download an image of an identity document or a selfie, a request needs a
/// [restricted key](https://docs.stripe.com/identity/access-verification-results). A restricted key
/// that is not limited to some IP addresses downloads it only within 48 hours after the session was
/// processed.
///
/// ```
/// use stripe_identity_types::{File, FilePurpose};
///
/// let file: File = serde_json::from_str(r#"{"id": "file_1", "purpose": "selfie", "size": 40960}"#)?;
/// assert_eq!((file.purpose, file.size), (FilePurpose::Selfie, Some(40_960)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct File {
    /// The file's id, `file_…`.
    pub id: FileId,
    /// Always [`ObjectType::File`].
    #[serde(default, deserialize_with = "own::file", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the file was created at Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the file stops being available. Absent if it stays.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The name under which the file was uploaded. Absent if it has none.
    #[serde(default)]
    pub filename: Option<Sensitive<String>>,
    /// The newest links to the file. Stripe may omit them unless the request expands
    /// [`FileExpand::Links`](crate::FileExpand::Links).
    ///
    /// If one of the links does not parse, all of them are absent, so that the file still parses.
    /// [`ListFileLinks`](crate::ListFileLinks) lists them separately.
    #[serde(default, deserialize_with = "invalid_as_absent", skip_serializing_if = "Option::is_none")]
    pub links: Option<List<FileLink>>,
    /// What the file is for.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "FilePurpose::is_absent")]
    pub purpose: FilePurpose,
    /// The size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A title for display. Absent if it has none.
    #[serde(default)]
    pub title: Option<Sensitive<String>>,
    /// The format of the contents, such as `jpg`.
    #[doc(alias = "type")]
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// The URL of the contents. A download from it needs an API key.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

debug_fields!(File { id, object, created, expires_at, filename, links, purpose, size, title, url } codes { type_ } hidden {});

impl File {
    /// Creates a file that has only an id, for tests and for servers that stand in for Stripe.
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

/// A link to the contents of a file, from which anyone can download them without an API key.
///
/// In Stripe's API, this is the object `file_link`.
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
    /// When the link was created at Stripe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Whether the link has expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// When the link expires. Absent if it never does.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The file: its id, or the file itself if the request expands
    /// [`FileLinkExpand::File`](crate::FileLinkExpand::File).
    #[serde(default, deserialize_with = "link", skip_serializing_if = "Option::is_none")]
    pub file: Option<Expandable<File>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your key-value pairs. Empty if there are none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// The URL. Anyone who has it can download the file.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl FileLink {
    /// Creates a link that has only an id, for tests and for servers that stand in for Stripe.
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
