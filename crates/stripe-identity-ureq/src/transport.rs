use std::fmt;
use std::io::Read as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stripe_identity_core::{AttemptTimeout, BlockingHttpTransport, TransportError, TransportErrorKind, http};
use ureq::tls::Certificate;
use ureq::{Agent, Error, Timeout};

use crate::connection::rustls_error;
use crate::connector::{self, BrokenError, ConnectError, ResolveError};
use crate::proxy::{Choice, InvalidProxyUrl};
use crate::tls;

/// Sends requests over ureq. Cheap to clone; clones share their connections.
///
/// | setting | default |
/// |---|---|
/// | time for an attempt | what the call says: 80 seconds unless changed |
/// | [time for a connection](UreqTransportBuilder::connect_timeout), within that | 30 seconds |
/// | [largest response body](UreqTransportBuilder::max_body_size) | 16 MiB |
/// | [idle connections](UreqTransportBuilder::pool_max_idle) | as many as there were requests at a time |
/// | they [are kept for](UreqTransportBuilder::pool_idle_timeout) | 15 seconds |
/// | [proxy](UreqTransportBuilder::proxy) | what the environment says, for TLS to other machines |
/// | redirects, compression, cookies | none, but see [ureq's features](crate#features-of-ureq) |
///
/// If a server responds to a request before it has read all of it, and reads the rest slowly or not at all, the rest is not
/// sent: the response counts, and the connection is not used again. Folded lines of response headers are joined.
#[derive(Clone)]
pub struct UreqTransport {
    agent: Agent,
    proxy: Option<Choice>,
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
        UreqTransportBuilder {
            roots: Vec::new(),
            default_roots: true,
            proxy: Choice::from_env().map(Ok),
            connect_timeout: Duration::from_secs(30),
            pool_max_idle: usize::MAX,
            pool_idle_timeout: Duration::from_secs(15),
            max_body_size: 16 * 1024 * 1024,
        }
    }
}

/// Settings for a [`UreqTransport`].
#[derive(Clone)]
pub struct UreqTransportBuilder {
    roots: Vec<Certificate<'static>>,
    default_roots: bool,
    /// What is no proxy shows when the transport is built.
    proxy: Option<Result<Choice, InvalidProxyUrl>>,
    connect_timeout: Duration,
    pool_max_idle: usize,
    pool_idle_timeout: Duration,
    max_body_size: usize,
}

