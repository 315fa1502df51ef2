use std::net::IpAddr;

/// Hosts that are reached without the proxy, as `NO_PROXY` lists them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exceptions(Vec<Exception>);

#[derive(Clone, Debug)]
struct Exception {
    hosts: Hosts,
    /// The only port that is meant.
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    All,
    /// A name and all names below it, without dots at its ends.
    Name(String),
    /// The first bits of an address.
    Network(IpAddr, u32),
}

impl Exceptions {
    /// What is neither a name nor an address matches nothing.
    pub(crate) fn parse(list: &str) -> Self {
        Self(list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(Exception::parse).collect())
    }

    pub(crate) fn contain(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.');
        let address = address(host);
        let of_port = self.0.iter().filter(|exception| exception.port.is_none_or(|only| only == port));
        of_port.map(|exception| &exception.hosts).any(|hosts| match (hosts, address) {
            (Hosts::All, _) => true,
            (Hosts::Name(name), None) => is_below(host, name),
            (Hosts::Network(network, bits), Some(address)) => begins_alike(*network, address, *bits),
            _ => false,
        })
    }
}

impl Exception {
    fn parse(text: &str) -> Self {
        let split = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match split {
            // More colons are part of an IPv6 address, unless it stands in brackets.
            Some((host, port)) if !host.contains(':') || host.contains(']') => {
                Self { hosts: Hosts::parse(host), port: Some(port) }
            }
            _ => Self { hosts: Hosts::parse(text), port: None },
        }
    }
}

impl Hosts {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::All;
        }
        let (network, bits) = match text.split_once('/') {
            Some((network, bits)) => (network, bits.parse().ok()),
            None => (text, Some(u128::BITS)),
        };
        match (address(network), bits) {
            (Some(address), Some(bits)) => Self::Network(address, bits),
            _ => Self::Name(text.strip_prefix("*.").unwrap_or(text).trim_matches('.').to_owned()),
        }
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_below(host: &str, name: &str) -> bool {
    let Some(start) = host.len().checked_sub(name.len()) else { return false };
    let (before, end) = host.as_bytes().split_at(start);
    end.eq_ignore_ascii_case(name.as_bytes()) && before.last().is_none_or(|byte| *byte == b'.')
}

/// Whether that many bits of two addresses are the same, or all that there are.
fn begins_alike(one: IpAddr, other: IpAddr, bits: u32) -> bool {
    let differ = match (one, other) {
        (IpAddr::V4(one), IpAddr::V4(other)) => u128::from(one.to_bits() ^ other.to_bits()) << (u128::BITS - u32::BITS),
        (IpAddr::V6(one), IpAddr::V6(other)) => one.to_bits() ^ other.to_bits(),
        _ => return false,
    };
    differ.leading_zeros() >= bits.min(if one.is_ipv4() { u32::BITS } else { u128::BITS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_what_is_below_them_and_networks_for_what_is_in_them() {
        let exceptions =
            Exceptions::parse(" stripe.com ,.corp.test,10.0.0.0/8,192.168.1.7,2001:db8::/32,[::2],::4,1.2.3.4/x");
        for host in [
            "stripe.com",
            "api.STRIPE.com",
            "api.stripe.com.",
            "corp.test",
            "a.b.corp.test",
            "10.255.0.1",
            "192.168.1.7",
            "[2001:db8:1::9]",
            "::2",
            "[::4]",
        ] {
            assert!(exceptions.contain(host, 443), "{host}");
        }
        for host in [
            "mystripe.com",
            "stripe.community",
            "com",
            "",
            "11.0.0.1",
            "192.168.1.8",
            "[2001:db9::1]",
            "::3",
            "1.2.3.4",
        ] {
            assert!(!exceptions.contain(host, 443), "{host}");
        }
        assert!(Exceptions::parse("x,*").contain("api.stripe.com", 443) && !Exceptions::parse("").contain("", 443));
        let all = Exceptions::parse("0.0.0.0/0");
        assert!(all.contain("8.8.8.8", 443) && !all.contain("::1", 443));
    }

    #[test]
    fn star_before_a_name_stands_for_what_is_below_it() {
        let exceptions = Exceptions::parse("*.stripe.test, *.corp.test:8443");
        assert!(exceptions.contain("api.stripe.test", 443) && exceptions.contain("a.b.stripe.test", 1));
        assert!(exceptions.contain("api.corp.test", 8443) && !exceptions.contain("api.corp.test", 443));
        assert!(!exceptions.contain("mystripe.test", 443) && !exceptions.contain("stripe.test.example", 443));
        assert!(!Exceptions::parse("*stripe.test,*.,.").contain("api.stripe.test", 443));
    }

    #[test]
    fn port_excepts_that_port_only() {
        for (entry, host) in [
            ("stripe.test:8443", "api.stripe.test"),
            (".stripe.test:8443", "api.stripe.test"),
            ("127.0.0.1:8443", "127.0.0.1"),
            ("10.0.0.0/8:8443", "10.1.2.3"),
            ("[::1]:8443", "[::1]"),
            ("[2001:db8::]/32:8443", "[2001:db8::7]"),
            ("*:8443", "stripe.test"),
        ] {
            let exceptions = Exceptions::parse(entry);
            assert!(exceptions.contain(host, 8443) && !exceptions.contain(host, 443), "{entry}");
        }
        // Without brackets, it may be part of the address.
        assert!(Exceptions::parse("::1:8443").contain("[::1:8443]", 443));
        assert!(!Exceptions::parse("stripe.test:https").contain("stripe.test", 443));
    }
}
