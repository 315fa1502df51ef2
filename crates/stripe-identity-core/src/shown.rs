//! What came over the wire and may be shown.

use std::fmt;

/// An id that came over the wire, shown only if it looks like one and not like a piece of somebody's data.
pub(crate) struct Token<'a>(pub(crate) &'a str);

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_of_an_id = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let looks_like_one = self.0.len() <= 80 && self.0.bytes().all(is_of_an_id);
        f.write_str(if looks_like_one { self.0 } else { "[hidden]" })
    }
}

/// A type, a code or a parameter's name that came over the wire. All of Stripe's are words in small letters, joined by
/// underscores and nested in brackets; what has anything else may be a piece of somebody's data, and so are the keys of
/// metadata.
pub(crate) struct Word<'a>(pub(crate) &'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_of_a_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_[]".contains(&byte);
        let keys = self.0.find("metadata").map(|start| start + "metadata".len());
        // Within brackets, the word ends with its own.
        let keys = keys.map(|end| if self.0[end..].starts_with(']') { end + 1 } else { end });
        let known = keys.map_or(self.0, |keys| &self.0[..keys]);
        let looks_like_one = known.len() <= 80 && known.bytes().all(is_of_a_word);
        f.write_str(if looks_like_one { known } else { "[hidden]" })
    }
}

/// A media type that came over the wire.
pub(crate) struct MediaType<'a>(pub(crate) &'a str);

impl fmt::Display for MediaType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_of_a_type = |byte: u8| byte.is_ascii_alphanumeric() || b"-+._/".contains(&byte);
        let looks_like_one = self.0.len() <= 80 && self.0.contains('/') && self.0.bytes().all(is_of_a_type);
        f.write_str(if looks_like_one { self.0 } else { "[hidden]" })
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
