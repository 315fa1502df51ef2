use std::borrow::Cow;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stripe_identity_core::types::{File, FilePurpose, Sensitive, Timestamp};

use crate::document;
use crate::world::rows::Kind;
use crate::world::show::under;
use crate::world::store::{Record, fill_time, unknown_time};

#[derive(Debug)]
pub(crate) struct StoredFile {
    pub(crate) account: Option<Box<str>>,
    pub(crate) id: Box<str>,
    pub(crate) created: Timestamp,
    pub(crate) purpose: FilePurpose,
    pub(crate) filename: Sensitive<Box<str>>,
    /// The size of the contents. It stays when they are removed.
    pub(crate) size: usize,
    /// `None` once the session of the image is redacted.
    pub(crate) contents: Option<Bytes>,
}

/// A file as it is written. Its contents have a separate row, unless they are one of the default drawings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<Cow<'a, str>>,
    #[serde(default = "unknown_time")]
    created: Timestamp,
    purpose: FilePurpose,
    filename: Sensitive<Cow<'a, str>>,
    #[serde(default)]
    size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drawing: Option<Cow<'a, str>>,
}

impl Serialize for StoredFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            id: Cow::Borrowed(&self.id),
            account: self.account.as_deref().map(Cow::Borrowed),
            created: self.created,
            purpose: self.purpose.clone(),
            filename: Sensitive::new(Cow::Borrowed(self.filename.expose())),
            size: self.size,
            drawing: self.drawing().map(Cow::Borrowed),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        Ok(Self {
            account: written.account.map(|account| account.into_owned().into()),
            id: written.id.into_owned().into(),
            created: written.created,
            purpose: written.purpose,
            filename: Sensitive::new(written.filename.into_inner().into_owned().into()),
            size: written.size,
            contents: written.drawing.and_then(|name| document::drawing(&name)),
        })
    }
}

impl Record for StoredFile {
    const KIND: Kind = Kind::File;
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

    fn complete(&mut self, now: Timestamp) {
        fill_time(&mut self.created, now);
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("purpose", self.purpose.as_str());
    }
}

impl StoredFile {
    /// Returns the name of the default drawing that the contents are, if they are one.
    fn drawing(&self) -> Option<&'static str> {
        self.contents.as_deref().and_then(document::name_of_drawing)
    }

    /// Returns the contents, unless they are a default drawing, which has no row.
    pub(crate) fn written_contents(&self) -> Option<&Bytes> {
        self.contents.as_ref().filter(|contents| document::name_of_drawing(contents).is_none())
    }

    /// Returns whether a verification collected the file, so that it shows a person.
    pub(crate) fn is_collected(&self) -> bool {
        matches!(self.purpose, FilePurpose::IdentityDocumentDownloadable | FilePurpose::Selfie)
    }

    /// Returns the file as it is shown, with URLs under this base.
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
