use bytes::Bytes;
use stripe_identity_core::types::{File, FilePurpose, Timestamp};

use crate::world::store::Record;

#[derive(Debug)]
pub(crate) struct StoredFile {
    pub(crate) account: Option<String>,
    /// Its URL is a path.
    pub(crate) file: File,
    /// Gone once the session that it belongs to is redacted.
    pub(crate) contents: Option<Bytes>,
    /// The links to it, the oldest first.
    pub(crate) links: Vec<String>,
}

impl Record for StoredFile {
    const KIND: &'static str = "file";
    const NAME: &'static str = "file upload";
    const PARAM: &'static str = "file";

    fn id(&self) -> &str {
        self.file.id.as_str()
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

impl StoredFile {
    /// Whether a verification collected it, and it shows a person.
    pub(crate) fn is_collected(&self) -> bool {
        matches!(self.file.purpose, FilePurpose::IdentityDocumentDownloadable | FilePurpose::Selfie)
    }

    pub(crate) fn created(&self) -> Timestamp {
        self.file.created.unwrap_or(Timestamp::from_secs(0))
    }

    pub(crate) fn content_type(&self) -> &'static str {
        let contents = self.contents.as_deref().filter(|_| self.is_collected());
        contents.map_or(UNKNOWN_FORMAT.1, |contents| format_of(contents).1)
    }
}

const UNKNOWN_FORMAT: (&str, &str) = ("bin", "application/octet-stream");

/// Returns the extension and the media type of an image.
pub(crate) fn format_of(contents: &[u8]) -> (&'static str, &'static str) {
    match contents {
        [0x89, b'P', b'N', b'G', ..] => ("png", "image/png"),
        [0xff, 0xd8, 0xff, ..] => ("jpg", "image/jpeg"),
        _ => UNKNOWN_FORMAT,
    }
}
