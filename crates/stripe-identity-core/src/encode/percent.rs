use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but the characters that mean themselves in names, values and path segments.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes a name, a value or a path segment.
pub(crate) fn escape(text: &str) -> impl Display + '_ {
    utf8_percent_encode(text, ESCAPED)
}

/// Appends the percent-encoded form of a name or a value.
pub(crate) fn push_escaped(form: &mut String, text: &str) {
    form.extend(utf8_percent_encode(text, ESCAPED));
}

/// Returns whether every server takes a path segment for what it is: nothing in it splits it, leads
/// out of it, or can be decoded in two ways.
pub(crate) fn is_plain_segment(segment: &str) -> bool {
    let is_plain_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !segment.is_empty() && segment.bytes().all(is_plain_byte) {
        return true;
    }
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    !matches!(&*decoded, "" | "." | "..") && escape(&decoded).to_string() == segment
}
