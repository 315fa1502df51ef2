pub(crate) mod expand;
pub(crate) mod link_list;
pub(crate) mod list;
pub(crate) mod params;
pub(crate) mod purpose;

use serde::{Deserialize, Serialize};

use crate::expandable::{Expandable, HasId, link};
use crate::file::purpose::FilePurpose;
use crate::id::{FileId, FileLinkId};
use crate::lenient::{null_as_default, unreadable_as_absent};
use crate::list::List;
use crate::metadata::Metadata;
use crate::object_type::{ObjectType, own};
use crate::sensitive::Sensitive;
use crate::timestamp::Timestamp;

/// A file at Stripe: an image that a verification collected, or one that you uploaded.
///
/// This is what is known about it. For its contents, see the download call; those of identity documents and selfies
/// take a [restricted key](https://docs.stripe.com/identity/access-verification-results).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct File {
    /// The file's id, `file_…`.
    pub id: FileId,
    /// Always [`ObjectType::File`].
    #[serde(default, deserialize_with = "own::file", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the file was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When the file goes away; absent if it stays.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The name it was uploaded under.
    #[serde(default)]
    pub filename: Option<Sensitive<String>>,
    /// The newest links to it. Comes with [`FileExpand::Links`](crate::FileExpand::Links) where it does not by itself.
    ///
    /// The file is worth more than its links: a list that can't be read, or in which one link can't be, reads as absent, and
    /// never as a part of itself. [`ListFileLinks`](crate::ListFileLinks) gives the links by themselves.
    #[serde(default, deserialize_with = "unreadable_as_absent", skip_serializing_if = "Option::is_none")]
    pub links: Option<List<FileLink>>,
    /// What it is for.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "FilePurpose::is_absent")]
    pub purpose: FilePurpose,
    /// How large it is, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A title fit to be shown to people.
    #[serde(default)]
    pub title: Option<Sensitive<String>>,
    /// Its format, such as `jpg`.
    #[doc(alias = "type")]
    #[serde(rename = "type", default)]
    pub type_: Option<String>,
    /// Where its contents can be read, with an API key.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl File {
    /// A file of which nothing but the id is known, to start from in tests and servers.
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

impl HasId for File {
    type Id = FileId;

    fn id(&self) -> &FileId {
        &self.id
    }
}

impl From<&File> for FileId {
    fn from(file: &File) -> Self {
        file.id.clone()
    }
}

/// A URL under which a file's contents can be read without an API key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "crate::maps")]
#[non_exhaustive]
pub struct FileLink {
    /// The link's id, `link_…`.
    pub id: FileLinkId,
    /// Always [`ObjectType::FileLink`].
    #[serde(default, deserialize_with = "own::file_link", skip_serializing_if = "ObjectType::is_absent")]
    pub object: ObjectType,
    /// When the link was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Whether it no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<bool>,
    /// When it stops working; absent if it goes on.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The file: its id, or with [`FileLinkExpand::File`](crate::FileLinkExpand::File) the file itself.
    #[serde(default, deserialize_with = "link", skip_serializing_if = "Option::is_none")]
    pub file: Option<Expandable<File>>,
    /// Whether this is live data (`true`) or test data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    /// Your own key-value pairs.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// The URL. Whoever has it can read the file.
    #[serde(default)]
    pub url: Option<Sensitive<String>>,
}

impl FileLink {
    /// A link of which nothing but the id is known, to start from in tests and servers.
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

impl HasId for FileLink {
    type Id = FileLinkId;

    fn id(&self) -> &FileLinkId {
        &self.id
    }
}

impl From<&FileLink> for FileLinkId {
    fn from(link: &FileLink) -> Self {
        link.id.clone()
    }
}
