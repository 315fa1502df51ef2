//! Writes parameters and a file as `multipart/form-data`.

use percent_encoding::percent_decode_str;

use crate::endpoint::FilePart;

/// The body: one part for each parameter of the form, and the file at the end.
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

/// As browsers do it: nothing in a name may end it, or its line.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_a_part_and_the_file_the_last() {
        let file =
            FilePart {
                name: "file", filename: "a\"b\r\nc é.jpg", content_type: "image/jpeg", contents: b"\xff\r\n\0"
            };
        let body = body("BOUNDARY", "purpose=identity_document&file_link_data[metadata][k%22]=a%20%26%20b", file);
        let expected = b"--BOUNDARY\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nidentity_document\r\n\
            --BOUNDARY\r\nContent-Disposition: form-data; name=\"file_link_data[metadata][k%22]\"\r\n\r\na & b\r\n\
            --BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b  c \xc3\xa9.jpg\"\r\n\
            Content-Type: image/jpeg\r\n\r\n\xff\r\n\0\r\n--BOUNDARY--\r\n";
        assert_eq!(body, expected, "{}", String::from_utf8_lossy(&body));
    }
}
