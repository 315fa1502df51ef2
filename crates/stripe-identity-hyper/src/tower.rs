use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use stripe_identity_core::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait, http};
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use crate::classify;

pub(crate) const MAX_BODY_SIZE: usize = 16 * 1024 * 1024;

/// The body of the requests that a service under a [`TowerTransport`] gets.
pub type RequestBody = Full<Bytes>;

/// Sends requests over any tower service: a stack of layers over a
/// [`HyperService`](crate::HyperService), hyper's client over a connector of your own, an axum `Router` in the same process.
///
/// The service is cloned for each request, and asked whether it is ready. The transport keeps to the time that the call
/// says and to the largest body; it needs a tokio runtime with its time driver on.
///
/// An error of the service counts as [`Other`](TransportErrorKind::Other), which is not tried again, unless there is
/// among its causes a [`TransportError`], which says what it counts as, or an error of hyper's. An `https` URL at hyper's
/// connector without TLS is [`Tls`](TransportErrorKind::Tls).
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
/// /// Knows one session.
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
    /// Services need not be `Sync`; it is locked only to be cloned.
    service: Mutex<S>,
    max_body_size: usize,
}

impl<S> TowerTransport<S> {
    /// A transport over a service, for response bodies of up to 16 MiB.
    pub fn new(service: S) -> Self {
        Self { service: Mutex::new(service), max_body_size: MAX_BODY_SIZE }
    }

    /// The largest response body that is taken, in bytes. A success beyond it is
    /// [`BodyTooLarge`](TransportErrorKind::BodyTooLarge); the body of any other response is cut. Defaults to 16 MiB.
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
    /// Sends the request. The rest of the response is still to be read.
    async fn head(&self, request: http::Request<Bytes>) -> Result<http::Response<B>, TransportError> {
        let mut service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        poll_fn(|context| service.poll_ready(context)).await.map_err(|error| classify::service_error(error.into()))?;
        let response = service.call(request.map(Full::new)).await;
        response.map_err(|error| classify::service_error(error.into()))
    }
}

/// Appends a body to `bytes`, as far as it comes and fits. Copied together, since frames that are kept as they came may
/// each hold on to far more than they show.
async fn read<B>(body: B, bytes: &mut BytesMut, max_size: usize) -> Result<(), TransportError>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        // What is no data is a trailer.
        let Ok(mut data) = frame.map_err(|error| classify::body_error(error.into()))?.into_data() else { continue };
        let room = max_size - bytes.len();
        if data.remaining() > room {
            bytes.put(data.copy_to_bytes(room));
            return Err(TransportErrorKind::BodyTooLarge.into());
        }
        bytes.put(data);
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
        let timeout = request.extensions().get::<AttemptTimeout>();
        // A time beyond what the clock can express is no limit.
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout.0));
        let (parts, body) = in_time(end, self.head(request)).await?.into_parts();
        let mut bytes = BytesMut::new();
        // Dropped before its end, the body keeps others from its connection.
        let read = in_time(end, read(body, &mut bytes, self.max_body_size)).await;
        if parts.status.is_success() {
            read?;
        }
        // Of any other response, the status matters more than the rest of the body.
        Ok(http::Response::from_parts(parts, bytes.freeze()))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
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
