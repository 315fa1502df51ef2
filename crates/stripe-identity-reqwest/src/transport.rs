use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::redirect::Policy;
use stripe_identity_core::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait, http};

use crate::classify;

/// Sends requests over your own [`reqwest::Client`]. Cheap to clone; clones share the client.
///
/// The time for an attempt is what the call says (80 seconds unless changed); a shorter timeout of the client's own holds
/// too. Response bodies may have up to 16 MiB, see [`max_body_size`](Self::max_body_size). All else is as the client has it.
#[derive(Clone)]
pub struct ReqwestTransport {
    client: reqwest::Client,
    max_body_size: usize,
}

impl ReqwestTransport {
    /// A transport over a client that was made as [`client_builder`](Self::client_builder) says.
    ///
    /// What a client does cannot be read from it. If this one follows redirects, a request that was redirected counts as
    /// failed ([`Other`](TransportErrorKind::Other)), though it went on with what reqwest lets through to another host; if
    /// it repeats requests, the transport does not hear of it.
    pub fn new(client: reqwest::Client) -> Self {
        Self { client, max_body_size: 16 * 1024 * 1024 }
    }

    /// A builder for a client as the transport needs it: it follows no redirects, repeats nothing by itself, sends no
    /// referer, keeps TCP from waiting for more to send, and takes at most 30 seconds to connect. Set what else you like.
    ///
    /// Turn decompression off too, if the features of your reqwest turn it on, and keep no cookies.
    pub fn client_builder() -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_secs(30))
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
