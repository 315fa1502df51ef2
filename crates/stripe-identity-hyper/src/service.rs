use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use stripe_identity_core::{TransportError, http};
use tower_service::Service;

use crate::classify;
use crate::connector::Connector;
use crate::tower::RequestBody;

/// hyper's client with the settings of a [`HyperTransportBuilder`](crate::HyperTransportBuilder), as a tower service, to
/// stack layers over: see [`TowerTransport`](crate::TowerTransport). Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct HyperService(pub(crate) Client<HttpsConnector<Connector>, RequestBody>);

impl Service<http::Request<RequestBody>> for HyperService {
    type Response = http::Response<Incoming>;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Incoming>, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        // Connections are awaited by each request.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        let response = self.0.request(request);
        Box::pin(async { response.await.map_err(|error| classify::service_error(error.into())) })
    }
}

impl fmt::Debug for HyperService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HyperService")
    }
}
