//! The base of URLs, as clients see the server.

use http::header::HOST;
use http::uri::Authority;
use http::{Request, Uri};

/// The base if there is no server.
pub(super) const IN_PROCESS: &str = "https://simulator.test";

/// Returns the base URL with the `Host` of a request. Returns `None` for a host of Stripe's, under which a client may
/// have been redirected to the simulator.
pub(super) fn of_request<B>(request: &Request<B>) -> Option<String> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let authority: Authority = host.parse().ok()?;
    let is_stripes = |host: &str| host.eq_ignore_ascii_case("stripe.com") || ends_with(host, ".stripe.com");
    let host = authority.host().trim_end_matches('.');
    (!host.is_empty() && !authority.as_str().contains('@') && !is_stripes(host)).then(|| format!("http://{authority}"))
}

/// Returns a public URL without the slash at its end, or `None` if it is not `http(s)://host[:port][/path]`.
pub(super) fn public(url: &str) -> Option<String> {
    let parsed: Uri = url.parse().ok()?;
    let is_plain = matches!(parsed.scheme_str(), Some("http" | "https")) && parsed.query().is_none();
    let has_host = parsed.authority().is_some_and(|it| !it.host().is_empty() && !it.as_str().contains('@'));
    (is_plain && has_host).then(|| url.trim_end_matches('/').to_owned())
}

fn ends_with(host: &str, end: &str) -> bool {
    host.len().checked_sub(end.len()).and_then(|at| host.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_url_has_the_host_of_the_request() {
        let base = |host: &str| of_request(&Request::builder().header(HOST, host).body(()).unwrap());
        assert_eq!(base("127.0.0.1:12111").as_deref(), Some("http://127.0.0.1:12111"));
        assert_eq!(base("simulator").as_deref(), Some("http://simulator"));
        assert_eq!(base("[::1]:80").as_deref(), Some("http://[::1]:80"));
        for host in ["", "api.stripe.com", "API.Stripe.com:443", "stripe.com", "stripe.com.", "a@b", "a b", "a/b"] {
            assert_eq!(base(host), None, "{host}");
        }
        assert_eq!(base("notstripe.com").as_deref(), Some("http://notstripe.com"));
        assert_eq!(of_request(&Request::new(())), None);
    }

    #[test]
    fn public_url_without_scheme_or_host_is_refused() {
        assert_eq!(public("https://id.example.test/"), Some("https://id.example.test".to_owned()));
        assert_eq!(public("http://x:1/stripe"), Some("http://x:1/stripe".to_owned()));
        for url in ["", "/", "x", "ftp://x", "http://", "http://a@x", "http://x?y", "https://x y"] {
            assert_eq!(public(url), None, "{url}");
        }
    }
}
