use std::net::IpAddr;

use http::Uri;

/// The hosts that are reached without a proxy, parsed from the variable `NO_PROXY`.
///
/// All transports of this project parse the variable with this type, and so can yours. Entries are
/// separated by commas or white space:
///
/// | entry | matches |
/// |---|---|
/// | `stripe.com`, `.stripe.com`, `*.stripe.com` | this name and all names below it |
/// | `10.1.2.3`, `::1`, `[::1]` | this address |
/// | `10.0.0.0/8`, `2001:db8::/32` | all addresses of this network |
/// | one of the above with a port: `stripe.com:443`, `[::1]:443` | the same, at this port only |
/// | `*` | every host |
///
/// Names match without regard to case. They are not resolved, so a network does not match a name whose
/// address is in it. Any other entry, such as `192.168.*`, matches nothing. The default has no entries.
///
/// ```
/// use stripe_identity_core::NoProxy;
///
/// let direct = NoProxy::parse("localhost, *.corp.test:8443, 10.0.0.0/8");
/// assert!(direct.matches(&"https://proxyless.corp.test:8443/v1".parse()?));
/// assert!(!direct.matches(&"https://api.stripe.com/v1".parse()?));
/// # Ok::<(), stripe_identity_core::http::uri::InvalidUri>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    All,
    /// A name and all names below it, without a dot at either end.
    Name(String),
    /// The first bits of an address.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Parses a list. An entry that does not parse matches nothing.
    pub fn parse(list: &str) -> Self {
        let entries = list.split(|letter: char| letter == ',' || letter.is_whitespace());
        Self(entries.filter_map(Entry::parse).collect())
    }

    /// Returns whether the host of a URL is reached without a proxy. A URL without a port has the one
    /// of its scheme. A URL without a host never matches.
    pub fn matches(&self, uri: &Uri) -> bool {
        let Some(host) = uri.host() else { return false };
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
        self.0.iter().any(|entry| entry.port.is_none_or(|it| it == port) && entry.hosts.contain(host))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if let Some(hosts) = Hosts::parse(text) {
            return Some(Self { hosts, port: None });
        }
        let (host, port) = text.rsplit_once(':')?;
        Some(Self { hosts: Hosts::parse(host)?, port: Some(port.parse().ok()?) })
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        if let Ok(address) = without_brackets(address).parse() {
            return Some(Self::Network(address, bits.unwrap_or(u128::BITS)));
        }
        let name = text.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(text);
        let name = name.strip_prefix('.').unwrap_or(name);
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_name = !name.is_empty() && !name.contains([':', '/', '*', '[', ']']);
        is_name.then(|| Self::Name(name.to_owned()))
    }

    fn contain(&self, host: &str) -> bool {
        let address = without_brackets(host).parse().ok();
        match (self, address) {
            (Self::All, _) => true,
            (Self::Name(name), None) => is_at_or_below(host.strip_suffix('.').unwrap_or(host), name),
            (Self::Network(network, bits), Some(address)) => begin_alike(*network, address, *bits),
            _ => false,
        }
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

fn is_at_or_below(host: &str, name: &str) -> bool {
    let Some(start) = host.len().checked_sub(name.len()) else { return false };
    let (before, end) = host.as_bytes().split_at(start);
    end.eq_ignore_ascii_case(name.as_bytes()) && before.last().is_none_or(|byte| *byte == b'.')
}

/// Returns whether the first bits of two addresses are equal. `bits` beyond the length of an address
/// count as all of it.
fn begin_alike(one: IpAddr, other: IpAddr, bits: u32) -> bool {
    let (differ, most) = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (u128::from(one.to_bits() ^ other.to_bits()) << (u128::BITS - u32::BITS), u32::BITS)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits(), u128::BITS),
        _ => return false,
    };
    differ.leading_zeros() >= bits.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(list: &str, host: &str) -> bool {
        NoProxy::parse(list).matches(&format!("https://{host}/v1/x").parse().unwrap())
    }

    #[test]
    fn name_matches_itself_and_subdomains() {
        for name in ["stripe.com", ".stripe.com", "*.stripe.com", "STRIPE.com", "stripe.com.", " x.test ,\tstripe.com "]
        {
            for host in ["stripe.com", "api.stripe.com", "API.Stripe.COM", "a.b.stripe.com.", "stripe.com:8443"] {
                assert!(matches(name, host), "{name} {host}");
            }
            for host in ["mystripe.com", "stripe.community", "com", "stripe.com.test", "1.2.3.4"] {
                assert!(!matches(name, host), "{name} {host}");
            }
        }
        assert!(matches("x y.test z", "y.test"));
    }

    #[test]
    fn port_restricts_an_entry() {
        for (list, host) in [
            ("api.stripe.com:443", "api.stripe.com"),
            ("*.stripe.com:443", "api.stripe.com"),
            (".stripe.com:8443", "api.stripe.com:8443"),
            ("10.0.0.0/8:8443", "10.1.2.3:8443"),
            ("10.1.2.3:443", "10.1.2.3"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("[2001:db8::]/32:8443", "[2001:db8::7]:8443"),
            ("*:8443", "api.stripe.com:8443"),
        ] {
            assert!(matches(list, host), "{list} {host}");
            assert!(!matches(list, &format!("{}:1", host.trim_end_matches(":8443"))), "{list} {host}");
        }
        assert!(NoProxy::parse("x.test:80").matches(&"http://x.test/".parse().unwrap()));
    }

    #[test]
    fn network_matches_its_addresses() {
        for (list, host) in [
            ("10.0.0.0/8", "10.255.0.1"),
            ("192.168.1.7", "192.168.1.7"),
            ("2001:db8::/32", "[2001:db8:1::9]"),
            ("[::2]", "[::2]"),
            ("::2", "[::2]"),
            // Without brackets, the apparent port is a part of the address.
            ("::1:8443", "[::1:8443]"),
            ("0.0.0.0/0", "8.8.8.8"),
            ("x,*", "8.8.8.8"),
        ] {
            assert!(matches(list, host), "{list} {host}");
        }
        for (list, host) in [
            ("10.0.0.0/8", "11.0.0.1"),
            ("192.168.1.7", "192.168.1.8"),
            ("2001:db8::/32", "[2001:db9::1]"),
            ("::2", "[::3]"),
            ("0.0.0.0/0", "[::1]"),
        ] {
            assert!(!matches(list, host), "{list} {host}");
        }
    }

    #[test]
    fn malformed_entry_matches_nothing() {
        for list in
            ["", ",", ".", "*.", ":443", "1.2.3.4/x", "192.168.*", "a*.test", "x.test:port", "[::1", "http://x.test"]
        {
            for host in ["x.test", "1.2.3.4", "192.168.1.1", "[::1]", "a1.test"] {
                assert!(!matches(list, host), "{list} {host}");
            }
        }
        assert!(!NoProxy::parse("*").matches(&Uri::from_static("/v1/x")));
    }
}
