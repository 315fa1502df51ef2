//! Handshakes that the server refuses.

use rustls::version::{TLS12, TLS13};
use stripe_identity_core::TransportErrorKind as Kind;

use crate::servers::{Server, get, post, send, tls};

#[test]
fn certificate_that_the_server_demands_is_tls_with_either_version() {
    for version in [&TLS12, &TLS13] {
        let server = Server::start(Some(tls(&[version], true)), |stream, _| {
            // rustls sends its alert once it has read the client's part of the handshake.
            let refused = stream.read(&mut [0]);
            // Closing at once would reset the connection, and might discard the alert.
            stream.wait_for_the_end();
            refused.map(drop)
        });
        for request in [get(&server.url()), post(&server.url(), "a=1"), post(&server.url(), vec![b'x'; 12 << 20])] {
            let before = server.connections();
            let error = send(&server.transport(), request).unwrap_err();
            assert_eq!((error.kind(), error.was_sent()), (Kind::Tls, false), "{version:?}: {error:?}");
            assert_eq!(server.connections() - before, 1);
        }
    }
}

#[test]
fn certificate_that_the_server_demands_is_tls_even_if_it_closes_at_once() {
    for version in [&TLS12, &TLS13] {
        let server = Server::start(Some(tls(&[version], true)), |stream, _| stream.read(&mut [0]).map(drop));
        for request in [get(&server.url()), post(&server.url(), "a=1")] {
            let error = send(&server.transport(), request).unwrap_err();
            assert_eq!(error.kind(), Kind::Tls, "{version:?}: {error:?}");
        }
    }
}
