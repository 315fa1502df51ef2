//! Parses `multipart/form-data`.

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::CONTENT_DISPOSITION;
use memchr::memmem::Finder;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::form;
use crate::refusal::Refusal;

/// The files that the page of a session uploads.
const IMAGES: &[&str] = &["document[front]", "document[back]", "document[selfie]"];
const LONGEST_BOUNDARY: usize = 70;
/// The largest number of headers of a part. Clients send fewer.
const MOST_HEADERS: usize = 16;
const LARGEST_HEADERS: usize = 8 * 1024;
/// The largest total size of the text fields. As parameters, they take several times as much.
const LARGEST_TEXTS: usize = 1024 * 1024;

/// The parts of a body: its parameters as a form, and its files.
pub(crate) struct Parts {
    pub(crate) form: String,
    pub(crate) file: Option<UploadedFile>,
    /// With the names of their parameters.
    pub(crate) images: Vec<(String, Bytes)>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UploadedFile {
    pub(crate) filename: String,
    pub(crate) contents: Bytes,
}

pub(crate) fn parse(content_type: &str, body: &Bytes) -> Result<Parts, Refusal> {
    let malformed = || {
        let message =
            "Invalid multipart/form-data body: must have a boundary in its Content-Type, and parts with a name";
        Refusal::invalid("file", message)
    };
    let boundary = parameter(content_type, "boundary").ok_or_else(malformed)?;
    if !(1..=LONGEST_BOUNDARY).contains(&boundary.len()) {
        return Err(malformed());
    }
    let delimiter = format!("\r\n--{boundary}");
    let finder = Finder::new(&delimiter);

    let mut parts = Parts { form: String::new(), file: None, images: Vec::new() };
    // The first delimiter may be at the very start of the body.
    let first = body.strip_prefix(&delimiter.as_bytes()[2..]).and_then(Next::after_delimiter);
    let mut next = first.or_else(|| Some(split(body, &finder)?.1)).ok_or_else(malformed)?;
    let (mut count, mut texts) = (0, 0);
    while let Next::Part(rest) = next {
        if count == form::MOST {
            return Err(Refusal::too_many_parameters());
        }
        count += 1;
        let (part, following) = split(rest, &finder).ok_or_else(malformed)?;
        let (disposition, contents) = disposition(part).ok_or_else(malformed)?;
        let name = parameter(&disposition, "name").ok_or_else(malformed)?;
        match filename(&disposition) {
            Some(filename) if name == "file" => {
                parts.file = Some(UploadedFile { filename, contents: body.slice_ref(contents) });
            }
            Some(_) if IMAGES.contains(&name.as_str()) => {
                // A slice would keep the whole body in memory.
                parts.images.push((name, Bytes::copy_from_slice(contents)));
            }
            _ => {
                texts += contents.len();
                if texts > LARGEST_TEXTS {
                    return Err(Refusal::too_many_parameters());
                }
                let escape = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
                // Writing to a String cannot fail.
                let _ = write!(parts.form, "&{}={}", escape(&name), escape(&String::from_utf8_lossy(contents)));
            }
        }
        next = following;
    }
    Ok(parts)
}

/// The part, or the end of the body, after a delimiter.
enum Next<'a> {
    /// A part, with everything after it.
    Part(&'a [u8]),
    End,
}

impl<'a> Next<'a> {
    /// Returns `None` if the line continues, so that it was not a delimiter.
    fn after_delimiter(rest: &'a [u8]) -> Option<Self> {
        if rest.starts_with(b"--") {
            return Some(Self::End);
        }
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        rest[padding..].strip_prefix(b"\r\n").map(Self::Part)
    }
}

/// Returns the bytes before the next delimiter, and the part or the end of the body after it.
fn split<'a>(rest: &'a [u8], delimiter: &Finder<'_>) -> Option<(&'a [u8], Next<'a>)> {
    delimiter.find_iter(rest).find_map(|at| {
        let next = Next::after_delimiter(&rest[at + delimiter.needle().len()..])?;
        Some((&rest[..at], next))
    })
}

/// Returns the `Content-Disposition` of a part, and its contents.
fn disposition(part: &[u8]) -> Option<(String, &[u8])> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let head = part.get(..LARGEST_HEADERS).unwrap_or(part);
    let httparse::Status::Complete((length, headers)) = httparse::parse_headers(head, &mut headers).ok()? else {
        return None;
    };
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(CONTENT_DISPOSITION.as_str()))?;
    Some((String::from_utf8_lossy(header.value).into_owned(), &part[length..]))
}

/// Returns the file name of a part: that of `filename*`, which has a charset and is escaped, or that of `filename`.
fn filename(disposition: &str) -> Option<String> {
    let extended = parameter(disposition, "filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_language, text) = rest.split_once('\'')?;
        let text = percent_decode_str(text).decode_utf8().ok()?;
        charset.eq_ignore_ascii_case("utf-8").then(|| text.into_owned())
    });
    extended.or_else(|| parameter(disposition, "filename"))
}

/// Returns the value of a parameter in a header such as `form-data; name="a"; filename=b`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let (_, mut rest) = header.split_once(';')?;
    loop {
        let (before, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        // A parameter without `=` has no value.
        let found = before.rsplit(';').next().unwrap_or_default().trim();
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        (_, rest) = after.split_once(';')?;
    }
}

