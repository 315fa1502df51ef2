//! Encodes parameters and a file as `multipart/form-data`.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The file in a `multipart/form-data` body. `Debug` shows the name of the parameter only.
///
/// [`Endpoint::file`](crate::Endpoint::file) returns one:
///
/// ```
/// use stripe_identity_core::endpoint::FilePart;
///
/// let part = FilePart::new("file", b"\xff\xd8\xff").filename("passport.jpg").content_type("image/jpeg");
/// assert_eq!(part.contents, b"\xff\xd8\xff");
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct FilePart<'a> {
    /// The name of the parameter.
    pub name: &'static str,
    /// The file name. Defaults to `blob`.
    pub filename: &'a str,
    /// The media type. Defaults to `application/octet-stream`.
    pub content_type: &'a str,
    /// The contents.
    pub contents: &'a [u8],
}

impl<'a> FilePart<'a> {
    /// Creates a part with the default file name and media type.
    #[must_use]
    pub fn new(name: &'static str, contents: &'a [u8]) -> Self {
        Self { name, filename: "blob", content_type: "application/octet-stream", contents }
    }

    /// Sets the file name.
    #[must_use]
    pub fn filename(self, filename: &'a str) -> Self {
        Self { filename, ..self }
    }

    /// Sets the media type.
    #[must_use]
    pub fn content_type(self, content_type: &'a str) -> Self {
        Self { content_type, ..self }
    }
}

impl fmt::Debug for FilePart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Returns the body: one part for each parameter of the form, and the file last.
pub(crate) fn body(boundary: &str, form: &str, file: FilePart<'_>) -> Vec<u8> {
    let mut body = Vec::with_capacity(file.contents.len() + 1024);
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) =
            (percent_decode_str(name).decode_utf8_lossy(), percent_decode_str(value).decode_utf8_lossy());
        let name = quoted(&name);
        let part = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
        quoted(file.name),
        quoted(file.filename),
        file.content_type
    );
    body.extend(head.as_bytes());
    body.extend(file.contents);
    body.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

/// Escapes quotes and line breaks, so that nothing in a name ends the name or its line.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_has_a_part_per_parameter_and_the_file_last() {
        let file = FilePart::new("file", b"\xff\r\n\0").filename("a\"b\r\nc é.jpg").content_type("image/jpeg");
        let body = body("BOUNDARY", "purpose=identity_document&file_link_data[metadata][k%22]=a%20%26%20b", file);
        let expected = b"--BOUNDARY\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nidentity_document\r\n\
            --BOUNDARY\r\nContent-Disposition: form-data; name=\"file_link_data[metadata][k%22]\"\r\n\r\na & b\r\n\
            --BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b  c \xc3\xa9.jpg\"\r\n\
            Content-Type: image/jpeg\r\n\r\n\xff\r\n\0\r\n--BOUNDARY--\r\n";
        assert_eq!(body, expected, "{}", String::from_utf8_lossy(&body));
    }
}
