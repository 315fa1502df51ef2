//! `Display` for values from a response, which hides a value that may be personal data.

use std::fmt;

/// A request id or an object's id, shown only if it looks like one.
pub(crate) struct LogId<'a>(pub(crate) &'a str);

impl fmt::Display for LogId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_id_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let is_id = self.0.len() <= 80 && self.0.bytes().all(is_id_byte);
        f.write_str(if is_id { self.0 } else { "[hidden]" })
    }
}

/// An error's type or code, or the name of a parameter.
///
/// Stripe's values are lower-case words, joined by underscores and nested in brackets. Any other value
/// may be personal data, and so may the keys of metadata.
pub(crate) struct LogCode<'a>(pub(crate) &'a str);

impl fmt::Display for LogCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_code_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_[]".contains(&byte);
        let end = self.0.find("metadata").map(|start| start + "metadata".len());
        // `[metadata]` keeps its closing bracket.
        let end = end.map(|end| if self.0[end..].starts_with(']') { end + 1 } else { end });
        let known = end.map_or(self.0, |end| &self.0[..end]);
        let is_code = known.len() <= 80 && known.bytes().all(is_code_byte);
        f.write_str(if is_code { known } else { "[hidden]" })
    }
}

/// The media type of a response.
pub(crate) struct LogMediaType<'a>(pub(crate) &'a str);

impl fmt::Display for LogMediaType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_type_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._/".contains(&byte);
        let is_type = self.0.len() <= 80 && self.0.contains('/') && self.0.bytes().all(is_type_byte);
        f.write_str(if is_type { self.0 } else { "[hidden]" })
    }
}

impl fmt::Debug for LogId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for LogCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
