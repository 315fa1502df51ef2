//! Rules and defaults that the transports over hyper, reqwest and ureq share. Nothing here does I/O.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::{Buf, BufMut as _, BytesMut};
use http::Uri;
use http::uri::Scheme;

use super::{NoProxy, TransportErrorKind};

/// How long connecting may take by default.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an idle connection is kept by default.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// The largest response body by default: 16 MiB.
pub const MAX_BODY_SIZE: usize = 16 * 1024 * 1024;

/// Returns the URLs of proxies that environment variables name, the preferred one first, and the
/// hosts that `NO_PROXY` excepts.
///
/// `HTTPS_PROXY` comes before `ALL_PROXY`, and each name in upper case before lower case. Blank
/// values are skipped. If `REQUEST_METHOD` is set, no URL is returned: in a CGI program, variables may
/// come from a header of the request.
///
/// The caller uses the first URL that its library accepts.
pub fn proxies_from_env(variable: impl Fn(&str) -> Option<OsString>) -> (Vec<String>, NoProxy) {
    if variable("REQUEST_METHOD").is_some() {
        return (Vec::new(), NoProxy::default());
    }
    let value = |name: &str| variable(name)?.into_string().ok().filter(|value| !value.trim().is_empty());
    let urls = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().filter_map(value).collect();
    let no_proxy = ["NO_PROXY", "no_proxy"].into_iter().find_map(value).unwrap_or_default();
    (urls, NoProxy::parse(&no_proxy))
}

/// Returns the host of an authority that is a host with or without a port, and `None` for any other.
///
/// Parsers of URLs accept much more, and disagree on where the name ends and the port begins.
pub fn plain_host(authority: &str) -> Option<&str> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(end);
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

/// Returns whether a string is the URL of a proxy: `[http://|https://][user[:password]@]host[:port]`,
/// with or without a path.
///
/// The libraries accept more: a port out of range, which they ignore, and a second `@`.
pub fn is_proxy_url(url: &str) -> bool {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].iter().any(|it| scheme.eq_ignore_ascii_case(it)) => rest,
        Some(_) => return false,
        None => url,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.split_once('@') {
        Some((_, host)) => host,
        None => authority,
    };
    plain_host(host).is_some()
}

/// Returns whether a request goes to its host without a proxy: it is not `https`, the host is this
/// machine, or `no_proxy` excepts it.
pub fn is_direct(uri: &Uri, no_proxy: &NoProxy) -> bool {
    uri.scheme() != Some(&Scheme::HTTPS) || uri.host().is_none_or(is_loopback) || no_proxy.matches(uri)
}

/// Returns whether a host is `localhost` or a loopback address, in brackets or not.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Returns the addresses with IPv4 and IPv6 in turn, beginning with the family of the first.
///
/// If one family has no route, the second address tried is then of the other.
pub fn alternate_families(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let is_first_family = |address: &&SocketAddr| address.is_ipv6() == first.is_ipv6();
    let mut first_family = addresses.iter().filter(is_first_family);
    let mut second_family = addresses.iter().filter(|address| !is_first_family(address));
    let mut ordered = Vec::with_capacity(addresses.len());
    while ordered.len() < addresses.len() {
        ordered.extend(first_family.next());
        ordered.extend(second_family.next());
    }
    ordered
}

/// Iterates over an error and its sources. The error inside an [`io::Error`] counts as its source,
/// which [`source`](StdError::source) skips.
pub fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as _).or_else(|| error.source())
    })
}

/// Returns whether a TLS alert refuses a handshake, given its number as in RFC 8446 or an earlier
/// version.
///
/// Under TLS 1.3, a client completes the handshake before the server has checked the client's
/// certificate. Such an alert may therefore arrive instead of a response.
pub fn refuses_handshake(alert: u8) -> bool {
    matches!(
        alert,
        // handshake_failure, no_certificate, bad_certificate, unsupported_certificate,
        // certificate_revoked, certificate_expired, certificate_unknown
        40..=46
        // unknown_ca, access_denied, decrypt_error
        | 48 | 49 | 51
        // export_restriction, protocol_version, insufficient_security, inappropriate_fallback
        | 60 | 70 | 71 | 86
        // missing_extension, unsupported_extension, certificate_unobtainable, unrecognized_name,
        // bad_certificate_status_response, bad_certificate_hash_value, unknown_psk_identity,
        // certificate_required
        | 109..=116
        // no_application_protocol, ech_required
        | 120 | 121
    )
}

