use std::error::Error as StdError;
use std::fmt;
use std::io::Read as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use stripe_identity_core::transport_support::{CONNECT_TIMEOUT, MAX_BODY_SIZE, POOL_IDLE_TIMEOUT, causes};
use stripe_identity_core::{AttemptTimeout, BlockingHttpTransport, TransportError, TransportErrorKind, http};
use ureq::tls::Certificate;
use ureq::{Agent, Error, Timeout};

use crate::connector;
use crate::phase::{BrokenError, ConnectError, ResolveError};
use crate::proxy::Proxy;
use crate::resolver::{Addresses, PhaseMarkingResolver};
use crate::tls::{self, Roots};

/// A blocking transport over ureq and rustls.
///
/// Cloning is cheap, and clones share their connections.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::{BlockingClient, Config};
/// use stripe_identity_ureq::UreqTransport;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = UreqTransport::builder().connect_timeout(Duration::from_secs(5)).build()?;
/// let client = BlockingClient::new(Config::new("sk_test_123")?, transport);
/// # Ok(())
/// # }
/// ```
///
/// # Settings
///
/// | setting | default |
/// |---|---|
/// | timeout of an attempt | set by the call; 80 s unless configured |
/// | [`connect_timeout`](UreqTransportBuilder::connect_timeout) | 30 s, within the attempt |
/// | [`max_body_size`](UreqTransportBuilder::max_body_size) | 16 MiB |
/// | [`pool_max_idle`](UreqTransportBuilder::pool_max_idle) | no limit |
/// | [`pool_idle_timeout`](UreqTransportBuilder::pool_idle_timeout) | 90 s |
/// | [`proxy`](UreqTransportBuilder::proxy) | from the environment |
/// | trusted roots, to which [`root_certificate`](UreqTransportBuilder::root_certificate) adds | the crate's [features](crate#features) decide |
/// | [`resolve`](UreqTransportBuilder::resolve) | the system's lookup |
///
/// `TCP_NODELAY` is set. The transport follows no redirects, asks for no compression and stores no
/// cookies, unless another crate enables [features of ureq](crate#features-of-ureq). Folded lines
/// of response headers are joined.
///
/// # Early responses
///
/// If a server responds before it has read the whole request, and reads the rest slowly or not at
/// all, the rest is not sent. The response is returned, and the connection is not used again.
#[derive(Clone)]
pub struct UreqTransport {
    agent: Agent,
    proxy: Proxy,
    max_body_size: usize,
}

impl UreqTransport {
    /// Creates a transport with the default settings.
    ///
    /// # Errors
    ///
    /// As for [`UreqTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// Returns a builder with the default settings. It reads the proxy from the environment.
    pub fn builder() -> UreqTransportBuilder {
        UreqTransportBuilder {
            roots: Roots { added: Vec::new(), with_default: true },
            proxy: Proxy::from_env(),
            connect_timeout: CONNECT_TIMEOUT,
            pool_max_idle: usize::MAX,
            pool_idle_timeout: POOL_IDLE_TIMEOUT,
            max_body_size: MAX_BODY_SIZE,
            addresses: Addresses::new(),
        }
    }
}

/// Builds a [`UreqTransport`].
///
/// ```
/// use stripe_identity_ureq::{Proxy, UreqTransport};
///
/// # fn example(certificate: Vec<u8>) -> Result<(), stripe_identity_core::TransportError> {
/// let transport = UreqTransport::builder()
///     .proxy(Proxy::none())
///     .root_certificate(certificate)
///     .pool_max_idle(4)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct UreqTransportBuilder {
    roots: Roots,
    proxy: Proxy,
    connect_timeout: Duration,
    pool_max_idle: usize,
    pool_idle_timeout: Duration,
    max_body_size: usize,
    addresses: Addresses,
}

