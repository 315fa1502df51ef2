use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ArrayVec, DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, Either, NextTimeout, RustlsConnector, Transport,
};
use ureq::{Agent, Error};

use crate::connection::Connection;
use crate::phase::{ConnectError, ResolveError};
use crate::tcp::{self, Deadline, Link};

/// The addresses of hosts that are not looked up. The names are in lower case.
pub(crate) type Addresses = HashMap<String, Vec<SocketAddr>>;

/// Returns an agent that uses [`Connection`]s, and whose errors say in which phase it failed: while
/// it connects, nothing of a request has been sent.
pub(crate) fn agent(config: Config, addresses: Addresses) -> Agent {
    let resolver = PhaseMarkingResolver { addresses, system: DefaultResolver::default() };
    Agent::with_parts(config, PhaseMarkingConnector::default(), resolver)
}

#[derive(Debug, Default)]
struct PhaseMarkingConnector {
    tunnels: ConnectProxyConnector,
    tls: Arc<RustlsConnector>,
}

impl Connector for PhaseMarkingConnector {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        let link = Arc::new(Link::new(Deadline::of(details.timeout)));
        let transport = self.establish(details, &link).map_err(|error| Error::Other(ConnectError(error).into()))?;
        link.establish();
        Ok(Some(Connection::new(transport, link)))
    }
}

impl PhaseMarkingConnector {
    fn establish(&self, details: &ConnectionDetails<'_>, link: &Arc<Link>) -> Result<Box<dyn Transport>, Error> {
        let (tls, to_proxy) = (self.tls.clone(), link.clone());
        let details = ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            // Requests differ in proxy and timeout only, which do not concern TLS. So it is
            // configured once.
            request_level: false,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            // ureq alone would grant the whole timeout to each part of the proxy's response.
            run_connector: Arc::new(move |details| {
                in_tls(&tls, details, tcp::open(details, to_proxy.clone())?.boxed())
            }),
            register_shutdown: details.register_shutdown.clone(),
        };
        let tunnel = Connector::<Box<dyn Transport>>::connect(&self.tunnels, &details, None)?;
        let stream = match tunnel {
            Some(Either::A(stream) | Either::B(stream)) => stream,
            None => tcp::open(&details, link.clone())?.boxed(),
        };
        in_tls(&self.tls, &details, stream)
    }
}

/// Wraps a stream in TLS if the URL is `https`.
fn in_tls(
    tls: &RustlsConnector,
    details: &ConnectionDetails<'_>,
    stream: Box<dyn Transport>,
) -> Result<Box<dyn Transport>, Error> {
    Ok(tls.connect(details, Some(stream))?.ok_or(Error::ConnectionFailed)?.boxed())
}

#[derive(Debug)]
struct PhaseMarkingResolver {
    addresses: Addresses,
    system: DefaultResolver,
}

impl PhaseMarkingResolver {
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
