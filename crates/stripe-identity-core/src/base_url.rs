use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, Scheme};

use crate::endpoint::{Host, is_plain};
use crate::error::Error;
use crate::invalid_input::InvalidInput;

/// Where requests go: scheme, host, port, and a path to put before the API's own.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    pub(crate) fn of_stripe(host: Host) -> Self {
        let host = match host {
            Host::Api => "api",
            Host::Files => "files",
        };
        Self(format!("https://{host}.stripe.com"))
    }

    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        // `Uri` drops a fragment without a word, and reads a backslash as part of the path.
        if url.contains(['#', '?', '\\']) {
            return Err(InvalidInput::MalformedBaseUrl.into());
        }
        let uri: Uri = url.parse().map_err(|_| InvalidInput::MalformedBaseUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(InvalidInput::MalformedBaseUrl.into());
        };
        let host = host(authority).ok_or(InvalidInput::MalformedBaseUrl)?;
        if *scheme == Scheme::HTTP {
            if !is_loopback(host) {
                return Err(InvalidInput::InsecureBaseUrl.into());
            }
        } else if *scheme != Scheme::HTTPS {
            return Err(InvalidInput::MalformedBaseUrl.into());
        }
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path);
        if path.split('/').skip(1).any(|segment| !is_plain(segment)) {
            return Err(InvalidInput::MalformedBaseUrl.into());
        }
        Ok(Self(format!("{scheme}://{authority}{path}")))
    }

    /// The URL of a path and query below it, which begin with `/`.
    pub(crate) fn join(&self, path_and_query: &str) -> Result<Uri, Error> {
        format!("{}{path_and_query}", self.0).parse().map_err(|_| InvalidInput::MalformedUrl.into())
    }
}

/// The host, if all of the authority is a host and perhaps a port. `Authority` takes much that is neither, and what one
/// library reads as a port, another may read as a part of the name.
fn host(authority: &Authority) -> Option<&str> {
    let text = authority.as_str();
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, port) = text.split_at(end);
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_letter);
    if !address.map_or_else(|| host.split('.').all(is_label), |address| address.parse::<Ipv6Addr>().is_ok()) {
        return None;
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Some(host),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse::<u16>().ok().filter(|&port| port > 0).map(|_| host)
        }
        _ => None,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for url in [
            "http://localhost:1",
            "http://LOCALHOST",
            "http://127.0.0.1:12111",
            "http://127.9.9.9",
            "http://[::1]:8080",
        ] {
            assert!(BaseUrl::parse(url).is_ok(), "{url}");
        }
        for url in [
            "http://api.stripe.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://0.0.0.0",
            "http://[::2]",
            "http://10.0.0.1",
        ] {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for url in [
            "",
            "api.stripe.com",
            "/v1",
            "ftp://example.com",
            "https://user:pw@example.com",
            "https://localhost@example.com",
            "https://example.com?x=1",
            "https://example.com#x",
            "https://example.com/a/../b",
            "https://example.com\\@localhost",
            "https://exa mple.com",
            "https://",
            "https://:443",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:99999",
            "https://example.com:+1",
            "https://example.com:abc",
            "http://127.0.0.1:808080",
            "http://localhost:",
            "http://[::1]evil.test",
            "http://[::1].evil.test",
            "https://[]",
            "https://[::1",
            "https://.",
            "https://example.com.",
            "https://*",
            "https://a,b",
            "https://example.com/%2e%2e/x",
            "https://example.com/a//b",
        ] {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_end_that_is_the_api_s_own_is_taken_off() {
        for (url, full) in [
            ("https://example.com", "https://example.com/v1/files"),
            ("https://example.com/", "https://example.com/v1/files"),
            ("https://example.com/v1/", "https://example.com/v1/files"),
            ("https://example.com:8443/proxy/v1", "https://example.com:8443/proxy/v1/files"),
            ("https://example.com/av1", "https://example.com/av1/v1/files"),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().join("/v1/files").unwrap(), full);
        }
    }
}
