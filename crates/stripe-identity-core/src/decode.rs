use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use stripe_identity_types::escape_invalid_utf8;

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
        if is_nothing { parse("null") } else { parse(&escape_invalid_utf8(response.body())) }
    }
}

pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let model = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| DecodeError::new(shown(error.path()), error.inner(), text))?;
    json.end().map_err(|error| DecodeError::new(String::new(), &error, text))?;
    Ok(model)
}

impl FromResponse for FileContents {
    fn from_response(response: &http::Response<Bytes>) -> Result<Self, DecodeError> {
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Self::new(response.body().clone(), content_type.map(str::to_owned)))
    }
}

/// Where and how a body differs from what was expected. It does not quote the body.
#[derive(Clone, Debug)]
pub struct DecodeError {
    path: String,
    line: usize,
    column: usize,
    category: serde_json::error::Category,
}

impl DecodeError {
    fn new(path: String, error: &serde_json::Error, text: &str) -> Self {
        let place = |error: &serde_json::Error| (error.line(), error.column(), error.classify());
        // `Sensitive` turns every error inside it into one about data, so ask again whether this is JSON at all.
        let (line, column, category) = match serde_json::from_str::<serde::de::IgnoredAny>(text) {
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

    /// The same error in a text of which this one was a part: at a path, and after the text before it.
    pub(crate) fn below(self, path: &str, before: &str) -> Self {
        let path = if self.path == "." { path.to_owned() } else { format!("{path}.{}", self.path) };
        let last_line = before.rsplit('\n').next().unwrap_or(before);
        let column = if self.line == 1 { self.column + last_line.len() } else { self.column };
        let line = if self.line == 0 { 0 } else { self.line + before.matches('\n').count() };
        Self { path, line, column, ..self }
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
            serde_json::error::Category::Data => "it is of another type than expected, not a valid text, or missing",
        };
        write!(f, "at `{}`", self.path)?;
        // What was found wrong as a whole has no place.
        if self.line > 0 {
            write!(f, ", line {} column {}", self.line, self.column)?;
        }
        write!(f, ": {what}")
    }
}

impl Error for DecodeError {}
