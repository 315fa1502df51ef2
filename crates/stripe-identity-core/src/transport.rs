mod no_proxy;
pub mod support;

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

pub use self::no_proxy::NoProxy;

/// An HTTP client and a clock, for an asynchronous [`Client`](crate::Client).
///
/// # Contract
///
/// An implementation sends each request as it is and returns each response as it is. Every client
/// relies on these rules:
///
/// 1. **Request.** Send the method, the URI, the headers and the body unchanged. Add `Host`, and no
///    `Accept-Encoding`.
/// 2. **Response.** Return `Ok` for any status, with the headers and the body unchanged. Do not follow
///    redirects, decode bodies, store cookies or judge statuses.
/// 3. **Retries.** Do not retry. If a pooled connection turns out to be closed before any byte of the
///    request was written, the request may be sent over another one.
/// 4. **Time.** Keep to the [`AttemptTimeout`] in the request's extensions, over connecting, headers
///    and body together. After it, fail with [`Timeout`](TransportErrorKind::Timeout).
/// 5. **TLS.** Send an `https` request over TLS or not at all, with or without a proxy. Without TLS,
///    fail with [`Tls`](TransportErrorKind::Tls), which is final.
/// 6. **A success (2xx) that is not complete.** If its body breaks off, fail with
///    [`Interrupted`](TransportErrorKind::Interrupted). If its body does not end in time, fail with
///    [`Timeout`](TransportErrorKind::Timeout). A limit on the size of bodies is optional. Beyond it, fail
///    with [`BodyTooLarge`](TransportErrorKind::BodyTooLarge).
/// 7. **Any other response that is not complete.** Once its head has arrived, return `Ok`, since its
///    status and headers matter more than its body. If the body breaks off or stalls, return what
///    arrived. If it is beyond the limit, cut it there and leave the rest unread.
/// 8. **Connections.** Pool them, and share the pool between concurrent requests. Do not reuse a
///    connection after a response that did not arrive completely.
/// 9. **Cancellation.** Stop when the future is dropped.
/// 10. **Clock.** [`sleep`](Self::sleep) and [`now`](Self::now) follow the same clock.
///
/// The conformance suite of the crate `stripe-identity-mock` checks an implementation against these
/// rules.
///
/// # Security
///
/// A request has the API key in its `Authorization` header, and may have personal data in its query and
/// body. An implementation must not log them, nor quote them in an error or in `Debug`.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::{HttpTransport, TransportError, async_trait};
/// use stripe_identity_core::bytes::Bytes;
/// use stripe_identity_core::http;
///
/// /// Responds to every request with 404.
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
    note = "a `Client` takes `HyperTransport`, `ReqwestTransport`, `TowerTransport` or your own type that implements the trait",
    note = "a transport that blocks goes with `BlockingClient`"
)]
pub trait HttpTransport: fmt::Debug + Send + Sync {
    /// Sends one request and reads the whole response.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if there is no response to return. Its [kind](TransportErrorKind) decides
    /// whether the call makes another attempt, and whether the request counts as sent. If it is unknown
    /// whether the request was sent, return a kind of which it may have been.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;

    /// Waits for a duration between two attempts of a call.
    async fn sleep(&self, duration: Duration);

    /// Returns the time since any fixed moment. Defaults to the system's monotonic clock.
    ///
    /// A transport whose [`sleep`](Self::sleep) does not take real time, as in tests, returns its
    /// virtual time here. A transport that wraps another forwards `now` to it.
    fn now(&self) -> Duration {
        monotonic_now()
    }
}

/// An HTTP client and a clock, for a [`BlockingClient`](crate::BlockingClient).
///
/// The [contract](HttpTransport#contract) is that of [`HttpTransport`], except for the rule on
/// cancellation.
///
/// ```
/// use std::thread;
/// use std::time::Duration;
///
/// use stripe_identity_core::bytes::Bytes;
/// use stripe_identity_core::{BlockingHttpTransport, TransportError, TransportErrorKind, http};
///
/// /// Fails every request as if there were no network.
/// #[derive(Debug)]
/// struct Offline;
///
/// impl BlockingHttpTransport for Offline {
///     fn send(&self, _request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
///         Err(TransportErrorKind::Connect.into())
///     }
///
///     fn sleep(&self, duration: Duration) {
///         thread::sleep(duration);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a blocking transport",
    label = "this type does not implement `BlockingHttpTransport`",
    note = "a `BlockingClient` takes `UreqTransport` or your own type that implements the trait",
    note = "an asynchronous transport goes with `Client`"
)]
pub trait BlockingHttpTransport: fmt::Debug + Send + Sync {
    /// Sends one request and reads the whole response.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if there is no response to return, as for [`HttpTransport::send`].
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;

