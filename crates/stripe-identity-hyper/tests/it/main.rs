//! The conformance suite with the features that the command line chooses: alone, this crate is tested
//! without HTTP/2.
#![allow(clippy::unwrap_used)]

use std::io::{self, Write as _};

use stripe_identity_hyper::{HyperTransport, Proxy};
use stripe_identity_mock::conformance::{self, Setup, Suite};

fn transport(setup: &Setup) -> HyperTransport {
    let mut builder = HyperTransport::builder().max_body_size(setup.max_body_size());
    if let Some(proxy) = setup.proxy() {
        builder = builder.proxy(Proxy::new(proxy).unwrap());
    }
    if let Some(certificate) = setup.certificate() {
        builder = builder.without_default_roots().root_certificate(certificate);
    }
    builder.build().unwrap()
}

#[test]
fn transport_passes_the_conformance_suite() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reports = [
        ("plain", runtime.block_on(Suite::plain().run(transport))),
        ("TLS", runtime.block_on(Suite::tls().run(transport))),
    ];
    // Not through `print!`, so that it shows without `--nocapture` too.
    io::stderr().write_all(conformance::table(&reports).as_bytes()).unwrap();
    for (name, report) in reports {
        assert!(report.failures().next().is_none(), "{name}:\n{report}");
    }
}
