use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use stripe_identity_core::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait, http};

use crate::classify;
use crate::resolver::Resolver;
use crate::tls;

const MAX_HEAD_SIZE: usize = 64 * 1024;

type Connector = HttpsConnector<HttpConnector<Resolver>>;

/// Sends requests over hyper. Cheap to clone; clones share their connections.
///
/// | setting | value |
/// |---|---|
/// | time for an attempt | what the call says: 80 seconds unless changed |
/// | time for a TCP connection, within that | 30 seconds |
/// | largest response body | 16 MiB, see [`HyperTransportBuilder::max_body_size`] |
/// | idle connections are kept for | 90 seconds |
/// | redirects, proxies, compression | none |
///
/// A request that was handed to a kept connection which turns out to be closed, before any of it was written, goes out
/// again on a new connection. That is the only thing it repeats.
#[derive(Clone)]
pub struct HyperTransport {
    client: Client<Connector, Full<Bytes>>,
    max_body_size: usize,
}

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
        HyperTransportBuilder { tls: None, max_body_size: 16 * 1024 * 1024 }
    }
}

/// Settings for a [`HyperTransport`].
#[derive(Clone)]
pub struct HyperTransportBuilder {
    tls: Option<ClientConfig>,
    max_body_size: usize,
}

impl HyperTransportBuilder {
    /// A TLS configuration of your own, in place of what the crate's features say. Its ALPN protocols are set by the
    /// transport.
    pub fn tls_config(self, config: ClientConfig) -> Self {
        Self { tls: Some(config), ..self }
    }

    /// The largest response body that is taken, in bytes. Default: 16 MiB.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// The transport.
    ///
    /// # Errors
    /// [`Tls`](TransportErrorKind::Tls) if no TLS configuration was given and none can be made: the operating system was
    /// to give root certificates and has none, or the crate was compiled without cryptography or without roots.
    pub fn build(self) -> Result<HyperTransport, TransportError> {
        let mut tls = self.tls.map_or_else(tls::default_config, Ok)?;
        // The connector sets them, and panics if they are set already.
        tls.alpn_protocols.clear();

        let mut tcp = HttpConnector::new_with_resolver(Resolver::new());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_secs(30)));
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions().wrap_connector(tcp);

        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(90))
            // hyper reads until its buffer is full before it lets anything else run, timeouts included.
            .http1_max_buf_size(MAX_HEAD_SIZE)
            .build(connector);
        Ok(HyperTransport { client, max_body_size: self.max_body_size })
    }
}

impl HyperTransport {
    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let response = self.client.request(request.map(Full::new)).await.map_err(classify::request_error)?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, self.max_body_size).collect().await.map_err(classify::body_error)?;
        Ok(http::Response::from_parts(parts, body.to_bytes()))
    }
}

#[async_trait]
impl HttpTransport for HyperTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        match request.extensions().get::<AttemptTimeout>().copied() {
            Some(AttemptTimeout(timeout)) => tokio::time::timeout(timeout, self.exchange(request))
                .await
                .unwrap_or_else(|_| Err(TransportErrorKind::Timeout.into())),
            None => self.exchange(request).await,
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}

impl fmt::Debug for HyperTransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransportBuilder").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}
