//! The URL that the page of a session returns its user to.

use http::uri::Authority;

use crate::receiver::{Receivers, is_local};

/// The schemes that a browser handles itself instead of opening an application.
#[rustfmt::skip]
const NO_APPS: &[&str] = &[
    "about", "blob", "brave", "chrome", "chrome-extension", "content", "data", "devtools", "edge", "feed", "file",
    "filesystem", "ftp", "jar", "javascript", "livescript", "mhtml", "mocha", "moz-extension", "opera", "resource",
    "search-ms", "vbscript", "view-source", "ws", "wss", "wyciwyg",
];

pub(crate) const EXPECTED: &str =
    "must be https, http on this machine, or the scheme of an app, such as https://example.com/done or myapp://done";

/// Returns whether a user may be sent to a URL: one with the scheme `https`, one with the scheme `http` on this machine
/// or on a host that is in the list of receivers, or one with the scheme of an app.
pub(crate) fn is_allowed(url: &str, receivers: &Receivers) -> bool {
    let Some((scheme, rest)) = split(url) else { return false };
    match scheme.as_str() {
        "https" => authority(rest).is_some(),
        "http" => authority(rest).is_some_and(|authority| {
            let host = authority.host().trim_start_matches('[').trim_end_matches(']');
            is_local(host) || receivers.name(host)
        }),
        scheme => !NO_APPS.contains(&scheme) && !rest.trim_start_matches('/').is_empty(),
    }
}

/// Returns the source expression for the origin of a web page in a Content-Security-Policy. It is the scheme alone if a
/// policy cannot express the host.
pub(crate) fn source(url: &str) -> Option<String> {
    let (scheme, rest) = split(url).filter(|(scheme, _)| matches!(scheme.as_str(), "https" | "http"))?;
    let authority = authority(rest)?;
    let can_be_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if !authority.host().bytes().all(can_be_named) {
        return Some(format!("{scheme}:"));
    }
    let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{}{port}", authority.host()))
}

/// Returns the scheme of a URL in lower case, and the text after the colon. Returns `None` if the URL has characters
/// that a header, a page and a browser could interpret differently.
fn split(url: &str) -> Option<(String, &str)> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`')) {
        return None;
    }
    let (scheme, rest) = url.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    is_scheme.then(|| (scheme.to_ascii_lowercase(), rest))
}

fn authority(rest: &str) -> Option<Authority> {
    let text = rest.strip_prefix("//")?;
    let end = text.find(['/', '?', '#']).unwrap_or(text.len());
    let authority: Authority = text[..end].parse().ok()?;
    let port = authority.as_str().strip_prefix(authority.host())?;
    let has_port = port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (!authority.host().is_empty() && (port.is_empty() || has_port)).then_some(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_of_https_of_this_machine_or_of_an_app_is_allowed() {
        for url in [
            "https://example.test",
            "https://example.test:8443/done?a=b&c=%20#d",
            "HTTPS://EXAMPLE.test/",
            "https://[::1]:3000/",
            "http://localhost:3000/done",
            "http://app.localhost",
            "http://127.0.0.1:1/",
            "http://[::1]:3000/done",
            "myapp://done",
            "com.example.app:/done?x=1",
            "exp+app://x",
        ] {
            assert!(is_allowed(url, &Receivers::Any), "{url}");
        }
        for url in [
            "",
            "x",
            "/done",
            "//example.test/done",
            "https:",
            "https:/example.test",
            "https://",
            "https:///done",
            "https://?x",
            "https://a@example.test/",
            "https://example.test:0/",
            "https://example.test:x/",
            "https://example.test:/",
            "https://exam ple.test/",
            "https://example.test/\r\nSet-Cookie: a=b",
            "https://example.test\\@evil.test/",
            "https://exämple.test/",
            "http://example.test/",
            "http://localhost.evil.test/",
            "http://localhost@evil.test/",
            "http://192.168.0.1/",
            "javascript:alert(1)",
            "JavaScript://x/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "blob:https://example.test/1",
            "myapp:",
            "myapp://",
            "1app://done",
            "my app://done",
        ] {
            assert!(!is_allowed(url, &Receivers::Any), "{url}");
        }
        let named = Receivers::Local(["app".to_owned()].into());
        assert!(is_allowed("http://app:3000/done", &named) && !is_allowed("http://apps:3000/done", &named));
    }

    #[test]
    fn source_of_a_url_is_its_origin_or_its_scheme() {
        for (url, expected) in [
            ("https://example.test/done;script-src", Some("https://example.test")),
            ("https://EXAMPLE.test:8443/done", Some("https://EXAMPLE.test:8443")),
            ("http://localhost:3000/done", Some("http://localhost:3000")),
            ("http://[::1]:3000/done", Some("http:")),
            ("https://a;b/", Some("https:")),
            ("https://a,b/", Some("https:")),
            ("https://*/", Some("https:")),
            ("https://my_app.test/", Some("https:")),
            ("myapp://done", None),
        ] {
            assert_eq!(source(url).as_deref(), expected, "{url}");
        }
    }
}
