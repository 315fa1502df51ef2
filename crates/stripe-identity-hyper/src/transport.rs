use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use stripe_identity_core::transport_support::{CONNECT_TIMEOUT, MAX_BODY_SIZE, POOL_IDLE_TIMEOUT};
use stripe_identity_core::{HttpTransport, TransportError, async_trait, http};

use crate::connector::Connector;
use crate::proxy::Proxy;
use crate::resolver::Resolver;
use crate::service::HyperService;
use crate::tcp::TcpConnector;
use crate::tls::{self, Roots};
use crate::tower::TowerTransport;
use crate::watched::{Refusals, Watching};

const MAX_HEAD_SIZE: usize = 64 * 1024;

/// How often a connection is pinged while it waits for a response in HTTP/2. A server that does not
/// respond to a ping within 20 s, hyper's default, is lost.
#[cfg(feature = "http2")]
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// An asynchronous transport over hyper, rustls and tokio.
///
/// Cloning is cheap, and clones share their connections.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::{Client, Config};
/// use stripe_identity_hyper::HyperTransport;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let transport = HyperTransport::builder().connect_timeout(Duration::from_secs(5)).build()?;
/// let client = Client::new(Config::new("sk_test_123")?, transport);
/// # Ok(())
/// # }
/// ```
///
/// # Settings
///
/// | setting | default |
/// |---|---|
/// | timeout of an attempt | set by the call; 80 s unless configured |
/// | [`connect_timeout`](HyperTransportBuilder::connect_timeout) | 30 s, within the attempt |
/// | [`max_body_size`](HyperTransportBuilder::max_body_size) | 16 MiB |
/// | [`pool_max_idle`](HyperTransportBuilder::pool_max_idle) | no limit |
/// | [`pool_idle_timeout`](HyperTransportBuilder::pool_idle_timeout) | 90 s |
/// | HTTP versions | HTTP/1.1; with the feature `http2`, HTTP/2 if the server offers it over TLS |
/// | [`proxy`](HyperTransportBuilder::proxy) | from the environment |
/// | trusted roots, to which [`root_certificate`](HyperTransportBuilder::root_certificate) adds | the crate's [features](crate#features) decide |
/// | [`tls_config`](HyperTransportBuilder::tls_config) | TLS 1.2 and 1.3 with these roots, no client certificate |
/// | [`resolve`](HyperTransportBuilder::resolve) | the system's lookup |
///
/// The head of a response in HTTP/1.1 may have about 64 KiB. `TCP_NODELAY` is set. The transport
/// follows no redirects, asks for no compression and stores no cookies.
///
/// # Connections
///
/// A connection is used again once its response is complete. If a response is late, or its future
/// is dropped, the connection is not used again.
///
/// Tasks of the runtime watch idle connections. If a current-thread runtime runs only during calls,
/// it does not notice that a server closes an idle connection, and the next request on that connection
/// fails. In such a program, set [`pool_max_idle`](HyperTransportBuilder::pool_max_idle) to 0 or use
/// the blocking client.
///
/// If the closure is noticed before any byte of a request is written, the request is sent over a new
/// connection. The transport repeats nothing else.
#[derive(Clone)]
pub struct HyperTransport(TowerTransport<HyperService>);

impl HyperTransport {
    /// Creates a transport with the default settings.
    ///
    /// # Errors
    ///
    /// As for [`HyperTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// Returns a builder with the default settings. It reads the proxy from the environment.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder {
            tls: None,
            roots: Roots { added: Vec::new(), with_default: true },
            proxy: Proxy::from_env(),
            #[cfg(feature = "http2")]
            http_version: HttpVersion::default(),
            connect_timeout: CONNECT_TIMEOUT,
            pool_max_idle: usize::MAX,
            pool_idle_timeout: POOL_IDLE_TIMEOUT,
            max_body_size: MAX_BODY_SIZE,
            addresses: HashMap::new(),
        }
    }
}

/// The HTTP versions that a [`HyperTransport`] speaks.
///
/// ```
/// use stripe_identity_hyper::{HttpVersion, HyperTransport};
///
/// let builder = HyperTransport::builder().http_version(HttpVersion::Http1);
/// ```
#[cfg(feature = "http2")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpVersion {
    /// HTTP/2 if the server offers it over TLS (ALPN), else HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, even without TLS. A server that does not speak it cannot be reached.
    Http2,
}

/// Builds a [`HyperTransport`].
///
/// ```
/// use stripe_identity_hyper::{HyperTransport, Proxy};
///
/// # fn example(certificate: Vec<u8>) -> Result<(), stripe_identity_core::TransportError> {
/// let transport = HyperTransport::builder()
///     .proxy(Proxy::none())
///     .root_certificate(certificate)
///     .pool_max_idle(4)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` or `build_service` is called"]
pub struct HyperTransportBuilder {
    tls: Option<ClientConfig>,
    roots: Roots,
    proxy: Proxy,
    #[cfg(feature = "http2")]
    http_version: HttpVersion,
    connect_timeout: Duration,
    pool_max_idle: usize,
    pool_idle_timeout: Duration,
    max_body_size: usize,
    addresses: HashMap<String, Vec<SocketAddr>>,
}

