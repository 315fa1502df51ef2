//! Files: their metadata and their contents.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use stripe_identity_types::{CreateFile, File, FileExpand, FileId, ListFiles};

use crate::call::{Call, Caller};
use crate::decode::DecodeError;
use crate::decode::sealed::Decode;
use crate::endpoint::{FilePart, endpoints};
use crate::response::Meta;

endpoints! {
    /// The endpoint that lists files, newest first.
    List {
        method: GET,
        path: "/v1/files",
        params: ListFiles,
        page: File,
        expand: FileExpand,
    }
    /// The endpoint that uploads a file.
    Create {
        method: POST,
        host: Files,
        path: "/v1/files",
        params: CreateFile,
        file: part,
        response: File,
        expand: FileExpand,
    }
    /// The endpoint that retrieves a file, without its contents.
    Retrieve {
        method: GET,
        path: "/v1/files/{file}",
        id: FileId,
        response: File,
        expand: FileExpand,
    }
    /// The endpoint that downloads the contents of a file.
    Download {
        method: GET,
        host: Files,
        path: "/v1/files/{file}/contents",
        id: FileId,
        response: FileContents,
    }
}

fn part(file: &CreateFile) -> FilePart<'_> {
    let mut part = FilePart::new("file", file.file.expose());
    if let Some(filename) = &file.filename {
        part = part.filename(filename.expose());
    }
    if let Some(content_type) = &file.content_type {
        part = part.content_type(content_type);
    }
    part
}

/// The contents of a file. `Debug` shows the number of bytes and nothing else.
///
/// [`Files::download`] returns it.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// # fn example(client: &BlockingClient) -> Result<(), Error> {
/// let contents = client.files().download("file_123").send()?;
/// println!("{} bytes of {:?}", contents.bytes().len(), contents.content_type());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FileContents {
    bytes: Bytes,
    content_type: Option<String>,
}

impl FileContents {
    /// Returns the contents.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the contents without a copy, and drops the rest.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Returns the media type that the response names, or `None` if it names none.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }
}

impl Decode for FileContents {
    fn decode(meta: &Meta) -> Result<Self, DecodeError> {
        let content_type = meta.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Self { bytes: meta.body().clone(), content_type: content_type.map(str::to_owned) })
    }
}

impl fmt::Debug for FileContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContents([{} bytes hidden])", self.bytes.len())
    }
}

/// The calls on files.
///
/// `files()` of a client or of a [`Config`](crate::Config) returns it.
///
/// ```
/// # use stripe_identity_core::{BlockingClient, Error};
/// use stripe_identity_core::types::{CreateFile, FilePurpose};
///
/// # fn example(client: &BlockingClient, scan: Vec<u8>, scan_id: &str) -> Result<(), Error> {
/// let upload = CreateFile::new(FilePurpose::IdentityDocument, scan).content_type("image/jpeg");
/// let file = client.files().create(upload).idempotency_key(scan_id).send()?;
/// println!("{}", file.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Files<C> {
    caller: C,
}

impl<C: Caller> Files<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists files, newest first.
    pub fn list(&self, params: ListFiles) -> Call<C, List> {
        Call::new(&self.caller, List::new(params))
    }

    /// Retrieves a file, without its contents.
    #[doc(alias = "get")]
    pub fn retrieve(&self, file: impl Into<FileId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(file))
    }

    /// Uploads a file to the files host, `multipart/form-data` encoded. A retry sends it again from
    /// memory.
    #[doc(alias = "upload")]
    pub fn create(&self, file: CreateFile) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(file))
    }

    /// Downloads the contents of a file from the files host. They are read into memory as a whole, up
    /// to the transport's limit.
    ///
    /// Images that a verification collected need a restricted key: see [`Call::api_key`].
    #[doc(alias = "contents")]
    pub fn download(&self, file: impl Into<FileId>) -> Call<C, Download> {
        Call::new(&self.caller, Download::new(file))
    }
}
