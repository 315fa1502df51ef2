use std::error::Error;
use std::fmt;

use http::StatusCode;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};
use stripe_identity_types::escape_invalid_utf8;

use crate::response::Meta;

/// A type that a successful response is parsed into: any type that serde deserializes, a
/// [`Page`](crate::Page), or [`FileContents`](crate::resources::files::FileContents).
///
/// The trait is sealed. An [`Endpoint`](crate::Endpoint) of another crate responds with a type that
/// implements `DeserializeOwned`, or with a page of one.
pub trait FromResponse: sealed::Decode {}

impl<T: sealed::Decode> FromResponse for T {}

pub(crate) mod sealed {
    use super::DecodeError;
    use crate::response::Meta;

    #[allow(unnameable_types, reason = "it seals `FromResponse`")]
    pub trait Decode: Sized {
        #[doc(hidden)]
        fn decode(meta: &Meta) -> Result<Self, DecodeError>;
    }
}

impl<T: DeserializeOwned> sealed::Decode for T {
    fn decode(meta: &Meta) -> Result<Self, DecodeError> {
        // A 204 has no body by definition, which JSON writes as `null`.
        let is_empty = meta.status() == StatusCode::NO_CONTENT && meta.body().is_empty();
        if is_empty { parse("null") } else { parse(&escape_invalid_utf8(meta.body())) }
    }
}

pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|error| locate::<T>(text, &error))
}

/// Parses the text of a failed parse again to find the path of the error, which costs twice as much.
#[cold]
fn locate<T: DeserializeOwned>(text: &str, error: &serde_json::Error) -> DecodeError {
    let mut json = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) => DecodeError::new(field_path(error.path()), error.inner(), text),
        // The text that does not parse follows the model.
        Ok(_) => DecodeError::new(String::new(), error, text),
    }
}

/// A position in a text: the numbers of lines and columns before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    line: usize,
    column: usize,
}

impl Position {
    /// Returns the position after `text`, which begins here.
    pub(crate) fn after(self, text: &str) -> Self {
        match text.rsplit_once('\n') {
            Some((before, last)) => Self { line: self.line + before.matches('\n').count() + 1, column: last.len() },
            None => Self { column: self.column + text.len(), ..self },
        }
    }
}

/// Where and how a body differs from the expected model. It does not quote the body.
#[derive(Clone, Debug)]
#[allow(unnameable_types, reason = "callers reach it as the source of an error")]
pub struct DecodeError {
    path: String,
    line: usize,
    column: usize,
    category: serde_json::error::Category,
}

impl DecodeError {
    fn new(path: String, error: &serde_json::Error, text: &str) -> Self {
        // The category of the error is not reliable: `Sensitive` turns every error inside it into
        // `Data`, and serde_json reports a lone surrogate, a number out of range and deep nesting
        // as `Syntax`. So check again whether this is JSON at all.
        let (line, column, category) = match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => (error.line(), error.column(), serde_json::error::Category::Data),
            Err(syntax) => (syntax.line(), syntax.column(), syntax.classify()),
        };
        // Invalid JSON may end anywhere, and only the position is meaningful. An unexpected type is
        // that of a field.
        let has_field = category == serde_json::error::Category::Data && !path.is_empty();
        let path = if has_field { path } else { ".".to_owned() };
        // serde's message is dropped, since it quotes the unexpected value.
        Self { path, line, column, category }
    }

    /// An error for a body that is JSON, but not the expected object.
    pub(crate) fn of_body() -> Self {
        Self { path: ".".to_owned(), line: 0, column: 0, category: serde_json::error::Category::Data }
    }

    /// Converts the error of a part to one of the whole text, in which the part is at `path` and
    /// begins at `base`.
    pub(crate) fn below(self, path: &str, base: Position) -> Self {
        let path = if self.path == "." { path.to_owned() } else { format!("{path}.{}", self.path) };
        let column = if self.line == 1 { self.column + base.column } else { self.column };
        let line = if self.line == 0 { 0 } else { self.line + base.line };
        Self { path, line, column, ..self }
    }
}

/// Writes the path without the keys of maps, which are data and may name a person.
///
/// Among the models of this workspace, only metadata is a map. In other models, a key that does not
/// look like the name of a field is left out.
fn field_path(path: &Path) -> String {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.extend(["[", &index.to_string(), "]"]),
            Segment::Map { key } if key.len() <= 40 && key.bytes().all(is_name) => text.extend([".", key]),
            _ => text += ".?",
        }
        if text.ends_with(".metadata") {
            break;
        }
    }
    text.trim_start_matches('.').to_owned()
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.category {
            serde_json::error::Category::Eof => "the JSON ends too early",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is not JSON",
            serde_json::error::Category::Data => "it is missing, has an unexpected type, or is out of range",
        };
        write!(f, "at `{}`", self.path)?;
        // An error of the whole body has no position.
        if self.line > 0 {
            write!(f, ", line {} column {}", self.line, self.column)?;
        }
        write!(f, ": {what}")
    }
}

impl Error for DecodeError {}
