use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but the characters that mean themselves in names, values and path segments.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which bytes are plain, in a table, since all names and values are looked at byte by byte.
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
    // Most names and ids are plain, and then a copy suffices.
    if text.bytes().all(is_plain_byte) {
        url.push_str(text);
    } else {
        url.extend(utf8_percent_encode(text, ESCAPED));
    }
}

/// Returns whether every server takes a path segment for what it is: nothing in it splits it, leads
/// out of it, or can be decoded in two ways.
pub(crate) fn is_plain_segment(segment: &str) -> bool {
    if !segment.is_empty() && segment.bytes().all(is_plain_byte) {
        return true;
    }
    let decoded = percent_decode_str(segment).decode_utf8_lossy();
    let mut escaped = String::new();
    push_escaped(&mut escaped, &decoded);
    !matches!(&*decoded, "" | "." | "..") && escaped == segment
}
