use std::error::Error as StdError;
use std::fmt;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// An agent that tells in which phase it failed: only while connecting is it known that nothing of a request was sent.
pub(crate) fn agent(config: Config) -> Agent {
    Agent::with_parts(config, MarkingConnector::default(), MarkingResolver::default())
}

#[derive(Debug, Default)]
struct MarkingConnector(DefaultConnector);

impl Connector for MarkingConnector {
    type Out = <DefaultConnector as Connector>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        self.0.connect(details, chained).map_err(|error| Error::Other(ConnectError(error).into()))
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
