use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

/// What an asynchronous client sends its requests with: an HTTP client and a clock.
///
/// An implementation sends what it is given and hands back what it got. It does not retry, follow redirects, decode
/// bodies or judge status codes: any status is `Ok`. It keeps to the [`AttemptTimeout`] in the request's extensions, over
/// connecting, headers and body together. It keeps connections and uses them again, for requests at the same time too. When
/// the future is dropped, it stops.
///
/// It may limit the size of a body. Beyond the limit, a success (status 2xx) is
/// [`BodyTooLarge`](TransportErrorKind::BodyTooLarge). Of any other response, status and headers matter more than the body:
/// it is `Ok`, with the body cut at the limit and the rest left unread.
///
/// The same goes for a body that breaks off or does not end in time. A success with such a body is
/// [`Interrupted`](TransportErrorKind::Interrupted) or [`Timeout`](TransportErrorKind::Timeout). Any other response is `Ok` once
/// its head is there, with as much of its body as came, and its connection is not used again.
///
/// An `https` request leaves over TLS or not at all. Without TLS it fails as [`Tls`](TransportErrorKind::Tls), which is
/// final, whether or not a proxy would take it.
///
/// The request carries the API key in its `Authorization` header and may carry personal data in its query and body, so
/// an implementation logs none of the three.
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::{HttpTransport, TransportError, async_trait};
/// use stripe_identity_core::bytes::Bytes;
/// use stripe_identity_core::http;
///
/// /// Answers every request with a 404.
/// #[derive(Debug)]
/// struct Nowhere;
///
/// #[async_trait]
/// impl HttpTransport for Nowhere {
///     async fn send(&self, _request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
///         let mut response = http::Response::new(Bytes::new());
///         *response.status_mut() = http::StatusCode::NOT_FOUND;
///         Ok(response)
///     }
///
///     async fn sleep(&self, _duration: Duration) {}
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an asynchronous transport",
    label = "this type does not implement `HttpTransport`",
    note = "a `Client` takes `HyperTransport`, `ReqwestTransport`, `TowerTransport` or a type of yours that implements the trait",
    note = "a transport that blocks goes with `BlockingClient`"
)]
pub trait HttpTransport: fmt::Debug + Send + Sync {
    /// Sends one request and reads the whole response.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;

    /// Waits, between two attempts of a call.
    async fn sleep(&self, duration: Duration);
}

/// What a blocking client sends its requests with. The same contract as [`HttpTransport`], without async.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a blocking transport",
    label = "this type does not implement `BlockingHttpTransport`",
    note = "a `BlockingClient` takes `UreqTransport` or a type of yours that implements the trait",
    note = "an asynchronous transport goes with `Client`"
)]
pub trait BlockingHttpTransport: fmt::Debug + Send + Sync {
    /// Sends one request and reads the whole response.
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;

    /// Waits, between two attempts of a call.
    fn sleep(&self, duration: Duration);
}

macro_rules! through_pointers {
    ($($pointer:ident)+) => { $(
        #[async_trait]
        impl<T: HttpTransport + ?Sized> HttpTransport for $pointer<T> {
            async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
                (**self).send(request).await
            }

            async fn sleep(&self, duration: Duration) {
                (**self).sleep(duration).await;
            }
        }

        impl<T: BlockingHttpTransport + ?Sized> BlockingHttpTransport for $pointer<T> {
            fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
                (**self).send(request)
            }

            fn sleep(&self, duration: Duration) {
                (**self).sleep(duration);
            }
        }
    )+ };
}
through_pointers! { Arc Box }

/// How long one attempt may take, from connecting to the last byte of the body. Found in a request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptTimeout(pub Duration);

/// Why a transport got no response.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error with what caused it.
    ///
    /// The cause is shown to whoever logs the error, so it must not quote headers, query or bodies.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// What went wrong.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether the request may have reached the server, and so may have taken effect.
    pub fn was_sent(&self) -> bool {
        match self.kind {
            TransportErrorKind::Dns | TransportErrorKind::Connect | TransportErrorKind::Tls => false,
            TransportErrorKind::Timeout
            | TransportErrorKind::Interrupted
            | TransportErrorKind::BodyTooLarge
            | TransportErrorKind::Other => true,
        }
    }
}

impl From<TransportErrorKind> for TransportError {
    fn from(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Dns => "the host name could not be resolved",
            TransportErrorKind::Connect => "no connection could be made",
            TransportErrorKind::Tls => "the TLS handshake failed",
            TransportErrorKind::Timeout => "the attempt took too long",
            TransportErrorKind::Interrupted => "the connection broke before the response was complete",
            TransportErrorKind::BodyTooLarge => "the response body is larger than the transport's limit",
            TransportErrorKind::Other => "the transport failed",
        })
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// What went wrong in a transport, and what that means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host's name has no address. The request was not sent; it is tried again.
    Dns,
    /// There is no connection to the host. The request was not sent; it is tried again.
    Connect,
    /// The TLS handshake failed, mostly over a certificate, or there is no TLS at all. The request did not take effect, and is
    /// not tried again.
    Tls,
    /// The [`AttemptTimeout`] ran out before the response was complete, or before the head of one that is no success was there. The request may have been sent and may have taken effect; it is tried again,
    /// with the same bytes and under the same idempotency key, if it has one.
    Timeout,
    /// The connection broke before the last byte of the response. The request may have been sent and may have taken
    /// effect; it is tried again, with the same bytes and under the same idempotency key, if it has one.
    Interrupted,
    /// The body of a success is larger than the transport takes. The request was sent and is not tried again.
    BodyTooLarge,
    /// Anything else. Taken as sent, to be on the safe side, and not tried again.
    Other,
}
