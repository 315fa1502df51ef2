use std::net::IpAddr;

/// Hosts that are reached without the proxy, as `NO_PROXY` lists them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exceptions(Vec<Exception>);

#[derive(Clone, Debug)]
enum Exception {
    Everything,
    /// A name and all names below it, without a dot at its beginning.
    Name(String),
    /// The first bits of an address.
    Network(IpAddr, u32),
}

impl Exceptions {
    /// What is neither a name nor an address matches nothing.
    pub(crate) fn parse(list: &str) -> Self {
        Self(list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(Exception::parse).collect())
    }

    pub(crate) fn contain(&self, host: &str) -> bool {
        let address = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        self.0.iter().any(|exception| match (exception, address) {
            (Exception::Everything, _) => true,
            (Exception::Name(name), None) => is_below(host, name),
            (Exception::Network(network, bits), Some(address)) => begins_alike(*network, address, *bits),
            _ => false,
        })
    }
}

impl Exception {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::Everything;
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, bits.parse().ok()),
            None => (text, Some(u128::BITS)),
        };
        match (address.trim_start_matches('[').trim_end_matches(']').parse(), bits) {
            (Ok(address), Some(bits)) => Self::Network(address, bits),
            _ => Self::Name(text.strip_prefix('.').unwrap_or(text).to_owned()),
        }
    }
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
            Exceptions::parse(" stripe.com ,.corp.test,10.0.0.0/8,192.168.1.7,2001:db8::/32,[::2],1.2.3.4/x");
        for host in [
            "stripe.com",
            "api.STRIPE.com",
            "corp.test",
            "a.b.corp.test",
            "10.255.0.1",
            "192.168.1.7",
            "[2001:db8:1::9]",
            "::2",
        ] {
            assert!(exceptions.contain(host), "{host}");
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
            assert!(!exceptions.contain(host), "{host}");
        }
        assert!(Exceptions::parse("x,*").contain("api.stripe.com") && !Exceptions::parse("").contain(""));
        assert!(Exceptions::parse("0.0.0.0/0").contain("8.8.8.8") && !Exceptions::parse("0.0.0.0/0").contain("::1"));
    }
}