impl UreqTransportBuilder {
    /// The proxy to ask for a tunnel to Stripe, `http://[user:password@]host[:port]`, whatever the environment says; but not
    /// for some hosts, listed as in `NO_PROXY`: see [`NoProxy`](stripe_identity_core::NoProxy).
    ///
    /// By default it is what the environment says when the builder is made: `HTTPS_PROXY` or else `ALL_PROXY`, and the hosts
    /// in `NO_PROXY` without (each in capitals or not). Plain HTTP never goes through a proxy, nor does anything to this
    /// machine.
    ///
    /// A tunnel stands once the proxy answers `CONNECT` with status 200. With any other status, 201 and 204 included, the error
    /// is [`Connect`](TransportErrorKind::Connect). A proxy that goes on in plain text after 200 is [`Tls`](TransportErrorKind::Tls).
    pub fn proxy(self, url: impl AsRef<str>, exceptions: impl AsRef<str>) -> Self {
        Self { proxy: Some(Choice::new(url.as_ref(), exceptions.as_ref())), ..self }
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(self) -> Self {
        Self { proxy: None, ..self }
    }

    /// One more root certificate for TLS to trust, in DER form, such as that of a company's own authority.
    pub fn root_certificate(mut self, der: impl AsRef<[u8]>) -> Self {
        self.roots.push(Certificate::from_der(der.as_ref()).to_owned());
        self
    }

    /// Whether TLS trusts the root certificates that the crate's features bring. Default: it does.
    pub fn default_roots(self, trusted: bool) -> Self {
        Self { default_roots: trusted, ..self }
    }

    /// How long a connection may take to come about, with proxy and TLS handshake, after the host's name was looked up, which may
    /// take as long. Default: 30 seconds. It cannot take longer than the attempt that needs it.
    ///
    /// All addresses of a host share this time. Each is tried for half a second at most first, then in further rounds for longer, so
    /// an address that never answers does not use up the time of the others.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// How many idle connections are kept. With 0, none is used twice. Default: as many as there are.
    pub fn pool_max_idle(self, connections: usize) -> Self {
        Self { pool_max_idle: connections, ..self }
    }

    /// How long an idle connection is kept. Default: 15 seconds.
    pub fn pool_idle_timeout(self, timeout: Duration) -> Self {
        Self { pool_idle_timeout: timeout, ..self }
    }

    /// The largest response body that is taken, in bytes. Default: 16 MiB.
    ///
    /// A success with a larger body is [`BodyTooLarge`](TransportErrorKind::BodyTooLarge). With any other status, the body is cut
    /// at that size.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// The transport.
    ///
    /// # Errors
    /// [`Tls`](TransportErrorKind::Tls) if there are no root certificates to trust, or the crate was compiled without
    /// cryptography. [`Other`](TransportErrorKind::Other) if the proxy's URL is none.
    pub fn build(self) -> Result<UreqTransport, TransportError> {
        let connect_timeout = Some(self.connect_timeout).filter(can_be_added);
        let config = Agent::config_builder()
            .tls_config(tls::config(self.roots, self.default_roots)?)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_resolve(connect_timeout)
            .timeout_connect(connect_timeout)
            // With its features, which other crates may turn on, ureq would ask for compressed responses.
            .accept_encoding("")
            .max_idle_connections(self.pool_max_idle)
            .max_idle_connections_per_host(self.pool_max_idle)
            .max_idle_age(self.pool_idle_timeout)
            .build();
        Ok(UreqTransport {
            agent: connector::agent(config),
            proxy: self.proxy.transpose()?,
            max_body_size: self.max_body_size,
        })
    }
}

impl UreqTransport {
    fn run<B: ureq::AsSendBody>(
        &self,
        request: http::Request<B>,
        timeout: Option<Duration>,
    ) -> Result<http::Response<ureq::Body>, Error> {
        let proxy = self.proxy.as_ref().and_then(|proxy| proxy.between(request.uri()));
        let request = self.agent.configure_request(request).timeout_global(timeout).proxy(proxy).build();
        self.agent.run(request)
    }
}

impl BlockingHttpTransport for UreqTransport {
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let timeout = request.extensions().get::<AttemptTimeout>().map(|timeout| timeout.0);
        let timeout = timeout.filter(can_be_added);
        let (parts, body) = request.into_parts();
        let has_body = parts.method == http::Method::POST;
        let response = if has_body {
            self.run(http::Request::from_parts(parts, &body[..]), timeout)
        } else {
            self.run(http::Request::from_parts(parts, ()), timeout)
        };
        let (parts, body) = response.map_err(classify)?.into_parts();
        let limit = self.max_body_size;
        let body = if parts.status.is_success() {
            body.into_with_config().limit(limit as u64).read_to_vec().map_err(classify_body)?
        } else {
            let mut cut = Vec::new();
            // One more, so that a body of just that size is read to its end, and the connection can be used again.
            let mut reader = body.into_reader().take((limit as u64).saturating_add(1));
            // The status matters more than the rest of the body. A connection whose body did not end is not used again.
            let _ = reader.read_to_end(&mut cut);
            cut.truncate(limit);
            cut
        };
        Ok(http::Response::from_parts(parts, body.into()))
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// ureq adds timeouts to the time it is now, and panics if that is beyond what the clock can say. So long a time is as good as
/// none.
fn can_be_added(timeout: &Duration) -> bool {
    Instant::now().checked_add(*timeout).is_some()
}

fn classify(error: Error) -> TransportError {
    let kind = kind(&error);
    match error {
        // They quote the URL, which may hold personal data in its query.
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => kind.into(),
        Error::Other(other) => TransportError::new(kind, other),
        error => TransportError::new(kind, error),
    }
}

fn kind(error: &Error) -> TransportErrorKind {
    match error {
        Error::Other(other) => {
            if let Some(ResolveError(cause)) = other.downcast_ref() {
                late_kind(cause).unwrap_or(TransportErrorKind::Dns)
            } else if let Some(ConnectError(cause)) = other.downcast_ref() {
                connect_kind(cause)
            } else if other.is::<BrokenError>() {
                TransportErrorKind::Interrupted
            } else {
                TransportErrorKind::Other
            }
        }
        Error::Timeout(_) => TransportErrorKind::Timeout,
        Error::Io(_) | Error::ConnectionFailed => TransportErrorKind::Interrupted,
        Error::BodyExceedsLimit(_) => TransportErrorKind::BodyTooLarge,
        _ => TransportErrorKind::Other,
    }
}

fn connect_kind(cause: &Error) -> TransportErrorKind {
    match cause {
        Error::Other(other) if other.is::<ResolveError>() => kind(cause),
        Error::Io(error) if error.get_ref().and_then(rustls_error).is_some() => TransportErrorKind::Tls,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => TransportErrorKind::Tls,
        cause => late_kind(cause).unwrap_or(TransportErrorKind::Connect),
    }
}

/// Which time ran out while connecting: the attempt's, or that for connecting, after which nothing was sent for sure.
fn late_kind(cause: &Error) -> Option<TransportErrorKind> {
    match cause {
        Error::Timeout(Timeout::Global) => Some(TransportErrorKind::Timeout),
        Error::Timeout(_) => Some(TransportErrorKind::Connect),
        _ => None,
    }
}

/// While the body was read: what is wrong with it came over a connection that cannot be trusted any more.
fn classify_body(error: Error) -> TransportError {
    match error {
        Error::BodyExceedsLimit(_) | Error::Timeout(_) => classify(error),
        error => TransportError::new(TransportErrorKind::Interrupted, error),
    }
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
