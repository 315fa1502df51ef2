//! A fault of the simulator has the same outcome in process and over a socket, with each backend.

use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, StatusCode, header};
use stripe_identity::{AttemptTimeout, BlockingHttpTransport, TransportErrorKind};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_reqwest::ReqwestTransport;
use stripe_identity_simulator::{Fault, Server, Simulator, SimulatorTransport};
use stripe_identity_ureq::UreqTransport;

use crate::backends::{Backend, PATIENCE, over_hyper, over_reqwest, over_ureq};

/// Less than any of the delays.
const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(3600);

fn over_simulator(simulator: Simulator) -> Backend {
    let transport = SimulatorTransport::from(simulator);
    Backend { name: "in process", send: Box::new(move |request| BlockingHttpTransport::send(&transport, request)) }
}

#[test]
fn fault_looks_the_same_in_process_and_over_each_backend() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let backends = [
        over_simulator(Simulator::clone(&server)),
        over_hyper(HyperTransport::new().unwrap()),
        over_reqwest(ReqwestTransport::new(ReqwestTransport::client_builder().build().unwrap())),
        over_ureq(UreqTransport::new().unwrap()),
    ];
    for (fault, path, timeout, expected) in [
        (Fault::reset(), "events", PATIENCE, Err(TransportErrorKind::Interrupted)),
        (Fault::lose_response(), "events", PATIENCE, Err(TransportErrorKind::Interrupted)),
        (Fault::cut_body(), "events", PATIENCE, Err(TransportErrorKind::Interrupted)),
        (Fault::cut_body(), "bogus", PATIENCE, Ok(StatusCode::NOT_FOUND)),
        (Fault::slow_body(SHORT), "events", PATIENCE, Ok(StatusCode::OK)),
        (Fault::slow_body(LONG), "events", SHORT, Err(TransportErrorKind::Timeout)),
        (Fault::slow_body(LONG), "bogus", SHORT, Ok(StatusCode::NOT_FOUND)),
        (Fault::latency(LONG), "events", SHORT, Err(TransportErrorKind::Timeout)),
        (Fault::respond(StatusCode::BAD_GATEWAY), "events", PATIENCE, Ok(StatusCode::BAD_GATEWAY)),
    ] {
        server.clear_faults();
        server.add_fault(fault.clone());
        for Backend { name, send } in &backends {
            let request = Request::get(format!("{}/v1/{path}", server.url())).extension(AttemptTimeout(timeout));
            let request = request.header(header::AUTHORIZATION, "Bearer sk_test_a").body(Bytes::new()).unwrap();
            let outcome = send(request).map(|response| response.status()).map_err(|error| error.kind());
            assert_eq!(outcome, expected, "{name}: {fault:?} at {path}");
        }
    }
}
