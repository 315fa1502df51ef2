//! Reads `multipart/form-data`.

use std::fmt::Write as _;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::refusal::Refusal;

/// What a body of several parts holds: its parameters as a form, and its file.
pub(crate) struct Parts {
    pub(crate) form: String,
    pub(crate) file: Option<UploadedFile>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UploadedFile {
    pub(crate) filename: String,
    pub(crate) contents: Bytes,
}

pub(crate) fn parse(content_type: &str, body: &Bytes) -> Result<Parts, Refusal> {
    let malformed = || Refusal::invalid("file", "Invalid multipart/form-data body");
    let boundary = content_type.split(';').skip(1).find_map(|part| part.trim().strip_prefix("boundary="));
    let boundary = boundary.map(|boundary| boundary.trim_matches('"')).filter(|boundary| !boundary.is_empty());
    let delimiter = format!("\r\n--{}", boundary.ok_or_else(malformed)?);

    let mut parts = Parts { form: String::new(), file: None };
    // The first delimiter has no line before it.
    let mut rest = body.strip_prefix(&delimiter.as_bytes()[2..]).ok_or_else(malformed)?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, delimiter.as_bytes()).ok_or_else(malformed)?;
        let (part, after) = (&part[..end], &part[end + delimiter.len()..]);
        let head_end = find(part, b"\r\n\r\n").ok_or_else(malformed)?;
        let head = String::from_utf8_lossy(&part[..head_end]).into_owned();
        let contents = &part[head_end + 4..];
        let name = attribute(&head, "; name=").ok_or_else(malformed)?;
        match attribute(&head, "; filename=") {
            Some(filename) if name == "file" => {
                let filename = filename.to_owned();
                parts.file = Some(UploadedFile { filename, contents: body.slice_ref(contents) });
            }
            _ => {
                let escape = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
                // Writing to a String cannot fail.
                let _ = write!(parts.form, "&{}={}", escape(name), escape(&String::from_utf8_lossy(contents)));
            }
        }
        rest = after;
    }
    if rest.starts_with(b"--") { Ok(parts) } else { Err(malformed()) }
}

/// The quoted value of an attribute in a part's head.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = head.split_once(&format!("{name}\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
