//! Each backend before the same judge.

use std::io::{self, Write as _};

use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::conformance::{self, Setup, Suite};
use stripe_identity_reqwest::ReqwestTransport;
use stripe_identity_ureq::UreqTransport;

use crate::tls::{trusting, trusting_nobody};

fn hyper(setup: &Setup) -> HyperTransport {
    let builder = HyperTransport::builder().max_body_size(setup.max_body_size());
    let builder = match setup.certificate() {
        Some(certificate) => builder.tls_config(trusting(certificate)),
        None => builder,
    };
    builder.build().unwrap()
}

fn ureq(setup: &Setup) -> UreqTransport {
    let builder = UreqTransport::builder().max_body_size(setup.max_body_size());
    let builder = match setup.certificate() {
        Some(certificate) => builder.default_roots(false).root_certificate(certificate),
        None => builder,
    };
    builder.build().unwrap()
}

/// reqwest by itself would use the cryptography that is set for the whole process, and there is none.
fn reqwest(setup: &Setup) -> ReqwestTransport {
    let builder = match setup.certificate() {
        Some(certificate) => ReqwestTransport::client_builder().tls_backend_preconfigured(trusting(certificate)),
        None => ReqwestTransport::client_builder().tls_backend_preconfigured(trusting_nobody()),
    };
    ReqwestTransport::new(builder.build().unwrap()).max_body_size(setup.max_body_size())
}

#[test]
fn every_backend_keeps_the_contract() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reports = [
        ("hyper", runtime.block_on(Suite::plain().run(hyper))),
        ("hyper, TLS", runtime.block_on(Suite::tls().run(hyper))),
        ("reqwest", runtime.block_on(Suite::plain().run(reqwest))),
        ("reqwest, TLS", runtime.block_on(Suite::tls().run(reqwest))),
        ("ureq", Suite::plain().run_blocking(ureq)),
        ("ureq, TLS", Suite::tls().run_blocking(ureq)),
    ];
    // Not through `print!`, so that it shows where tests are run without `--nocapture` too.
    io::stderr().write_all(conformance::table(&reports).as_bytes()).unwrap();
    for (name, report) in reports {
        assert!(report.failures().next().is_none(), "{name}:\n{report}");
    }
}
