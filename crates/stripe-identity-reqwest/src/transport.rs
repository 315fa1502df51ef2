use std::fmt;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use stripe_identity_core::transport_support::{
    CONNECT_TIMEOUT, MAX_BODY_SIZE, POOL_IDLE_TIMEOUT, append, is_direct, is_proxy_url, proxies_from_env,
};
use stripe_identity_core::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait, http};
use tokio::time::{Instant, timeout_at};

use crate::connected::NoteConnections;
use crate::resolver::Resolver;
use crate::{classify, connected};

/// An asynchronous transport over your [`reqwest::Client`].
///
/// Cloning is cheap, and clones share the client.
///
/// ```
/// use stripe_identity_core::{Client, Config};
/// use stripe_identity_reqwest::ReqwestTransport;
///
/// # #[cfg(feature = "rustls")]
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let http = ReqwestTransport::client_builder().pool_max_idle_per_host(4).build()?;
/// let client = Client::new(Config::new("sk_test_123")?, ReqwestTransport::new(http));
/// # Ok(())
/// # }
/// ```
///
/// # Settings
///
/// The timeout of an attempt is set by the call (80 s unless configured). A shorter timeout of the
/// client applies too. The transport limits the body of a response: see
/// [`max_body_size`](Self::max_body_size). Everything else is a setting of the client, under
/// reqwest's name.
///
/// # Limitations
///
/// A server that floods the client with 1xx responses, or with zeros as the size of a chunk, can
/// hold an attempt up for far longer than its timeout in a runtime with a single worker thread.
/// reqwest keeps reading while there is input and seldom yields, and its buffer cannot be bounded
/// from here. The transport over hyper yields after every few reads.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    max_body_size: usize,
}

impl ReqwestTransport {
    /// Creates a transport over a client of [`client_builder`](Self::client_builder).
    ///
    /// The settings of a client cannot be inspected, and reqwest's defaults do not fit. With
    /// another client, be aware of the following:
    ///
    /// - A client that follows redirects sends to another host what reqwest allows. A request that
    ///   ended at another URL fails as [`Other`](TransportErrorKind::Other). One that was
    ///   redirected back to its URL goes unnoticed.
    /// - Requests that a client repeats go unnoticed.
    /// - A client that takes its proxy from the environment sends plain HTTP to this machine,
    ///   including the API key, through the proxy in `HTTP_PROXY`.
    /// - A client that does not verify certificates gives the API key to anyone.
    ///
    /// Every client has TLS, since a feature of this crate enables it in reqwest for the whole
    /// program.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client, max_body_size: MAX_BODY_SIZE }
    }

    /// Returns a builder for a client that suits the transport.
    ///
    /// The client follows no redirects, repeats nothing, sends no `Referer`, decompresses nothing,
    /// accepts folded header lines, sets `TCP_NODELAY`, takes at most 30 s to connect and keeps
    /// idle connections for 90 s. You may change any other setting, but enable no cookies.
    ///
    /// # Proxy
    ///
    /// The proxy is that of `HTTPS_PROXY`, or else of `ALL_PROXY`, except for the hosts in
    /// [`NO_PROXY`](stripe_identity_core::NoProxy). Only TLS to other machines goes through it. The
    /// proxy of the environment takes precedence over your own [`proxy`](reqwest::ClientBuilder::proxy). To remove
    /// it, call [`no_proxy`](reqwest::ClientBuilder::no_proxy) before `proxy`.
    ///
    /// The proxy must respond to `CONNECT` with status 200, and then send nothing until the client
    /// does.
    ///
    /// | if the proxy | the error is |
    /// |---|---|
    /// | responds with another status, even 201 or 204 | [`Connect`](TransportErrorKind::Connect), and nothing is sent |
    /// | sends more right behind status 200 | [`Timeout`](TransportErrorKind::Timeout), since the tunnel never counts as open |
    /// | does so and closes, or the time for connecting ends first | [`Connect`](TransportErrorKind::Connect) |
    /// | responds to the TLS handshake in plain text | [`Tls`](TransportErrorKind::Tls) |
    ///
    /// # Addresses
    ///
    /// IPv6 and IPv4 each have the time for connecting, and the second of them is tried too after
    /// 300 ms. Within a family, each address has an equal share. With two addresses and the default
    /// of 30 s, a silent one takes 15 s.
    ///
    /// If the timeout of the attempt ends first, the attempt fails as
    /// [`Timeout`](TransportErrorKind::Timeout), and the retry begins with the next address: see
    /// [`Resolver`]. With a [connect timeout](reqwest::ClientBuilder::connect_timeout) below the
    /// timeout of the attempt, the next address is tried within the attempt.
    ///
    /// A runtime that shuts down does not wait for a lookup of the [`Resolver`]. You can
    /// [replace](reqwest::ClientBuilder::dns_resolver) it, or [set the
    /// addresses](reqwest::ClientBuilder::resolve_to_addrs) of one host, where each retry then
    /// begins with the same address.
    ///
    /// # TLS
    ///
    /// Under TLS 1.3, a server may refuse the handshake after the client has completed it. That is
    /// [`Tls`](TransportErrorKind::Tls) if reqwest reports the reason, which it may lose if the
    /// server closes the connection before it has read the request. Then, and with a client of
    /// another builder, it is [`Interrupted`](TransportErrorKind::Interrupted), and is retried.
    ///
    /// # Panics
    ///
    /// With only the feature `rustls-no-provider`, [`build`](reqwest::ClientBuilder::build) panics
    /// unless the program has installed a default provider of cryptography, or the builder has a
    /// TLS configuration: see the [features](crate#features).
    pub fn client_builder() -> reqwest::ClientBuilder {
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .dns_resolver(Resolver::new())
            .connector_layer(NoteConnections)
            .no_proxy();
        match proxy_from_env() {
            Some(proxy) => builder.proxy(proxy),
            None => builder,
        }
    }

    /// Sets the largest response body, in bytes. Defaults to 16 MiB.
    ///
    /// A success with a larger body is [`BodyTooLarge`](TransportErrorKind::BodyTooLarge). The body
    /// of any other response is cut.
    #[must_use]
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// Sends the request and returns the response, whose body is still to be read.
    async fn head(&self, request: http::Request<Bytes>) -> Result<reqwest::Response, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(classify::error)?;
        let asked = request.url().clone();
        let (response, has_connected) = connected::watch(self.client.execute(request)).await;
        let response = response.map_err(|error| classify::request_error(error, has_connected))?;
        if *response.url() != asked {
            let reason = "the reqwest client followed a redirect: it must be built with redirect::Policy::none()";
            return Err(TransportError::new(TransportErrorKind::Other, reason));
        }
        Ok(response)
    }
}

