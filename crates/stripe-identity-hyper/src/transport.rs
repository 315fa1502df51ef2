use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use stripe_identity_core::{HttpTransport, TransportError, async_trait, http};

use crate::connector::Connector;
use crate::proxy::Proxy;
use crate::resolver::Resolver;
use crate::service::HyperService;
use crate::tcp::TcpConnector;
use crate::tls;
use crate::tower::{MAX_BODY_SIZE, TowerTransport};
use crate::watched::{Refusals, Watching};

const MAX_HEAD_SIZE: usize = 64 * 1024;

/// While a response is awaited in HTTP/2. Who does not answer one within 20 seconds is gone.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// Sends requests over hyper. Cheap to clone; clones share their connections.
///
/// | setting | default |
/// |---|---|
/// | time for an attempt | what the call says: 80 seconds unless changed |
/// | [time for a connection](HyperTransportBuilder::connect_timeout), within that | 30 seconds |
/// | [largest response body](HyperTransportBuilder::max_body_size) | 16 MiB |
/// | largest response head, in HTTP/1.1 | 64 KiB, give or take a read |
/// | [idle connections](HyperTransportBuilder::pool_max_idle) for each host | as many as there were requests at a time |
/// | they [are kept for](HyperTransportBuilder::pool_idle_timeout) | 90 seconds |
/// | [HTTP version](HyperTransportBuilder::http_version) | 2 where the server offers it over TLS, else 1.1 |
/// | [proxy](HyperTransportBuilder::proxy) | what the environment says |
/// | whom TLS trusts | what the crate's features say, and [what is added](HyperTransportBuilder::root_certificate) |
/// | `TCP_NODELAY` | on |
/// | redirects, compression, cookies | none |
///
/// A connection over which an answer did not come in time, or was not waited for, is not used again. Connections are looked
/// after by tasks of the runtime: in a current-thread runtime that runs during calls only, the end of an idle connection
/// goes unnoticed until a request fails over it. There, have [none kept](HyperTransportBuilder::pool_max_idle), or take the
/// blocking client.
///
/// A request that was handed to a kept connection which turns out to be closed, before any of it was written, goes out
/// again on a new connection. That is the only thing it repeats.
#[derive(Clone)]
pub struct HyperTransport(TowerTransport<HyperService>);

impl HyperTransport {
    /// A transport with the defaults.
    ///
    /// # Errors
    /// As [`HyperTransportBuilder::build`].
    pub fn new() -> Result<Self, TransportError> {
        Self::builder().build()
    }

    /// A transport with settings of your own.
    pub fn builder() -> HyperTransportBuilder {
        HyperTransportBuilder {
            tls: None,
            roots: Vec::new(),
            proxy: Proxy::from_env(),
            http_version: HttpVersion::default(),
            connect_timeout: Duration::from_secs(30),
            pool_max_idle: usize::MAX,
            pool_idle_timeout: Duration::from_secs(90),
            max_body_size: MAX_BODY_SIZE,
            addresses: HashMap::new(),
        }
    }
}

/// Which version of HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpVersion {
    /// Over TLS, HTTP/2 if the server offers it (ALPN), else HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, without TLS too. A server that does not speak it cannot be reached.
    Http2,
}

/// Settings for a [`HyperTransport`].
#[derive(Clone)]
pub struct HyperTransportBuilder {
    tls: Option<ClientConfig>,
    roots: Vec<Vec<u8>>,
    proxy: Proxy,
    http_version: HttpVersion,
    connect_timeout: Duration,
    pool_max_idle: usize,
    pool_idle_timeout: Duration,
    max_body_size: usize,
    addresses: HashMap<String, Vec<SocketAddr>>,
}

impl HyperTransportBuilder {
    /// A TLS configuration of your own, in place of what the crate's features say. Its ALPN protocols are set by the
    /// transport.
    pub fn tls_config(self, config: ClientConfig) -> Self {
        Self { tls: Some(config), ..self }
    }

