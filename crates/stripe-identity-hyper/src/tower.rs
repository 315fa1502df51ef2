use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use stripe_identity_core::transport_support::{MAX_BODY_SIZE, append};
use stripe_identity_core::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait, http};
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use crate::classify;

/// The largest buffer that is allocated before the body has arrived. A page of 100 sessions fits.
const MAX_EXPECTED: usize = 256 * 1024;

/// The body of the requests that a [`TowerTransport`] hands to its service.
pub type RequestBody = Full<Bytes>;

/// An asynchronous transport over any tower service.
///
/// The service may be a stack of layers over a [`HyperService`](crate::HyperService), hyper's
/// client over your own connector, or an axum `Router` in the same process.
///
/// Each request goes to a clone of the service, once that is ready. The transport itself enforces
/// the [`AttemptTimeout`] and the [largest body](Self::max_body_size). It needs a tokio runtime
/// with its time driver enabled.
///
/// # Errors
///
/// The kind of an error depends on its chain of causes:
///
/// | the error or one of its causes is | kind |
/// |---|---|
/// | a [`TransportError`] | the kind of that |
/// | an error of hyper's client or connectors | as for [`HyperTransport`](crate::HyperTransport) |
/// | neither | [`Other`](TransportErrorKind::Other), which is not retried |
///
/// An `https` URL given to hyper's connector without TLS is [`Tls`](TransportErrorKind::Tls).
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use std::future::{Ready, ready};
/// use std::task::{Context, Poll};
///
/// use stripe_identity_core::http::{Request, Response};
/// use stripe_identity_core::{Client, Config};
/// use stripe_identity_hyper::{RequestBody, TowerTransport};
/// use tower_service::Service;
///
/// /// Responds to every request with the same session.
/// #[derive(Clone)]
/// struct Stripe;
///
/// impl Service<Request<RequestBody>> for Stripe {
///     type Response = Response<String>;
///     type Error = Infallible;
///     type Future = Ready<Result<Response<String>, Infallible>>;
///
///     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
///         Poll::Ready(Ok(()))
///     }
///
///     fn call(&mut self, _: Request<RequestBody>) -> Self::Future {
///         ready(Ok(Response::new(r#"{"id": "vs_123"}"#.to_owned())))
///     }
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// # runtime.block_on(async {
/// let client = Client::new(Config::new("sk_test_123")?, TowerTransport::new(Stripe));
/// assert_eq!(client.verification_sessions().retrieve("vs_123").await?.id, "vs_123");
/// # Ok::<(), stripe_identity_core::Error>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TowerTransport<S> {
    /// A service need not be `Sync`. The lock is held only while it is cloned.
    service: Mutex<S>,
    max_body_size: usize,
}

impl<S> TowerTransport<S> {
    /// Creates a transport over a service. Response bodies may have up to 16 MiB.
    pub fn new(service: S) -> Self {
        Self { service: Mutex::new(service), max_body_size: MAX_BODY_SIZE }
    }

    /// Sets the largest response body, in bytes. Defaults to 16 MiB.
    ///
    /// A success with a larger body is [`BodyTooLarge`](TransportErrorKind::BodyTooLarge). The body
    /// of any other response is cut.
    #[must_use]
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes, ..self }
    }
}

impl<S, B> TowerTransport<S>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>> + Clone,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    /// Sends the request and returns the response, whose body is still to be read.
    async fn head(&self, request: http::Request<Bytes>) -> Result<http::Response<B>, TransportError> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        poll_fn(|context| service.poll_ready(context)).await.map_err(|error| classify::service_error(error.into()))?;
        let response = service.call(request.map(Full::new)).await;
        response.map_err(|error| classify::service_error(error.into()))
    }

    /// Sends the request and returns the response with its body.
    pub(crate) async fn response(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let timeout = request.extensions().get::<AttemptTimeout>();
        // A timeout beyond the range of the clock is no limit.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout.0));
        let (parts, body) = until(end, self.head(request)).await?.into_parts();
        let mut bytes = BytesMut::with_capacity(expected_size(&body).min(self.max_body_size));
        // If the body is dropped before its end has arrived, its connection is not used again.
        let read = until(end, read(body, &mut bytes, self.max_body_size)).await;
        if parts.status.is_success() {
            read?;
        }
        // Of any other response, the status matters more than a complete body.
        Ok(http::Response::from_parts(parts, bytes.freeze()))
    }
}

/// Returns the size that a response announces, up to a bound: an announcement is no proof.
fn expected_size(body: &impl Body) -> usize {
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX).min(MAX_EXPECTED)
}

/// Appends a body to `bytes`, until it ends, fails or exceeds `max_size`.
async fn read<B>(body: B, bytes: &mut BytesMut, max_size: usize) -> Result<(), TransportError>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        // A frame without data has trailers.
        if let Ok(data) = frame.map_err(|error| classify::body_error(error.into()))?.into_data() {
            append(bytes, data, max_size)?;
        }
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
impl<S, B> HttpTransport for TowerTransport<S>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>> + Clone + Send,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send,
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.response(request).await
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Duration {
        now()
    }
}

impl<S: Clone> Clone for TowerTransport<S> {
    fn clone(&self) -> Self {
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { service: Mutex::new(service), max_body_size: self.max_body_size }
    }
}

impl<S> fmt::Debug for TowerTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerTransport").field("max_body_size", &self.max_body_size).finish_non_exhaustive()
    }
}
