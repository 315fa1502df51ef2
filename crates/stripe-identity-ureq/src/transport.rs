use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stripe_identity_core::{AttemptTimeout, BlockingHttpTransport, TransportError, TransportErrorKind, http};
use ureq::tls::Certificate;
use ureq::{Agent, Error, Proxy};

use crate::connector::{self, BrokenError, ConnectError, ResolveError};
use crate::{proxy, tls};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends requests over ureq. Cheap to clone; clones share their connections.
///
/// | setting | value |
/// |---|---|
/// | time for an attempt | what the call says: 80 seconds unless changed |
/// | time for a connection, within that | 30 seconds |
/// | largest response body | 16 MiB, see [`UreqTransportBuilder::max_body_size`] |
/// | idle connections are kept for | 15 seconds, ureq's default |
/// | [proxy](UreqTransportBuilder::proxy) | what the environment says, for TLS to other machines |
/// | redirects, compression, cookies | none |
#[derive(Clone)]
pub struct UreqTransport {
    agent: Agent,
    proxy: Option<Proxy>,
    max_body_size: usize,
}

impl UreqTransport {
    /// A transport with the defaults.
    ///
    /// # Errors
    /// As [`UreqTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// A transport with settings of your own.
    pub fn builder() -> UreqTransportBuilder {
        UreqTransportBuilder { roots: None, proxy: ProxyChoice::Environment, max_body_size: 16 * 1024 * 1024 }
    }
}

/// Settings for a [`UreqTransport`].
#[derive(Clone)]
pub struct UreqTransportBuilder {
    roots: Option<Vec<Certificate<'static>>>,
    proxy: ProxyChoice,
    max_body_size: usize,
}

#[derive(Clone)]
enum ProxyChoice {
    Environment,
    None,
    Url(String),
}

impl UreqTransportBuilder {
    /// The proxy to ask for a tunnel to Stripe, `http://[user:password@]host[:port]`, whatever the environment says. By
    /// default it is what the environment says: `HTTPS_PROXY` or else `ALL_PROXY`, but for the hosts in `NO_PROXY`. Plain HTTP
    /// never goes through a proxy, nor does anything to this machine.
    pub fn proxy(self, url: impl Into<String>) -> Self {
        Self { proxy: ProxyChoice::Url(url.into()), ..self }
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(self) -> Self {
        Self { proxy: ProxyChoice::None, ..self }
    }

    /// The root certificates that TLS trusts, each in DER form, in place of what the crate's features say.
    pub fn root_certificates<D: AsRef<[u8]>>(self, roots: impl IntoIterator<Item = D>) -> Self {
        let roots = roots.into_iter().map(|der| Certificate::from_der(der.as_ref()).to_owned()).collect();
        Self { roots: Some(roots), ..self }
    }

    /// The largest response body that is taken, in bytes. Default: 16 MiB.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// The transport.
    ///
    /// # Errors
    /// [`Tls`](TransportErrorKind::Tls) if there are no root certificates to trust, or the crate was compiled without
    /// cryptography. [`Other`](TransportErrorKind::Other) if the proxy's URL is none.
    pub fn build(self) -> Result<UreqTransport, TransportError> {
        let config = Agent::config_builder()
            .tls_config(tls::config(self.roots)?)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .build();
        let proxy = match self.proxy {
            ProxyChoice::Environment => proxy::from_env(),
            ProxyChoice::None => None,
            ProxyChoice::Url(url) => Some(proxy::new(&url, None)?),
        };
        Ok(UreqTransport { agent: connector::agent(config), proxy, max_body_size: self.max_body_size })
    }
}

impl UreqTransport {
    fn run<B: ureq::AsSendBody>(
        &self,
        request: http::Request<B>,
        timeout: Option<Duration>,
    ) -> Result<http::Response<ureq::Body>, Error> {
        let proxy = self.proxy.clone().filter(|_| proxy::is_due(request.uri()));
        let request = self.agent.configure_request(request).timeout_global(timeout).proxy(proxy).build();
        self.agent.run(request)
    }
}

impl BlockingHttpTransport for UreqTransport {
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let timeout = request.extensions().get::<AttemptTimeout>().map(|timeout| timeout.0);
        // ureq adds it to the time it is now, and panics if that is beyond what the clock can say.
        let timeout = timeout.filter(|&timeout| Instant::now().checked_add(timeout).is_some());
        let (parts, body) = request.into_parts();
        let has_body = parts.method == http::Method::POST;
        let response = if has_body {
            self.run(http::Request::from_parts(parts, &body[..]), timeout)
        } else {
            self.run(http::Request::from_parts(parts, ()), timeout)
        };
        let (parts, body) = response.map_err(classify)?.into_parts();
        let body = body.into_with_config().limit(self.max_body_size as u64).read_to_vec().map_err(classify_body)?;
        Ok(http::Response::from_parts(parts, body.into()))
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

fn classify(error: Error) -> TransportError {
    let kind = match &error {
        Error::Other(other) if other.is::<ResolveError>() => TransportErrorKind::Dns,
        Error::Other(other) if other.is::<BrokenError>() => TransportErrorKind::Interrupted,
        Error::Other(other) => match other.downcast_ref::<ConnectError>() {
            Some(ConnectError(Error::Io(cause))) if is_tls(cause) => TransportErrorKind::Tls,
            Some(ConnectError(Error::Tls(_) | Error::Rustls(_) | Error::Pem(_))) => TransportErrorKind::Tls,
            Some(_) => TransportErrorKind::Connect,
            None => TransportErrorKind::Other,
        },
        Error::Timeout(_) => TransportErrorKind::Timeout,
        Error::Io(_) | Error::ConnectionFailed => TransportErrorKind::Interrupted,
        Error::BodyExceedsLimit(_) => TransportErrorKind::BodyTooLarge,
        _ => TransportErrorKind::Other,
    };
    match error {
        // They quote the URL, which may hold personal data in its query.
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => kind.into(),
        Error::Other(other) => TransportError::new(kind, other),
        error => TransportError::new(kind, error),
    }
}

/// While the body was read: what is wrong with it came over a connection that cannot be trusted any more.
fn classify_body(error: Error) -> TransportError {
    match error {
        Error::BodyExceedsLimit(_) | Error::Timeout(_) => classify(error),
        error => TransportError::new(TransportErrorKind::Interrupted, error),
    }
}

fn is_tls(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|cause| {
        cause.is::<rustls::Error>() || cause.source().is_some_and(<dyn StdError>::is::<rustls::Error>)
    })
}

impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqTransport").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}

impl fmt::Debug for UreqTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqTransportBuilder").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}