    /// One more root certificate for TLS to trust, in DER form, such as that of a company's own authority. It does not go
    /// with a [TLS configuration](Self::tls_config) of your own, which says whom to trust by itself.
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.roots.push(der.into());
        self
    }

    /// The addresses of a host or a proxy, which is then not looked up. The port is that of the URL, unless that says none and
    /// the address does.
    pub fn resolve(mut self, host: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.addresses.insert(host.to_ascii_lowercase(), addresses.into_iter().collect());
        self
    }

    /// The proxy to go through. Default: what the environment says.
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self { proxy, ..self }
    }

    /// The version of HTTP to speak. Default: 2 where the server offers it over TLS, else 1.1.
    pub fn http_version(self, version: HttpVersion) -> Self {
        Self { http_version: version, ..self }
    }

    /// How long a connection may take to come about, without its TLS but with a proxy's. Default: 30 seconds. It cannot
    /// take longer than the attempt that needs it.
    ///
    /// The addresses of a host or a proxy are tried in turn, IPv6 and IPv4 by turns. If one is silent for half a second, the next
    /// is tried beside it; if one fails, the next is tried at once; the first that answers is used. If this time or that of the
    /// attempt is short, the addresses share it, and the next is tried sooner.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout, ..self }
    }

    /// How many idle connections are kept for each host. With 0, none is used twice. Default: as many as there are.
    pub fn pool_max_idle(self, connections: usize) -> Self {
        Self { pool_max_idle: connections, ..self }
    }

    /// How long an idle connection is kept. Default: 90 seconds.
    pub fn pool_idle_timeout(self, timeout: Duration) -> Self {
        Self { pool_idle_timeout: timeout, ..self }
    }

    /// The largest response body that is taken, in bytes. A success beyond it is
    /// [`BodyTooLarge`](stripe_identity_core::TransportErrorKind::BodyTooLarge); the body of any other response is cut.
    /// Defaults to 16 MiB.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// The transport.
    ///
    /// # Errors
    /// [`Tls`](stripe_identity_core::TransportErrorKind::Tls) if no TLS configuration was given and none can be made: an
    /// added root certificate is none, the operating system was to give root certificates and has none, or the crate was
    /// compiled without cryptography or without roots. The same if both a configuration and root certificates were given.
    pub fn build(self) -> Result<HyperTransport, TransportError> {
        let max_body_size = self.max_body_size;
        Ok(HyperTransport(TowerTransport::new(self.build_service()?).max_body_size(max_body_size)))
    }

    /// The service that the transport sends over, to stack layers on it. A [`TowerTransport`] over it has its own largest
    /// body.
    ///
    /// # Errors
    /// As for [`build`](Self::build).
    pub fn build_service(self) -> Result<HyperService, TransportError> {
        let mut tls = tls::config(self.tls, &self.roots)?;
        // The connectors set them, and panic if they are set already.
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
        let connector = match self.http_version {
            HttpVersion::Negotiated => over_tls.enable_all_versions().wrap_connector(connector),
            HttpVersion::Http1 => over_tls.enable_http1().wrap_connector(connector),
            HttpVersion::Http2 => over_tls.enable_http2().wrap_connector(connector),
        };
        // It is added to the time that it is now. What is beyond what the clock can say is for ever.
        let idle_timeout = Some(self.pool_idle_timeout).filter(|&it| Instant::now().checked_add(it).is_some());
        let refusals = Refusals::default();
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(self.pool_max_idle)
            .pool_idle_timeout(idle_timeout)
            .http2_only(self.http_version == HttpVersion::Http2)
            .http2_keep_alive_interval(PING_INTERVAL)
            // hyper reads until its buffer is full before it lets anything else run, timeouts included.
            .http1_max_buf_size(MAX_HEAD_SIZE)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build(Watching { connector, refusals: refusals.clone() });
        Ok(HyperService { client, refusals })
    }
}

#[async_trait]
impl HttpTransport for HyperTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.0.send(request).await
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HyperTransport").field(&self.0).finish()
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransportBuilder")
            .field("proxy", &self.proxy)
            .field("http_version", &self.http_version)
            .field("connect_timeout", &self.connect_timeout)
            .field("pool_max_idle", &self.pool_max_idle)
            .field("pool_idle_timeout", &self.pool_idle_timeout)
            .field("max_body_size", &self.max_body_size)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}