/// Returns the value at the start of a text, and the text after it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        return Some((value.trim_end().to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            // Some clients do not escape the backslashes of a path, so a backslash escapes only these two characters.
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Option<(String, Option<(String, Bytes)>)> {
        let parts = parse(content_type, &Bytes::copy_from_slice(body.as_bytes())).ok()?;
        Some((parts.form, parts.file.map(|file| (file.filename, file.contents))))
    }

    /// Parses a part with this `Content-Disposition` and the contents `x`.
    fn part(disposition: &str) -> Option<(String, Option<(String, Bytes)>)> {
        let body = format!("--b\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--b--\r\n");
        read("multipart/form-data; boundary=b", &body)
    }

    fn filename_of(disposition: &str) -> Option<String> {
        part(disposition)?.1.map(|(filename, _)| filename)
    }

    #[test]
    fn parameter_in_any_quotation_is_parsed() {
        for (disposition, filename) in [
            (r#"form-data; name="file"; filename="a.png""#, "a.png"),
            ("form-data; name=file; filename=a.png", "a.png"),
            ("form-data;name=file;filename=a.png ;", "a.png"),
            (r#"Form-Data; NAME = file ; FILENAME = "a.png" ; x=y"#, "a.png"),
            (r#"form-data; x; y="; name=no"; name="file"; filename="a;b=c.png""#, "a;b=c.png"),
            (r#"form-data; filename="say \"a\" \\ b.png"; name=file"#, r#"say "a" \ b.png"#),
            (r#"form-data; name=file; filename="C:\users\a.png""#, r"C:\users\a.png"),
            ("form-data; name=file; filename=\"pässe.png\"", "pässe.png"),
            ("form-data; name=file; filename=\"\"", ""),
        ] {
            assert_eq!(filename_of(disposition).as_deref(), Some(filename), "{disposition}");
        }
    }

    #[test]
    fn extended_filename_comes_before_the_plain_one() {
        for (disposition, filename) in [
            ("form-data; name=file; filename=a.png; filename*=utf-8''a.png", "a.png"),
            (
                "form-data; name=file; filename*=UTF-8'de'p%C3%A4sse%20a.png; filename=\"=?utf-8?B?cA==?=\"",
                "pässe a.png",
            ),
            ("form-data; name=file; filename*=utf-8''b%27.png", "b'.png"),
            // Without a valid `filename*`, the plain one counts.
            ("form-data; name=file; filename*=iso-8859-1''%E4.png; filename=a.png", "a.png"),
            ("form-data; name=file; filename*=utf-8''%FF; filename=a.png", "a.png"),
            ("form-data; name=file; filename*=x; filename=a.png", "a.png"),
        ] {
            assert_eq!(filename_of(disposition).as_deref(), Some(filename), "{disposition}");
        }
    }

    #[test]
    fn boundary_in_any_form_separates_the_parts() {
        let body = "--a b\r\nContent-Type: text/plain\r\ncontent-disposition:form-data; name=\"p q\"\r\n\r\n1 & 2\r\n\
                    --a b \t\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n\r\n--a bc\r\n\r\n--a b--\r\nend";
        for content_type in [
            "multipart/form-data; boundary=\"a b\"",
            "multipart/form-data; charset=utf-8; BOUNDARY=\"a b\"; x=y",
            "multipart/form-data;boundary=a b",
        ] {
            for before in ["", "\r\n", "preamble\r\n"] {
                let (form, file) = read(content_type, &format!("{before}{body}")).unwrap();
                assert_eq!((form.as_str(), file.unwrap().1.as_ref()), ("&p%20q=1%20%26%202", &b"\r\n--a bc\r\n"[..]));
            }
        }
    }

    #[test]
    fn body_without_parts_is_empty() {
        assert_eq!(read("multipart/form-data; boundary=b", "--b--"), Some((String::new(), None)));
    }

    #[test]
    fn malformed_body_is_refused() {
        for content_type in [
            "multipart/form-data",
            "multipart/form-data; boundary",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"b",
            &format!("multipart/form-data; boundary={}", "b".repeat(71)),
        ] {
            let boundary = content_type.split_once("boundary=").map_or("b", |(_, boundary)| boundary);
            assert_eq!(read(content_type, &format!("--{boundary}--")), None, "{content_type}");
        }
        for body in [
            "",
            "--b",
            "--b\r\n",
            "--bb--",
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--bb--",
            "--b\r\nContent-Disposition: form-data; name=a\r\n--b--",
            "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--b--",
            "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
            "--b\r\n\r\n1\r\n--b--",
            "--b\r\nno colon\r\n\r\n1\r\n--b--",
        ] {
            assert_eq!(read("multipart/form-data; boundary=b", body), None, "{body:?}");
        }
    }

    #[test]
    fn texts_and_headers_of_parts_are_bounded() {
        let body = |headers: &str, text: usize| {
            let part =
                format!("--b\r\nContent-Disposition: form-data; name=a{headers}\r\n\r\n{}\r\n", "x".repeat(text));
            format!("{part}{part}--b--")
        };
        let is_read = |body: &str| read("multipart/form-data; boundary=b", body).is_some();
        assert!(is_read(&body("", LARGEST_TEXTS / 2)));
        assert!(!is_read(&body("", LARGEST_TEXTS / 2 + 1)));
        assert!(is_read(&body(&"; a=\"\"".repeat(1000), 1)));
        assert!(!is_read(&body(&"; a=\"\"".repeat(2000), 1)));
    }

    #[test]
    fn number_of_parts_is_bounded() {
        let body =
            |count| format!("{}--b--", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n".repeat(count));
        assert!(read("multipart/form-data; boundary=b", &body(1000)).is_some());
        assert!(read("multipart/form-data; boundary=b", &body(1001)).is_none());
    }
}
