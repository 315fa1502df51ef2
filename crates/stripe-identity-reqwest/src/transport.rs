use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use stripe_identity_core::{
    AttemptTimeout, HttpTransport, NoProxy, TransportError, TransportErrorKind, async_trait, http,
};
use tokio::time::{Instant, timeout_at};

use crate::connected::NotesConnections;
use crate::resolver::Resolver;
use crate::{classify, connected};

/// Sends requests over your own [`reqwest::Client`]. Cheap to clone; clones share the client.
///
/// The time for an attempt is what the call says (80 seconds unless changed); a shorter timeout of the client's own holds
/// too. The body of a success may have up to 16 MiB, and that of any other response is cut there: see
/// [`max_body_size`](Self::max_body_size). All else is as the client has it.
///
/// A server that floods the client with 1xx responses, or with zeros as the size of a chunk, can hold an attempt up for far
/// longer than its time in a runtime with a single worker thread: reqwest reads on for as long as there is something to read
/// and yields seldom, and its buffer is not ours to bound. The transport over hyper yields after every few reads.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    max_body_size: usize,
}

impl ReqwestTransport {
    /// A transport over a client that was made as [`client_builder`](Self::client_builder) says.
    ///
    /// What a client does cannot be read from it, and reqwest's defaults do not fit. A client that follows redirects sends
    /// what reqwest lets through to another host: a request that ended elsewhere counts as failed
    /// ([`Other`](TransportErrorKind::Other)), one that came back does not show. One that repeats requests does not show
    /// either. One that takes proxies from the environment sends what goes to this machine without TLS, key included,
    /// through the one in `HTTP_PROXY`. One that verifies no certificates hands the key to anyone.
    ///
    /// Any client has TLS, since a feature of this crate turns it on in reqwest for the whole program.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client, max_body_size: 16 * 1024 * 1024 }
    }

    /// A builder for a client as the transport needs it: it follows no redirects, repeats nothing by itself, sends no
    /// referer, decompresses nothing, reads folded header lines, keeps TCP from waiting for more to send, and takes at most
    /// 30 seconds to connect. Set what else you like; keep no cookies.
    ///
    /// If a host has several addresses, each gets an equal share of the time to connect, which IPv6 and IPv4 have each; the other
    /// kind is tried too after 300 milliseconds. With two addresses and the default, one that is silent takes 15 seconds. If the
    /// attempt has less, it fails as [`Timeout`](TransportErrorKind::Timeout), and the retry begins with the next address: see
    /// [`Resolver`]. A shorter [connect timeout](reqwest::ClientBuilder::connect_timeout) than that of the attempt leaves time
    /// for the next address within the attempt.
    ///
    /// Its proxy is that of `HTTPS_PROXY`, or else `ALL_PROXY`, for TLS to other machines and but for the hosts in `NO_PROXY`,
    /// which is read as [`NoProxy`] says. The proxy must answer `CONNECT` with status 200: any other status, 201 and 204 among
    /// them, is [`Connect`](TransportErrorKind::Connect), and nothing is sent. After 200 it must be silent until the client speaks:
    /// if more comes right behind the status, it is waited for in vain, which is [`Timeout`](TransportErrorKind::Timeout), or
    /// `Connect` if the time for connecting runs out first or the proxy closes. One that answers the handshake in plain text is
    /// [`Tls`](TransportErrorKind::Tls).
    ///
    /// Its connections are watched for a server that refuses the client in the handshake and shows it late, as TLS 1.3 has it:
    /// that is [`Tls`](TransportErrorKind::Tls) as far as reqwest hands on the reason, which it may lose if the server closes
    /// before it has read the request. Then, and with a client that was not made here, it is
    /// [`Interrupted`](TransportErrorKind::Interrupted), and tried again.
    ///
    /// Names are looked up by a [`Resolver`]: a runtime that shuts down waits for no lookup. A resolver of your own
    /// ([`reqwest::ClientBuilder::dns_resolver`]) replaces it, and
    /// [`resolve_to_addrs`](reqwest::ClientBuilder::resolve_to_addrs) does so for one host: then each retry begins with the same
    /// address.
    ///
    /// With the feature `rustls-no-provider` alone, [`build`](reqwest::ClientBuilder::build) panics unless the program has
    /// installed a default provider of cryptography, or the builder is given a TLS configuration: see the
    /// [features](crate#features).
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
            .connect_timeout(Duration::from_secs(30))
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .dns_resolver(Resolver::new())
            .connector_layer(NotesConnections)
            .no_proxy();
        match proxy() {
            Some(proxy) => builder.proxy(proxy),
            None => builder,
        }
    }

    /// The largest response body that is taken, in bytes. A success beyond it is
    /// [`BodyTooLarge`](TransportErrorKind::BodyTooLarge); the body of any other response is cut. Defaults to 16 MiB.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    /// Sends the request. The body of the response is still to be read.
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

/// Appends the body of a response to `body`, as far as it comes and fits.
async fn read(response: &mut reqwest::Response, body: &mut BytesMut, max_size: usize) -> Result<(), TransportError> {
    while let Some(chunk) = response.chunk().await.map_err(classify::error)? {
        let room = max_size - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Err(TransportErrorKind::BodyTooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// What comes of `work` until `end`, if there is one.
async fn in_time<T>(
    end: Option<Instant>,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    match end {
        Some(end) => timeout_at(end, work).await.unwrap_or_else(|_| Err(TransportErrorKind::Timeout.into())),
        None => work.await,
    }
}

/// What the environment says, for TLS to other machines. reqwest by itself would use a proxy for plain HTTP too.
fn proxy() -> Option<reqwest::Proxy> {
    // Set where others may write the environment.
    if std::env::var_os("REQUEST_METHOD").is_some() {
        return None;
    }
    let said = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let exceptions = ["NO_PROXY", "no_proxy"].into_iter().find_map(said).unwrap_or_default();
    let exceptions = NoProxy::parse(&format!("localhost,127.0.0.0/8,::1,{exceptions}"));
    let urls = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().filter_map(said);
    let mut of_http =
        urls.filter(|url| ["http", "https"].contains(&url.split_once("://").map_or("http", |(it, _)| it)));
    let proxy = of_http.find(|url| reqwest::Proxy::https(url).is_ok())?;
    // Not `Proxy::no_proxy`, which passes over wildcards and ports in silence.
    Some(reqwest::Proxy::custom(move |url| {
        let is_direct = url.scheme() != "https" || url.as_str().parse().is_ok_and(|uri| exceptions.matches(&uri));
        (!is_direct).then(|| proxy.clone())
    }))
}

#[async_trait]
impl HttpTransport for ReqwestTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let timeout = request.extensions().get::<AttemptTimeout>();
        // A time beyond what the clock can express is no limit.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout.0));
        let mut response = in_time(end, self.head(request)).await?;
        let mut body = BytesMut::new();
        let read = in_time(end, read(&mut response, &mut body, self.max_body_size)).await;
        if response.status().is_success() {
            read?;
        }
        // Of any other response, the status matters more than the rest of the body, which is left unread, and the connection
        // with it.
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug may show its proxies and default headers.
        f.debug_struct("ReqwestTransport").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}
