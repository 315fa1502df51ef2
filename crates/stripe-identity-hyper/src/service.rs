use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_rustls::HttpsConnector;
#[cfg(feature = "http2")]
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::client::legacy::{self, Client};
use stripe_identity_core::{AttemptTimeout, TransportError, TransportErrorKind, http};
use tower_service::Service;

use crate::connector::Connector;
use crate::tower::RequestBody;
use crate::watched::{Handshake, Refusals, Watching};
use crate::{classify, tcp};

/// hyper's client with the settings of a [`HyperTransportBuilder`](crate::HyperTransportBuilder),
/// as a tower service for layers to wrap.
///
/// [`TowerTransport`](crate::TowerTransport) sends over the finished stack. Cloning is cheap, and
/// clones share their connections.
///
/// ```no_run
/// use std::task::{Context, Poll};
///
/// use stripe_identity_core::http::Request;
/// use stripe_identity_hyper::{HyperService, HyperTransport, RequestBody, TowerTransport};
/// use tower_service::Service;
///
/// /// Prints the method of each request.
/// #[derive(Clone)]
/// struct Printed(HyperService);
///
/// impl Service<Request<RequestBody>> for Printed {
///     type Response = <HyperService as Service<Request<RequestBody>>>::Response;
///     type Error = <HyperService as Service<Request<RequestBody>>>::Error;
///     type Future = <HyperService as Service<Request<RequestBody>>>::Future;
///
///     fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
///         self.0.poll_ready(context)
///     }
///
///     fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
///         println!("{}", request.method());
///         self.0.call(request)
///     }
/// }
///
/// # fn example() -> Result<(), stripe_identity_core::TransportError> {
/// let transport = TowerTransport::new(Printed(HyperTransport::builder().build_service()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HyperService {
    pub(crate) client: Client<Watching<HttpsConnector<Connector>>, RequestBody>,
    pub(crate) refusals: Refusals,
}

impl HyperService {
    /// Classifies a failure before the head of the response arrived. `is_another_refusal` says
    /// whether a handshake was refused meanwhile.
    fn error(error: legacy::Error, is_another_refusal: bool) -> TransportError {
        let was_refused = match error.connect_info().and_then(Handshake::of) {
            Some(handshake) => handshake.was_refused(),
            None => is_another_refusal && !error.is_connect(),
        };
        if was_refused {
            return TransportError::new(TransportErrorKind::Tls, error);
        }
        classify::service_error(error.into())
    }
}

impl Service<http::Request<RequestBody>> for HyperService {
    type Response = http::Response<ResponseBody>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<ResponseBody>, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        // Each request waits for its own connection.
        Poll::Ready(Ok(()))
    }

    fn call(
        &mut self,
        #[cfg_attr(not(feature = "http2"), expect(unused_mut, reason = "it captures the connection of HTTP/2"))]
        mut request: http::Request<RequestBody>,
    ) -> Self::Future {
        #[cfg(feature = "http2")]
        let poison = PoisonOnDrop(Some(capture_connection(&mut request)));
        let timeout = request.extensions().get::<AttemptTimeout>().map(|timeout| timeout.0);
        let response = tcp::attempt(timeout, self.client.request(request));
        let (refusals, before) = (self.refusals.clone(), self.refusals.count());
        Box::pin(async move {
            let mut response = response.await.map_err(|error| Self::error(error, refusals.count() > before))?;
            if let Some(handshake) = response.extensions_mut().remove::<Handshake>() {
                handshake.has_served();
            }
            Ok(response.map(|incoming| ResponseBody {
                incoming,
                #[cfg(feature = "http2")]
                poison,
            }))
        })
    }
}

/// The body of a response of a [`HyperService`].
///
/// If it is dropped before it has been read to its end, its connection is not used again.
pub struct ResponseBody {
    incoming: Incoming,
    #[cfg(feature = "http2")]
    poison: PoisonOnDrop,
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
        #[cfg(feature = "http2")]
        if frame.is_none() || self.incoming.is_end_stream() {
            self.poison.0 = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// Removes a connection from the pool if it is dropped before a response was complete, whether the
/// time ran out or the caller stopped reading.
///
/// HTTP/2 would otherwise use a connection that has gone silent for every retry and every other
/// call. In HTTP/1.1, hyper itself closes such a connection.
#[cfg(feature = "http2")]
struct PoisonOnDrop(Option<CaptureConnection>);

#[cfg(feature = "http2")]
impl Drop for PoisonOnDrop {
    fn drop(&mut self) {
        let connection = self.0.as_ref().map(CaptureConnection::connection_metadata);
        if let Some(connected) = connection.as_deref().and_then(Option::as_ref) {
            connected.poison();
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseBody")
    }
}

impl fmt::Debug for HyperService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperService")
    }
}
