use std::fmt;

use bytes::Bytes;
use http::Uri;
use http::uri::Scheme;

use crate::encode::is_plain_segment;
use crate::endpoint::Route;
use crate::error::{Error, InvalidInput};
use crate::transport::support::{is_loopback, plain_host};

/// The base of a request's URL: scheme, host, port, and a path before the API's own.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    url: String,
    /// Whether only keys that are marked as test keys may be sent there.
    pub(crate) takes_test_keys_only: bool,
}

impl BaseUrl {
    /// Returns the URL of one of Stripe's hosts.
    pub(crate) fn stripe(subdomain: &str) -> Self {
        Self { url: format!("https://{subdomain}.stripe.com"), takes_test_keys_only: false }
    }

    /// Parses a URL that keeps the key safe: it has TLS, or its host is this machine.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let (base_url, is_safe) = Self::parse_any(url)?;
        if is_safe { Ok(base_url) } else { Err(InvalidInput::InsecureBaseUrl.into()) }
    }

    /// Parses a URL that may lack TLS, for test keys only.
    pub(crate) fn parse_without_tls(url: &str) -> Result<Self, Error> {
        let (base_url, is_safe) = Self::parse_any(url)?;
        // A host of Stripe over plain HTTP is a typing error, not a simulator.
        if !is_safe && base_url.is_stripe_host() {
            return Err(InvalidInput::InsecureBaseUrl.into());
        }
        Ok(Self { takes_test_keys_only: true, ..base_url })
    }

    /// Parses a URL, and returns whether it keeps the key safe.
    fn parse_any(url: &str) -> Result<(Self, bool), Error> {
        // `Uri` drops a fragment silently, and takes a backslash as part of the path.
        if url.contains(['#', '?', '\\']) {
            return Err(InvalidInput::MalformedBaseUrl.into());
        }
        let uri: Uri = url.parse().map_err(|_| InvalidInput::MalformedBaseUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(InvalidInput::MalformedBaseUrl.into());
        };
        let host = plain_host(authority.as_str()).ok_or(InvalidInput::MalformedBaseUrl)?;
        if *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS {
            return Err(InvalidInput::MalformedBaseUrl.into());
        }
        let is_safe = *scheme == Scheme::HTTPS || is_loopback(host);
        let path = uri.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path);
        if path.split('/').skip(1).any(|segment| !is_plain_segment(segment)) {
            return Err(InvalidInput::MalformedBaseUrl.into());
        }
        Ok((Self { url: format!("{scheme}://{authority}{path}"), takes_test_keys_only: false }, is_safe))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }

    fn is_stripe_host(&self) -> bool {
        let uri: Option<Uri> = self.url.parse().ok();
        uri.as_ref().and_then(Uri::host).is_some_and(|host| {
            let host = host.to_ascii_lowercase();
            host == "stripe.com" || host.ends_with(".stripe.com")
        })
    }

    /// Returns the URL of a route and a query, which may be empty.
    pub(crate) fn join(&self, route: &Route, id: Option<&str>, query: &str) -> Result<Uri, Error> {
        let path_length = route.template().len() + id.map_or(0, str::len);
        // One byte more than needed: `Bytes` shares a string with spare capacity at less cost.
        let mut url = String::with_capacity(self.url.len() + path_length + 1 + query.len());
        url.push_str(&self.url);
        route.append_path(&mut url, id)?;
        if !query.is_empty() {
            url.push('?');
            url.push_str(query);
        }
        Uri::from_maybe_shared(Bytes::from(url)).map_err(|_| InvalidInput::MalformedUrl.into())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_accepted_for_loopback_only() {
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
            "http://stripe.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://0.0.0.0",
            "http://[::2]",
            "http://10.0.0.1",
        ] {
            assert!(BaseUrl::parse(url).is_err(), "{url}");
            assert!(BaseUrl::parse_without_tls(url).is_ok_and(|url| url.takes_test_keys_only), "{url}");
        }
        for url in ["http://api.stripe.com", "http://FILES.Stripe.com:8080/x", "http://stripe.com"] {
            assert!(BaseUrl::parse(url).is_err() && BaseUrl::parse_without_tls(url).is_err(), "{url}");
        }
        assert!(BaseUrl::parse_without_tls("https://api.stripe.com").is_ok());
        assert!(BaseUrl::parse_without_tls("https://example.com").is_ok_and(|url| url.takes_test_keys_only));
    }

    #[test]
    fn malformed_url_is_refused() {
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
            assert!(BaseUrl::parse_without_tls(url).is_err(), "{url}");
        }
    }

    #[test]
    fn trailing_slash_and_v1_are_removed() {
        for (url, full) in [
            ("https://example.com", "https://example.com/v1/files"),
            ("https://example.com/", "https://example.com/v1/files"),
            ("https://example.com/v1/", "https://example.com/v1/files"),
            ("https://example.com:8443/proxy/v1", "https://example.com:8443/proxy/v1/files"),
            ("https://example.com/av1", "https://example.com/av1/v1/files"),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().join(&Route::get("/v1/files"), None, "").unwrap(), full);
        }
    }
}