/// Appends a part of a response body, as far as `max_size` allows.
///
/// The bytes are copied, since a part that is kept as it arrived may keep a far larger buffer alive.
///
/// # Errors
///
/// [`BodyTooLarge`](TransportErrorKind::BodyTooLarge) if the part does not fit. The bytes that fit are
/// appended.
pub fn append(body: &mut BytesMut, part: impl Buf, max_size: usize) -> Result<(), TransportErrorKind> {
    let room = max_size.saturating_sub(body.len());
    let fits = part.remaining() <= room;
    body.put(part.take(room));
    if fits { Ok(()) } else { Err(TransportErrorKind::BodyTooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_url_needs_a_plain_host_and_a_valid_port() {
        for url in
            ["http://p", "https://p.test:8080/", "p:3128", "http://u:p%40@127.0.0.1:1", "HTTP://[::1]:8080", "u@p"]
        {
            assert!(is_proxy_url(url), "{url}");
        }
        for url in [
            "",
            "http://",
            "http://p:",
            "http://p:0",
            "http://p:99999",
            "http://p:x",
            "http://u:p@@p",
            "socks5://p",
            "http://u@",
            "http://[::1",
            "http://a b",
        ] {
            assert!(!is_proxy_url(url), "{url}");
        }
    }

    #[test]
    fn proxies_from_env_follow_the_order_of_the_variables() {
        let from = |environment: &[(&str, &str)]| {
            let value = |name: &str| Some(environment.iter().find(|(it, _)| *it == name)?.1.into());
            let (urls, no_proxy) = proxies_from_env(value);
            (urls.join(" "), no_proxy.matches(&Uri::from_static("https://api.stripe.com/")))
        };
        let all = [
            ("all_proxy", "d"),
            ("ALL_PROXY", "c"),
            ("https_proxy", "b"),
            ("HTTPS_PROXY", "a"),
            ("HTTP_PROXY", "x"),
            ("http_proxy", "x"),
        ];
        for (environment, urls, is_excepted) in [
            (&[][..], "", false),
            (&all, "a b c d", false),
            (&[("HTTPS_PROXY", " "), ("ALL_PROXY", ""), ("all_proxy", "d")], "d", false),
            (&[("HTTPS_PROXY", "a"), ("NO_PROXY", "stripe.com")], "a", true),
            (&[("HTTPS_PROXY", "a"), ("no_proxy", "stripe.com")], "a", true),
            (&[("HTTPS_PROXY", "a"), ("NO_PROXY", "x"), ("no_proxy", "stripe.com")], "a", false),
            (&[("HTTPS_PROXY", "a"), ("NO_PROXY", " "), ("no_proxy", "stripe.com")], "a", true),
            (&[("HTTPS_PROXY", "a"), ("NO_PROXY", "*"), ("REQUEST_METHOD", "")], "", false),
        ] {
            assert_eq!(from(environment), (urls.to_owned(), is_excepted), "{environment:?}");
        }
    }

    #[test]
    fn is_direct_for_plain_http_loopback_and_exceptions() {
        let no_proxy = NoProxy::parse("stripe.com, 10.0.0.0/8, *.corp.test, x.test:8443");
        for direct in [
            "http://api.stripe.test/",
            "https://localhost:1/",
            "https://LOCALHOST/",
            "https://127.0.0.1/",
            "https://127.9.9.9/",
            "https://[::1]:1/",
            "https://api.stripe.com/",
            "https://STRIPE.com/",
            "https://10.1.2.3/",
            "https://a.corp.test/",
            "https://x.test:8443/",
            "/v1/x",
        ] {
            assert!(is_direct(&direct.parse().unwrap(), &no_proxy), "{direct}");
        }
        for proxied in [
            "https://api.stripe.community/",
            "https://x.test/",
            "https://192.0.2.1/",
            "https://[2001:db8::1]/",
            "https://localhost.test/",
        ] {
            assert!(!is_direct(&proxied.parse().unwrap(), &no_proxy), "{proxied}");
        }
    }

    #[test]
    fn alternate_families_takes_ipv4_and_ipv6_in_turn() {
        let [v6, w6, x6] = ["[::1]:1", "[::1]:2", "[::1]:3"].map(|address| address.parse().unwrap());
        let [v4, w4] = ["127.0.0.1:1", "127.0.0.1:2"].map(|address| address.parse().unwrap());
        assert_eq!(alternate_families(&[v6, w6, x6, v4, w4]), [v6, v4, w6, w4, x6]);
        assert_eq!(alternate_families(&[v4, v6, w4]), [v4, v6, w4]);
        assert_eq!(alternate_families(&[v6, w6]), [v6, w6]);
        assert_eq!(alternate_families(&[]), []);
    }

    #[test]
    fn causes_include_what_an_io_error_wraps() {
        let inner = io::Error::other(super::super::TransportError::from(TransportErrorKind::Dns));
        let outer = super::super::TransportError::new(TransportErrorKind::Connect, inner);
        let kinds: Vec<_> = causes(&outer).filter_map(|it| it.downcast_ref::<super::super::TransportError>()).collect();
        assert_eq!(
            kinds.iter().map(|it| it.kind()).collect::<Vec<_>>(),
            [TransportErrorKind::Connect, TransportErrorKind::Dns]
        );
    }

    #[test]
    fn append_fills_the_body_up_to_its_limit() {
        let mut body = BytesMut::new();
        assert_eq!(append(&mut body, &b"abc"[..], 5), Ok(()));
        assert_eq!(append(&mut body, &b"de"[..], 5), Ok(()));
        assert_eq!(append(&mut body, &b""[..], 5), Ok(()));
        assert_eq!(append(&mut body, &b"f"[..], 5), Err(TransportErrorKind::BodyTooLarge));
        assert_eq!(append(&mut body, &b"fgh"[..], 7), Err(TransportErrorKind::BodyTooLarge));
        assert_eq!(body, "abcdefg");
    }
}
