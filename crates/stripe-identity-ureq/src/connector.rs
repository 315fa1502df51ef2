use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, ConnectionDetails, Connector, Either, NextTimeout, RustlsConnector, Transport,
};
use ureq::{Agent, Error};

use crate::connection::Connection;
use crate::tcp::{self, Deadline, Link};

/// An agent whose connections are ours: [`Connection`] says what that changes. Its errors tell in which phase it failed, since
/// only while connecting is it known that nothing of a request was sent.
pub(crate) fn agent(config: Config) -> Agent {
    Agent::with_parts(config, MarkingConnector::default(), MarkingResolver::default())
}

#[derive(Debug, Default)]
struct MarkingConnector {
    tunnels: ConnectProxyConnector,
    tls: Arc<RustlsConnector>,
}

impl Connector for MarkingConnector {
    type Out = Connection;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        let link = Arc::new(Link::new(Deadline::of(details.timeout)));
        let transport = self.establish(details, &link).map_err(|error| Error::Other(ConnectError(error).into()))?;
        link.establish();
        Ok(Some(Connection::new(transport, link)))
    }
}

impl MarkingConnector {
    fn establish(&self, details: &ConnectionDetails<'_>, link: &Arc<Link>) -> Result<Box<dyn Transport>, Error> {
        let (tls, to_proxy) = (self.tls.clone(), link.clone());
        let details = ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            // What is chosen for each request, the proxy and the time, is not the connector's. So TLS is configured once.
            request_level: false,
            resolver: details.resolver,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            // By itself, ureq gives each part of the proxy's response all of the time.
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

/// The stream in TLS, if that is due.
fn in_tls(
    tls: &RustlsConnector,
    details: &ConnectionDetails<'_>,
    stream: Box<dyn Transport>,
) -> Result<Box<dyn Transport>, Error> {
    Ok(tls.connect(details, Some(stream))?.ok_or(Error::ConnectionFailed)?.boxed())
}

#[derive(Debug, Default)]
struct MarkingResolver(DefaultResolver);

impl Resolver for MarkingResolver {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        self.0.resolve(uri, config, timeout).map_err(|error| Error::Other(ResolveError(error).into()))
    }
}

/// The host's name has no address.
#[derive(Debug)]
pub(crate) struct ResolveError(pub(crate) Error);

/// There is no connection to the host.
#[derive(Debug)]
pub(crate) struct ConnectError(pub(crate) Error);

/// The connection broke while the response was awaited.
#[derive(Debug)]
pub(crate) struct BrokenError(pub(crate) io::Error);

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host name could not be resolved")
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connecting failed")
    }
}

impl fmt::Display for BrokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection broke")
    }
}

impl StdError for BrokenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

impl StdError for ResolveError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

impl StdError for ConnectError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}
