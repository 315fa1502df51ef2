//! Backends that send single requests, one after another.

use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_reqwest::ReqwestTransport;
use stripe_identity_ureq::UreqTransport;

/// Long enough that no correct response is late, short enough that a hanging test ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The URL of a port that refuses connections: it is reserved for a service that is not in use. Another test may take a
/// port that was free a moment ago.
pub(crate) const REFUSING: &str = "http://127.0.0.1:1";

type Outcome = Result<Response<Bytes>, TransportError>;

/// A backend that sends one request after another.
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) send: Box<dyn Fn(Request<Bytes>) -> Outcome>,
}

pub(crate) fn over_hyper(transport: HyperTransport) -> Backend {
    blocking_on("hyper", transport)
}

pub(crate) fn over_reqwest(transport: ReqwestTransport) -> Backend {
    blocking_on("reqwest", transport)
}

fn blocking_on(name: &'static str, transport: impl HttpTransport + 'static) -> Backend {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    Backend { name, send: Box::new(move |request| runtime.block_on(transport.send(request))) }
}

pub(crate) fn over_ureq(transport: UreqTransport) -> Backend {
    Backend { name: "ureq", send: Box::new(move |request| BlockingHttpTransport::send(&transport, request)) }
}

pub(crate) fn get(url: &str) -> Request<Bytes> {
    Request::get(url).extension(AttemptTimeout(PATIENCE)).body(Bytes::new()).unwrap()
}
