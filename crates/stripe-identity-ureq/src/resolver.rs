//! The lookup of hosts.

use std::collections::HashMap;
use std::net::SocketAddr;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ArrayVec, DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::phase::ResolveError;

/// The addresses of hosts that are not looked up. The names are in lower case.
pub(crate) type Addresses = HashMap<String, Vec<SocketAddr>>;

/// Looks hosts up through the system. Its failures are [`ResolveError`]s.
#[derive(Debug)]
pub(crate) struct PhaseMarkingResolver {
    addresses: Addresses,
    system: DefaultResolver,
}

impl PhaseMarkingResolver {
    /// Creates a resolver that does not look up the hosts of `addresses`.
    pub(crate) fn new(addresses: Addresses) -> Self {
        Self { addresses, system: DefaultResolver::default() }
    }

    fn known(&self, uri: &Uri) -> Option<Result<ResolvedSocketAddrs, Error>> {
        let known = self.addresses.get(&uri.host()?.to_ascii_lowercase())?;
        let mut found = self.empty();
        for address in known.iter().take(capacity(&found)) {
            let mut address = *address;
            match (uri.port_u16(), uri.scheme_str()) {
                (Some(port), _) => address.set_port(port),
                (None, _) if address.port() != 0 => {}
                (None, scheme) => address.set_port(if scheme == Some("https") { 443 } else { 80 }),
            }
            found.push(address);
        }
        Some(if found.is_empty() { Err(Error::HostNotFound) } else { Ok(found) })
    }
}

fn capacity<T, const N: usize>(_: &ArrayVec<T, N>) -> usize {
    N
}

impl Resolver for PhaseMarkingResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.known(uri).unwrap_or_else(|| self.system.resolve(uri, config, timeout));
        found.map_err(|error| Error::Other(ResolveError(error).into()))
    }
}

/// Looks nothing up. ureq asks its resolver for each request, even if it then uses a kept
/// connection, so the connector looks hosts up instead.
#[derive(Debug)]
pub(crate) struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut placeholder = self.empty();
        // ureq requires an address. The connector does not use it.
        placeholder.push(([0, 0, 0, 0], 0).into());
        Ok(placeholder)
    }
}
