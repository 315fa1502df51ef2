use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::endpoint::files::FileContents;

/// What a successful response can be read as: any model that serde reads from JSON, or [`FileContents`]. It is not meant to
/// be implemented outside of this crate.
pub trait FromResponse: Sized {
    /// Reads it. Not meant to be called from outside.
    #[doc(hidden)]
    fn from_response(response: &http::Response<Bytes>) -> Result<Self, DecodeError>;
}

impl<T: DeserializeOwned> FromResponse for T {
    fn from_response(response: &http::Response<Bytes>) -> Result<Self, DecodeError> {
        // What has no content promises nothing, which JSON writes as `null`.
        let is_nothing = response.status() == StatusCode::NO_CONTENT && response.body().is_empty();
        let body: &[u8] = if is_nothing { b"null" } else { response.body() };
        let mut json = serde_json::Deserializer::from_slice(body);
        let model = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| DecodeError::new(shown(error.path()), error.inner(), body))?;
        json.end().map_err(|error| DecodeError::new(String::new(), &error, body))?;
        Ok(model)
    }
}

impl FromResponse for FileContents {
    fn from_response(response: &http::Response<Bytes>) -> Result<Self, DecodeError> {
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Self::new(response.body().clone(), content_type.map(str::to_owned)))
    }
}

/// Where and how a body differs from what was expected. It does not quote the body.
#[derive(Debug)]
pub struct DecodeError {
    path: String,
    line: usize,
    column: usize,
    category: serde_json::error::Category,
}

impl DecodeError {
    fn new(path: String, error: &serde_json::Error, body: &[u8]) -> Self {
        let place = |error: &serde_json::Error| (error.line(), error.column(), error.classify());
        // `Sensitive` turns every error inside it into one about data, so ask again whether this is JSON at all.
        let (line, column, category) = match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
            Ok(_) => place(error),
            Err(syntax) => place(&syntax),
        };
        // What is no JSON may break anywhere; where it does, the position says. What is of another type than expected can only
        // be a field of a model.
        let is_of_a_field = category == serde_json::error::Category::Data && !path.is_empty();
        let path = if is_of_a_field { path } else { ".".to_owned() };
        // Not the error itself: serde's message quotes the value that it did not expect.
        Self { path, line, column, category }
    }
}

/// The path without the keys of maps, which are data, and may name a person. Of the models here, only metadata is a map; of
/// others, what does not look like the name of a field is left out.
fn shown(path: &Path) -> String {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let mut shown = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => shown.extend(["[", &index.to_string(), "]"]),
            Segment::Map { key } if key.len() <= 40 && key.bytes().all(is_name) => shown.extend([".", key]),
            _ => shown += ".?",
        }
        if shown.ends_with(".metadata") {
            break;
        }
    }
    shown.trim_start_matches('.').to_owned()
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.category {
            serde_json::error::Category::Eof => "it ends too early",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is not JSON",
            serde_json::error::Category::Data => "it is of another type than expected, or missing",
        };
        write!(f, "at `{}`, line {} column {}: {what}", self.path, self.line, self.column)
    }
}

impl Error for DecodeError {}