impl UreqTransportBuilder {
    /// Adds a root certificate in DER form, such as that of a company's certificate authority.
    ///
    /// ureq ignores a malformed one. A handshake that depends on it then fails as
    /// [`Tls`](TransportErrorKind::Tls).
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.added.push(Certificate::from_der(&der.into()).to_owned());
        self
    }

    /// Trusts only the root certificates that are [added](Self::root_certificate), and not those of
    /// the crate's features.
    pub fn without_default_roots(mut self) -> Self {
        self.roots.with_default = false;
        self
    }

    /// Sets the addresses of a host or a proxy, which is then not looked up. Only the first 16 are
    /// used.
    ///
    /// The port is that of the URL. If the URL has none, it is that of the address, or the default
    /// of the scheme if that is 0. Without addresses, a request to the host fails as
    /// [`Dns`](TransportErrorKind::Dns).
    pub fn resolve(mut self, host: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        self
    }

    /// Sets the proxy. Defaults to [`Proxy::from_env`], called when this builder is created.
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// Sets how long making a connection may take. Defaults to 30 s.
    ///
    /// The time includes the name lookup, the tunnel through a proxy and the TLS handshake. The
    /// timeout of the attempt limits it too.
    ///
    /// All addresses of a host share the time. In a first round, each is tried for at most half a
    /// second, and in further rounds for longer. So an address that is silent does not use up the
    /// time of the others.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// Sets how many idle connections are kept for each host. With 0, no connection is used twice.
    /// Defaults to no limit: as many are kept as there were concurrent requests.
    pub fn pool_max_idle(self, connections: usize) -> Self {
        Self { pool_max_idle: connections, ..self }
    }

    /// Sets how long an idle connection is kept. Defaults to 90 s.
    pub fn pool_idle_timeout(self, timeout: Duration) -> Self {
        Self { pool_idle_timeout: timeout, ..self }
    }

    /// Sets the largest response body, in bytes. Defaults to 16 MiB.
    ///
    /// A success with a larger body is [`BodyTooLarge`](TransportErrorKind::BodyTooLarge). The body
    /// of any other response is cut.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// [`Tls`](TransportErrorKind::Tls) if there are no root certificates to trust, or the crate
    /// was compiled without cryptography.
    pub fn build(self) -> Result<UreqTransport, TransportError> {
        let connect_timeout = Some(self.connect_timeout).filter(can_be_added);
        let config = Agent::config_builder()
            .tls_config(tls::config(self.roots)?)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(connect_timeout)
            // ureq would ask for compressed responses with features that other crates may enable.
            .accept_encoding("")
            .max_idle_connections(usize::MAX)
            .max_idle_connections_per_host(self.pool_max_idle)
            .max_idle_age(self.pool_idle_timeout)
            .build();
        Ok(UreqTransport {
            agent: connector::agent(config, PhaseMarkingResolver::new(self.addresses)),
            proxy: self.proxy,
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
        let proxy = self.proxy.for_uri(request.uri());
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
            // One byte more, so that a body of exactly that size is read to its end and its
            // connection can be used again.
            let mut reader = body.into_reader().take((limit as u64).saturating_add(1));
            // The status matters more than a complete body. If the body did not end, its connection
            // is not used again.
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

/// Returns whether ureq can add a timeout to the current time. It panics beyond the range of the
/// clock. Such a timeout is treated as none.
fn can_be_added(timeout: &Duration) -> bool {
    Instant::now().checked_add(*timeout).is_some()
}

fn classify(error: Error) -> TransportError {
    let kind = kind(&error);
    match error {
        // They quote the URL, whose query may contain personal data.
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => kind.into(),
        Error::Other(other) => TransportError::new(kind, other),
        error => TransportError::new(kind, error),
    }
}

fn kind(error: &Error) -> TransportErrorKind {
    match error {
        Error::Other(other) => {
            if let Some(ResolveError(cause)) = other.downcast_ref() {
                timeout_kind(cause).unwrap_or(TransportErrorKind::Dns)
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
        Error::Io(error) if causes(error).any(<dyn StdError>::is::<rustls::Error>) => TransportErrorKind::Tls,
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => TransportErrorKind::Tls,
        cause => timeout_kind(cause).unwrap_or(TransportErrorKind::Connect),
    }
}

/// Classifies a timeout while connecting. If that of the attempt ran out it is `Timeout`, else
/// `Connect`, which says that nothing was sent.
fn timeout_kind(cause: &Error) -> Option<TransportErrorKind> {
    match cause {
        Error::Timeout(Timeout::Global) => Some(TransportErrorKind::Timeout),
        Error::Timeout(_) => Some(TransportErrorKind::Connect),
        _ => None,
    }
}

/// Classifies a failure while the body of the response was read.
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
        f.debug_struct("UreqTransportBuilder")
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_max_idle", &self.pool_max_idle)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("max_body_size", &self.max_body_size)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
