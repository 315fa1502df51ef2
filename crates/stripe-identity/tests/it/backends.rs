//! Backends to send single requests with, one after the other.

use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_reqwest::ReqwestTransport;
use stripe_identity_ureq::UreqTransport;

/// Large enough that no honest answer is late, small enough that a hanging test ends.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A port that is reserved for a service which nobody runs. One that was just free may be taken by another test.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

type Outcome = Result<Response<Bytes>, TransportError>;

/// A backend, to send one request after the other with.
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
