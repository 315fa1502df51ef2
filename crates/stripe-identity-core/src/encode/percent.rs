use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters but those that are never escaped in names, values and path segments.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether a byte is plain. A table, since every byte of all names and values is checked.
static IS_PLAIN: [bool; 256] = {
    let mut is_plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        is_plain[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    is_plain
};

fn is_plain_byte(byte: u8) -> bool {
    IS_PLAIN[usize::from(byte)]
}

/// Appends the percent-encoded form of a name, a value or a path segment.
pub(crate) fn push_escaped(url: &mut String, text: &str) {
    // Most names and ids are plain and need no escaping.
    if text.bytes().all(is_plain_byte) {
        url.push_str(text);
    } else {
        url.extend(utf8_percent_encode(text, ESCAPED));
    }
}

/// Returns whether every server reads a path segment alike: nothing in it ends it, leads up the tree,
/// or can be decoded in two ways.
pub(crate) fn is_plain_segment(segment: &str) -> bool {
    if !segment.is_empty() && segment.bytes().all(is_plain_byte) {
        return true;
    }
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    let mut escaped = String::new();
    push_escaped(&mut escaped, &decoded);
    !matches!(&*decoded, "" | "." | "..") && escaped == segment
}