/// Appends the body of a response to `body`, until it ends, fails or exceeds `max_size`.
async fn read(response: &mut reqwest::Response, body: &mut BytesMut, max_size: usize) -> Result<(), TransportError> {
    while let Some(chunk) = response.chunk().await.map_err(classify::error)? {
        append(body, chunk, max_size)?;
    }
    Ok(())
}

/// Runs `work` until `end`, if there is one.
async fn until<T>(
    end: Option<Instant>,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    match end {
        Some(end) => timeout_at(end, work).await.unwrap_or_else(|_| Err(TransportErrorKind::Timeout.into())),
        None => work.await,
    }
}

/// Returns the proxy of the environment, for TLS to other machines only. That of reqwest itself
/// would also apply to plain HTTP.
fn proxy_from_env() -> Option<reqwest::Proxy> {
    let (urls, no_proxy) = proxies_from_env(|name| std::env::var_os(name));
    // Another feature of reqwest would accept SOCKS.
    let is_http = |url: &&String| ["http", "https"].contains(&url.split_once("://").map_or("http", |(it, _)| it));
    let is_valid = |url: &&String| is_proxy_url(url) && reqwest::Proxy::https(*url).is_ok();
    let proxy = urls.iter().filter(is_http).find(is_valid)?.clone();
    // Not `Proxy::no_proxy`, which ignores wildcards and ports.
    Some(reqwest::Proxy::custom(move |url| {
        let is_direct = url.as_str().parse().map_or(url.scheme() != "https", |uri| is_direct(&uri, &no_proxy));
        (!is_direct).then(|| proxy.clone())
    }))
}

/// Returns the time since a fixed moment by tokio's clock, which also ends the waits and timeouts
/// here: a test may have paused it.
fn now() -> Duration {
    /// Long before any runtime whose clock may be paused was created.
    static EPOCH: LazyLock<std::time::Instant> = LazyLock::new(|| {
        let now = std::time::Instant::now();
        now.checked_sub(Duration::from_secs(365 * 24 * 3600)).unwrap_or(now)
    });
    Instant::now().into_std().saturating_duration_since(*EPOCH)
}

#[async_trait]
impl HttpTransport for ReqwestTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let timeout = request.extensions().get::<AttemptTimeout>();
        // A timeout beyond the range of the clock is no limit.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout.0));
        let mut response = until(end, self.head(request)).await?;
        let mut body = BytesMut::new();
        let read = until(end, read(&mut response, &mut body, self.max_body_size)).await;
        if response.status().is_success() {
            read?;
        }
        // Of any other response, the status matters more than a complete body. The rest is left
        // unread, and its connection is not used again.
        let mut received = http::Response::new(body.freeze());
        *received.status_mut() = response.status();
        *received.version_mut() = response.version();
        *received.headers_mut() = std::mem::take(response.headers_mut());
        Ok(received)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Duration {
        now()
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The `Debug` of the client may show its proxies and default headers.
        f.debug_struct("ReqwestTransport").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}