    /// Waits for a duration between two attempts of a call.
    fn sleep(&self, duration: Duration);

    /// Returns the time since any fixed moment. Defaults to the system's monotonic clock.
    ///
    /// See [`HttpTransport::now`] for when to implement it.
    fn now(&self) -> Duration {
        monotonic_now()
    }
}

fn monotonic_now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
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

            fn now(&self) -> Duration {
                (**self).now()
            }
        }

        impl<T: BlockingHttpTransport + ?Sized> BlockingHttpTransport for $pointer<T> {
            fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
                (**self).send(request)
            }

            fn sleep(&self, duration: Duration) {
                (**self).sleep(duration);
            }

            fn now(&self) -> Duration {
                (**self).now()
            }
        }
    )+ };
}
through_pointers! { Arc Box }

/// How long one attempt may take, from connecting to the last byte of the body.
///
/// Every request that a client passes to a transport has one in its extensions:
///
/// ```
/// use stripe_identity_core::{AttemptTimeout, http};
///
/// fn timeout<B>(request: &http::Request<B>) -> Option<std::time::Duration> {
///     request.extensions().get::<AttemptTimeout>().map(|timeout| timeout.0)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "it is one duration and nothing else")]
pub struct AttemptTimeout(pub Duration);

/// The error of a transport that has no response to return: a kind, and its cause.
///
/// A [`TransportErrorKind`] converts into an error without a cause.
///
/// ```
/// use std::io;
///
/// use stripe_identity_core::{TransportError, TransportErrorKind};
///
/// fn from_io(error: io::Error) -> TransportError {
///     let kind = match error.kind() {
///         io::ErrorKind::ConnectionRefused => TransportErrorKind::Connect,
///         io::ErrorKind::TimedOut => TransportErrorKind::Timeout,
///         _ => TransportErrorKind::Interrupted,
///     };
///     TransportError::new(kind, error)
/// }
/// ```
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// Creates an error with a cause. A program logs the cause with the error, so it must not quote
    /// headers, queries or bodies.
    pub fn new(kind: TransportErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind, source: Some(source.into()) }
    }

    /// Returns the kind of this error.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Returns whether the request may have reached the server, and so may have taken effect.
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

/// The kinds of [`TransportError`]. The kind decides whether the call is retried, and whether the
/// request counts as sent.
///
/// To distinguish similar kinds:
///
/// - [`Connect`](Self::Connect) or [`Interrupted`](Self::Interrupted): was there a connection that
///   could have carried the request? A refused connection is the former, a connection that was reset
///   after the handshake the latter.
/// - [`Connect`](Self::Connect) or [`Timeout`](Self::Timeout): which time ran out? If it was the
///   transport's time for connecting, it is the former. If it was the time of the attempt, it is the
///   latter. A transport that knows that nothing was sent may return `Connect` for both.
/// - [`Tls`](Self::Tls) or [`Connect`](Self::Connect): would another attempt end in the same way? An
///   untrusted certificate stays untrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The host name could not be resolved. The request was not sent. It is retried.
    Dns,
    /// No connection could be made. The request was not sent. It is retried.
    Connect,
    /// The TLS handshake failed, most often because of a certificate, or the transport has no TLS. The
    /// request did not take effect. It is not retried.
    Tls,
    /// The [`AttemptTimeout`] ran out before a success was complete, or before the head of another
    /// response arrived. The request may have been sent and may have taken effect. It is retried with
    /// the same bytes and the same idempotency key, if it has one.
    Timeout,
    /// The connection broke before the last byte of the response. The request may have been sent and
    /// may have taken effect. It is retried with the same bytes and the same idempotency key, if it
    /// has one.
    Interrupted,
    /// The body of a success is larger than the transport's limit. The request was sent. It is not
    /// retried.
    BodyTooLarge,
    /// Any other failure. The request counts as sent, to be safe. It is not retried.
    Other,
}
