//! The receivers that webhooks may be delivered to.

use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;

/// The reason why a string is not the URL of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidUrl {
    NoScheme,
    Other,
}

/// Parses `http://host[:port][/path]` or `https://…`.
pub(crate) fn parse(url: &str) -> Result<Uri, InvalidUrl> {
    if !url.contains("://") {
        return Err(InvalidUrl::NoScheme);
    }
    let url: Uri = url.parse().map_err(|_| InvalidUrl::Other)?;
    let (host, authority) = (url.host().unwrap_or_default(), url.authority().map_or("", |it| it.as_str()));
    let port = authority.strip_prefix(host).map_or("no host", |port| port.strip_prefix(':').unwrap_or(port));
    let has_port = port.parse::<u16>().is_ok_and(|port| port > 0) || authority == host;
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    if is_http && !host.is_empty() && has_port { Ok(url) } else { Err(InvalidUrl::Other) }
}

/// Returns the host of a URL. An IPv6 address is returned without brackets.
pub(crate) fn host(url: &Uri) -> &str {
    let host = url.host().unwrap_or_default();
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The hosts that webhooks may be delivered to.
#[derive(Clone, Debug, Default)]
pub(crate) enum Receivers {
    /// All hosts, since nothing is sent.
    #[default]
    Any,
    /// This machine, and the hosts of the list.
    #[cfg_attr(not(any(feature = "server", test)), expect(dead_code, reason = "only a server sends"))]
    Local(Arc<[String]>),
}

impl Receivers {
    /// Returns whether requests may be sent to a host. A name of this machine must also resolve to a loopback address.
    pub(crate) fn allow(&self, host: &str) -> bool {
        matches!(self, Self::Any) || is_local(host) || self.name(host)
    }

    /// Returns whether a host is in the list. Such a host may resolve to any address.
    pub(crate) fn name(&self, host: &str) -> bool {
        matches!(self, Self::Local(named) if named.iter().any(|name| name.eq_ignore_ascii_case(host)))
    }
}

pub(crate) fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(is_loopback)
}

pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_without_scheme_host_or_valid_port_is_refused() {
        for url in ["http://127.0.0.1:1/x", "http://host.test", "http://[::1]:4242/?a=b", "https://x.test/"] {
            assert!(parse(url).is_ok(), "{url}");
        }
        for url in ["x.test/hook", "/x", "", "localhost:4242"] {
            assert_eq!(parse(url), Err(InvalidUrl::NoScheme), "{url}");
        }
        for url in ["http://x:0/", "http://x:99999/", "http://x:/", "http://a@x/", "http://:1/", "ftp://x/", "http://"]
        {
            assert_eq!(parse(url), Err(InvalidUrl::Other), "{url}");
        }
    }

    #[test]
    fn only_this_machine_and_named_hosts_are_allowed() {
        let receivers = Receivers::Local(["App".to_owned(), "10.0.0.7".to_owned()].into());
        for host in ["localhost", "LOCALHOST", "api.localhost", "127.0.0.1", "127.9.9.9", "::1", "app", "10.0.0.7"] {
            assert!(receivers.allow(host), "{host}");
        }
        for host in ["", "evil.test", "localhost.evil.test", "10.0.0.8", "0.0.0.0", "app.evil.test", "169.254.169.254"]
        {
            assert!(!receivers.allow(host), "{host}");
        }
        assert!(receivers.allow("::ffff:127.0.0.1") && Receivers::Any.allow("evil.test"));
        assert!(receivers.name("app") && !receivers.name("localhost"));
        assert_eq!(host(&parse("https://[::1]:1/").unwrap()), "::1");
    }
}
