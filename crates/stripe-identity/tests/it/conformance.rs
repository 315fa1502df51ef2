//! The conformance suite, for each backend.

use std::io::{self, Write as _};
use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{BlockingHttpTransport, TransportError};
use stripe_identity_hyper::{HyperTransport, Proxy};
use stripe_identity_mock::conformance::{self, Setup, Suite};
use stripe_identity_reqwest::{ReqwestTransport, reqwest::Proxy as ReqwestProxy};
use stripe_identity_ureq::{Proxy as UreqProxy, UreqTransport};

use crate::tls::{trusting, trusting_none};

fn hyper(setup: &Setup) -> HyperTransport {
    let builder = HyperTransport::builder().max_body_size(setup.max_body_size());
    let builder = match setup.proxy() {
        Some(proxy) => builder.proxy(Proxy::new(proxy).unwrap()),
        None => builder,
    };
    let builder = match setup.certificate() {
        Some(certificate) => builder.without_default_roots().root_certificate(certificate),
        None => builder,
    };
    builder.build().unwrap()
}

fn ureq(setup: &Setup) -> UreqTransport {
    let builder = UreqTransport::builder().max_body_size(setup.max_body_size());
    let builder = match setup.proxy() {
        Some(proxy) => builder.proxy(UreqProxy::new(proxy).unwrap()),
        None => builder,
    };
    let builder = match setup.certificate() {
        Some(certificate) => builder.without_default_roots().root_certificate(certificate),
        None => builder,
    };
    builder.build().unwrap()
}

/// Sets the trusted certificates even without TLS: by default, reqwest reads those of the system.
fn reqwest(setup: &Setup) -> ReqwestTransport {
    let builder = match setup.certificate() {
        Some(certificate) => ReqwestTransport::client_builder().tls_backend_preconfigured(trusting(certificate)),
        None => ReqwestTransport::client_builder().tls_backend_preconfigured(trusting_none()),
    };
    let builder = match setup.proxy() {
        Some(proxy) => builder.proxy(ReqwestProxy::https(proxy).unwrap()),
        None => builder,
    };
    ReqwestTransport::new(builder.build().unwrap()).max_body_size(setup.max_body_size())
}

#[test]
fn backends_pass_the_conformance_suite() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reports = [
        ("hyper", runtime.block_on(Suite::plain().run(hyper))),
        ("hyper, TLS", runtime.block_on(Suite::tls().run(hyper))),
        ("reqwest", runtime.block_on(Suite::plain().run(reqwest))),
        ("reqwest, TLS", runtime.block_on(Suite::tls().run(reqwest))),
        ("ureq", Suite::plain().run_blocking(ureq)),
        ("ureq, TLS", Suite::tls().run_blocking(ureq)),
    ];
    // Not through `print!`, so that it shows without `--nocapture` too.
    io::stderr().write_all(conformance::table(&reports).as_bytes()).unwrap();
    for (name, report) in reports {
        assert!(report.failures().next().is_none(), "{name}:\n{report}");
    }
}

/// Sends a request again if it was not sent, which only the caller may do.
#[derive(Debug)]
struct Eager(UreqTransport);

impl BlockingHttpTransport for Eager {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request.clone()).or_else(|error| if error.was_sent() { Err(error) } else { self.0.send(request) })
    }

    fn sleep(&self, duration: Duration) {
        self.0.sleep(duration);
    }
}

#[test]
fn transport_that_connects_twice_fails_the_suite() {
    let suite = Suite::tls().only("a broken TLS handshake");
    suite.run_blocking(ureq).assert_passed();
    let report = suite.run_blocking(|setup| Eager(ureq(setup)));
    let failures: Vec<_> = report.failures().map(|(_, failure)| failure.message()).collect();
    assert_eq!(failures, ["the transport connected 2 times instead of once"]);
}
