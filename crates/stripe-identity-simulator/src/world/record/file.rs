use bytes::Bytes;
use stripe_identity_core::types::{File, FilePurpose, Sensitive, Timestamp};

use crate::world::show::under;
use crate::world::store::Record;

#[derive(Debug)]
pub(crate) struct StoredFile {
    pub(crate) account: Option<Box<str>>,
    pub(crate) id: Box<str>,
    pub(crate) created: Timestamp,
    pub(crate) purpose: FilePurpose,
    pub(crate) filename: Sensitive<Box<str>>,
    /// That of the contents, also once they are gone.
    pub(crate) size: usize,
    /// Gone once the session that it belongs to is redacted.
    pub(crate) contents: Option<Bytes>,
}

impl Record for StoredFile {
    const KIND: &'static str = "file";
    const NAME: &'static str = "file upload";
    const PARAM: &'static str = "file";

    fn id(&self) -> &str {
        &self.id
    }

    fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("purpose", self.purpose.as_str());
    }
}

impl StoredFile {
    /// Whether a verification collected it, and it shows a person.
    pub(crate) fn is_collected(&self) -> bool {
        matches!(self.purpose, FilePurpose::IdentityDocumentDownloadable | FilePurpose::Selfie)
    }

    /// Returns the file as it is shown where URLs have this base.
    pub(crate) fn shown(&self, base_url: &str) -> File {
        let (id, filename) = (&*self.id, &**self.filename.expose());
        let mut file = File::new(id);
        file.created = Some(self.created);
        file.purpose = self.purpose.clone();
        file.size = u64::try_from(self.size).ok();
        file.type_ = filename.rsplit_once('.').map(|(_, extension)| extension.to_owned());
        file.filename = Some(filename.into());
        file.url = Some(Sensitive::new(under(base_url, &format!("/v1/files/{id}/contents"))));
        file
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