impl HyperTransportBuilder {
    /// Sets the TLS configuration, in place of the one that the crate's features describe. Its type
    /// is that of the re-exported [`rustls`](crate::rustls). The transport overwrites its ALPN
    /// protocols.
    ///
    /// The configuration may contain a client certificate or your own verifier of certificates.
    pub fn tls_config(self, config: ClientConfig) -> Self {
        Self { tls: Some(config), ..self }
    }

    /// Adds a root certificate in DER form, such as that of a company's certificate authority.
    ///
    /// It cannot be combined with [`tls_config`](Self::tls_config): `build` then fails.
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.added.push(der.into());
        self
    }

    /// Trusts only the root certificates that are [added](Self::root_certificate), and not those of
    /// the crate's features.
    ///
    /// It cannot be combined with [`tls_config`](Self::tls_config): `build` then fails.
    pub fn without_default_roots(mut self) -> Self {
        self.roots.with_default = false;
        self
    }

    /// Sets the addresses of a host or a proxy, which is then not looked up.
    ///
    /// The port is that of the URL. If the URL has none, it is that of the address, or the default
    /// of the scheme if that is 0. Without addresses, a request to the host fails as
    /// [`Connect`](stripe_identity_core::TransportErrorKind::Connect).
    pub fn resolve(mut self, host: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        self
    }

    /// Sets the proxy. Defaults to [`Proxy::from_env`], called when this builder is created.
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// Sets the HTTP versions to speak. Defaults to [`HttpVersion::Negotiated`].
    #[cfg(feature = "http2")]
    pub fn http_version(self, version: HttpVersion) -> Self {
        Self { http_version: version, ..self }
    }

    /// Sets how long making a connection may take. Defaults to 30 s.
    ///
    /// The time includes the name lookup and, through a proxy, the tunnel and any TLS handshake
    /// with the proxy. It does not include the TLS handshake with the host. The timeout of the
    /// attempt limits it too.
    ///
    /// The addresses of a host or proxy are tried in turn, with IPv6 and IPv4 alternating. The next
    /// address is tried as soon as one fails, and beside one that has been silent for half a
    /// second. The first that accepts is used. If the time is short, the addresses share it, and
    /// the next is tried sooner.
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
    /// A success with a larger body is
    /// [`BodyTooLarge`](stripe_identity_core::TransportErrorKind::BodyTooLarge). The body of any
    /// other response is cut.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// Builds the transport.
    ///
    /// # Errors
    ///
    /// [`Tls`](stripe_identity_core::TransportErrorKind::Tls) if
    ///
    /// - an added root certificate is malformed,
    /// - there are no root certificates to trust,
    /// - the crate was compiled without cryptography, and there is no [TLS
    ///   configuration](Self::tls_config),
    /// - there is a TLS configuration as well as settings of root certificates.
    pub fn build(self) -> Result<HyperTransport, TransportError> {
        let max_body_size = self.max_body_size;
        Ok(HyperTransport(TowerTransport::new(self.build_service()?).max_body_size(max_body_size)))
    }

    /// Builds the service that the transport sends over, for layers to wrap.
    ///
    /// [`max_body_size`](Self::max_body_size) has no effect on the service. Set
    /// [`TowerTransport::max_body_size`] of the transport over the stack instead.
    ///
    /// # Errors
    ///
    /// As for [`build`](Self::build).
    pub fn build_service(self) -> Result<HyperService, TransportError> {
        let mut tls = tls::config(self.tls, &self.roots)?;
        // The connectors set the protocols, and panic if there are any.
        tls.alpn_protocols.clear();

        let tcp = TcpConnector { resolver: Resolver::new(self.addresses), timeout: self.connect_timeout };
        let to_proxy = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_http1();
        let connector = Connector {
            to_proxy: to_proxy.wrap_connector(tcp.clone()),
            direct: tcp,
            proxy: self.proxy,
            timeout: self.connect_timeout,
        };
        let over_tls = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        #[cfg(not(feature = "http2"))]
        let connector = over_tls.enable_http1().wrap_connector(connector);
        #[cfg(feature = "http2")]
        let connector = match self.http_version {
            HttpVersion::Negotiated => over_tls.enable_all_versions().wrap_connector(connector),
            HttpVersion::Http1 => over_tls.enable_http1().wrap_connector(connector),
            HttpVersion::Http2 => over_tls.enable_http2().wrap_connector(connector),
        };
        // hyper adds it to the current time. Beyond the range of the clock, connections are kept
        // without limit.
        let idle_timeout = Some(self.pool_idle_timeout).filter(|&it| Instant::now().checked_add(it).is_some());
        let refusals = Refusals::default();
        let mut client = Client::builder(TokioExecutor::new());
        #[cfg(feature = "http2")]
        client.http2_only(self.http_version == HttpVersion::Http2).http2_keep_alive_interval(PING_INTERVAL);
        let client = client
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(self.pool_max_idle)
            .pool_idle_timeout(idle_timeout)
            // hyper fills its buffer before it lets other tasks run, timeouts included.
            .http1_max_buf_size(MAX_HEAD_SIZE)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build(Watching { connector, refusals: refusals.clone() });
        Ok(HyperService { client, refusals })
    }
}

#[async_trait]
impl HttpTransport for HyperTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.0.response(request).await
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HyperTransport").field(&self.0).finish()
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("HyperTransportBuilder");
        #[cfg(feature = "http2")]
        debug.field("http_version", &self.http_version);
        debug
            .field("proxy", &self.proxy)
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_max_idle", &self.pool_max_idle)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("max_body_size", &self.max_body_size)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
