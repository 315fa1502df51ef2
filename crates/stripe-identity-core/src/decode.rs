use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::{DeserializeOwned, IgnoredAny};
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

/// How many lines and columns lie before a place in a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    line: usize,
    column: usize,
}

impl Place {
    /// The place beyond some more of the text.
    pub(crate) fn beyond(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            Some((before, last)) => Self { line: self.line + before.matches('\n').count() + 1, column: last.len() },
            None => Self { column: self.column + text.len(), ..self },
        }
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
        // `Sensitive` turns every error inside it into one about data, and what serde_json cannot hold (a lone surrogate, a
        // number beyond all bounds, deep nesting) into one of syntax: so ask again whether this is JSON at all.
        let (line, column, category) = match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => (error.line(), error.column(), serde_json::error::Category::Data),
            Err(syntax) => (syntax.line(), syntax.column(), syntax.classify()),
        };
        // What is no JSON may break anywhere; where it does, the position says. What is of another type than expected can only
        // be a field of a model.
        let is_of_a_field = category == serde_json::error::Category::Data && !path.is_empty();
        let path = if is_of_a_field { path } else { ".".to_owned() };
        // Not the error itself: serde's message quotes the value that it did not expect.
        Self { path, line, column, category }
    }

    /// A body that is JSON and should have been something else as a whole.
    pub(crate) fn of_all() -> Self {
        Self { path: ".".to_owned(), line: 0, column: 0, category: serde_json::error::Category::Data }
    }

    /// The same error in a text of which this one was a part: at a path, and beyond a place.
    pub(crate) fn below(self, path: &str, place: Place) -> Self {
        let path = if self.path == "." { path.to_owned() } else { format!("{path}.{}", self.path) };
        let column = if self.line == 1 { self.column + place.column } else { self.column };
        let line = if self.line == 0 { 0 } else { self.line + place.line };
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
            serde_json::error::Category::Data => {
                "it is missing, or not of the type or within the bounds that are expected"
            }
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
