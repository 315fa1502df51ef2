//! Files and their contents.

use std::fmt;

use bytes::Bytes;
use serde::Serialize;
use stripe_identity_types::{CreateFile, File, FileExpand, FileId, FileLinkData, FilePurpose, ListFiles};

use super::{Endpoint, FilePart, Host, Route, WriteEndpoint};
use crate::call::{Call, Caller};
use crate::page::Page;

own_params! {
    /// Lists files, newest first.
    ListFiles = GET Api "/v1/files" -> Page<File>, expand "data." FileExpand;
}

by_id! {
    /// Retrieves what is known about a file.
    Retrieve(FileId) = GET Api "/v1/files/{file}" -> File, expand FileExpand;
    /// Downloads a file's contents.
    Download(FileId) = GET Files "/v1/files/{file}/contents" -> FileContents, expand FileExpand;
}

/// Uploads a file.
#[derive(Clone, Debug)]
pub struct Create {
    file: CreateFile,
    params: CreateParams,
}

/// The parameters of an upload beside the file itself.
#[derive(Clone, Debug, Serialize)]
pub struct CreateParams {
    purpose: FilePurpose,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_link_data: Option<FileLinkData>,
}

impl Create {
    /// The call for one file.
    pub fn new(mut file: CreateFile) -> Self {
        let params = CreateParams { purpose: file.purpose.clone(), file_link_data: file.file_link_data.take() };
        Self { file, params }
    }
}

impl Endpoint for Create {
    const ROUTE: Route = Route::new(http::Method::POST, Host::Files, "/v1/files");
    type Params = CreateParams;
    type Response = File;
    type Expand = FileExpand;

    fn params(&self) -> &CreateParams {
        &self.params
    }

    fn file(&self) -> Option<FilePart<'_>> {
        Some(FilePart {
            name: "file",
            filename: self.file.filename.as_ref().map_or("blob", |name| name.expose()),
            content_type: self.file.content_type.as_deref().unwrap_or("application/octet-stream"),
            contents: self.file.file.expose(),
        })
    }
}

impl WriteEndpoint for Create {}

/// A file's contents. `Debug` shows how many bytes there are and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct FileContents {
    bytes: Bytes,
    content_type: Option<String>,
}

impl FileContents {
    pub(crate) fn new(bytes: Bytes, content_type: Option<String>) -> Self {
        Self { bytes, content_type }
    }

    /// The contents.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The contents, taken out.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Their media type, as the server says.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }
}

impl fmt::Debug for FileContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContents([{} bytes hidden])", self.bytes.len())
    }
}

/// Calls on files. From `files()` of a client, or of a [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct Files<C> {
    caller: C,
}

impl<C: Caller> Files<C> {
    pub(crate) fn new(caller: &C) -> Self {
        Self { caller: caller.clone() }
    }

    /// Lists files, newest first.
    pub fn list(&self, params: ListFiles) -> Call<C, ListFiles> {
        Call::new(&self.caller, params)
    }

    /// Retrieves what is known about a file.
    #[doc(alias = "get")]
    pub fn retrieve(&self, file: impl Into<FileId>) -> Call<C, Retrieve> {
        Call::new(&self.caller, Retrieve::new(file))
    }

    /// Uploads a file, to the files host.
    #[doc(alias = "upload")]
    pub fn create(&self, file: CreateFile) -> Call<C, Create> {
        Call::new(&self.caller, Create::new(file))
    }

    /// Downloads a file's contents, from the files host. They are read as a whole, up to the transport's limit.
    ///
    /// Images that a verification collected take a restricted key: see [`Call::api_key`].
    #[doc(alias = "contents")]
    pub fn download(&self, file: impl Into<FileId>) -> Call<C, Download> {
        Call::new(&self.caller, Download::new(file))
    }
}
