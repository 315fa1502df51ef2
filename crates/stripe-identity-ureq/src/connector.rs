use std::error::Error as StdError;
use std::fmt;
use std::io;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};
use ureq::{Agent, Error};

/// An agent that tells in which phase it failed: only while connecting is it known that nothing of a request was sent.
pub(crate) fn agent(config: Config) -> Agent {
    Agent::with_parts(config, MarkingConnector::default(), MarkingResolver::default())
}

#[derive(Debug, Default)]
struct MarkingConnector(DefaultConnector);

impl Connector for MarkingConnector {
    type Out = MarkingTransport;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        let connected = self.0.connect(details, chained).map_err(|error| Error::Other(ConnectError(error).into()))?;
        Ok(connected.map(|transport| MarkingTransport(transport.boxed())))
    }
}

/// A connection that tells when it broke. By itself, ureq takes that for the end of a body whose length was not said.
#[derive(Debug)]
struct MarkingTransport(Box<dyn Transport>);

impl Transport for MarkingTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout).map_err(|error| match error {
            Error::Io(error) => Error::Other(BrokenError(error).into()),
            error => error,
        })
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
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
pub(crate) struct ResolveError(Error);

/// There is no connection to the host.
#[derive(Debug)]
pub(crate) struct ConnectError(pub(crate) Error);

/// The connection broke while the response was awaited.
#[derive(Debug)]
pub(crate) struct BrokenError(io::Error);

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
