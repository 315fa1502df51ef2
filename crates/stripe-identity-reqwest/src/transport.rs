use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use stripe_identity_core::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait, http};

use crate::classify;

/// Sends requests over your own [`reqwest::Client`]. Cheap to clone; clones share the client.
///
/// The time for an attempt is what the call says (80 seconds unless changed); a shorter timeout of the client's own holds
/// too. Response bodies may have up to 16 MiB, see [`max_body_size`](Self::max_body_size). All else is as the client has it:
/// so a server that floods it with answers for the time being (1xx) can hold an attempt up for longer than its time.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    max_body_size: usize,
}

impl ReqwestTransport {
    /// A transport over a client that was made as [`client_builder`](Self::client_builder) says.
    ///
    /// What a client does cannot be read from it, and reqwest's defaults are others. One that follows redirects goes on with
    /// what reqwest lets through to another host: a request that ended elsewhere counts as failed
    /// ([`Other`](TransportErrorKind::Other)), one that came back does not show. One that repeats requests does not show
    /// either. One that takes proxies from the environment sends what goes to this machine without TLS, key included,
    /// through the one in `HTTP_PROXY`.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client, max_body_size: 16 * 1024 * 1024 }
    }

    /// A builder for a client as the transport needs it: it follows no redirects, repeats nothing by itself, sends no
    /// referer, decompresses nothing, keeps TCP from waiting for more to send, and takes at most 30 seconds to connect. Its
    /// proxy is that of `HTTPS_PROXY`, or else `ALL_PROXY`, for TLS to other machines and but for the hosts in `NO_PROXY`.
    /// Set what else you like; keep no cookies.
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
            .no_proxy();
        match proxy() {
            Some(proxy) => builder.proxy(proxy),
            None => builder,
        }
    }

    /// The largest response body that is taken, in bytes. Default: 16 MiB.
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(classify::error)?;
        let asked = request.url().clone();
        let mut response = self.client.execute(request).await.map_err(classify::error)?;
        if *response.url() != asked {
            let reason = "the reqwest client followed a redirect: it must be built with redirect::Policy::none()";
            return Err(TransportError::new(TransportErrorKind::Other, reason));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(classify::error)? {
            if body.len() + chunk.len() > self.max_body_size {
                return Err(TransportErrorKind::BodyTooLarge.into());
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.version_mut() = response.version();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
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
    let exceptions = reqwest::NoProxy::from_string(&format!("localhost,127.0.0.0/8,::1,{exceptions}"));
    let urls = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().filter_map(said);
    let mut of_http =
        urls.filter(|url| ["http", "https"].contains(&url.split_once("://").map_or("http", |(it, _)| it)));
    of_http.find_map(|url| reqwest::Proxy::https(url).ok()).map(|proxy| proxy.no_proxy(exceptions))
}

#[async_trait]
impl HttpTransport for ReqwestTransport {
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

impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug may show its proxies and default headers.
        f.debug_struct("ReqwestTransport").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}
