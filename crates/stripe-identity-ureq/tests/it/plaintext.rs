//! An `https` request never leaves without TLS.

use stripe_identity_core::TransportErrorKind as Kind;
use stripe_identity_mock::RawServer;
use stripe_identity_ureq::{Proxy, UreqTransport};

use crate::servers::{PATIENCE, Server, post, send, within};
use std::sync::{Arc, Mutex};

#[test]
fn https_request_never_leaves_in_plain_text() {
    let proxy = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let seen = Arc::new(Mutex::new(Vec::<u8>::new()));
    let received = seen.clone();
    let host = Server::start(None, move |stream, _| {
        let mut bytes = [0; 4096];
        loop {
            let count = stream.read(&mut bytes)?;
            received.lock().unwrap().extend(&bytes[..count]);
            stream.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
        }
    });
    let direct = UreqTransport::builder().proxy(Proxy::none()).build().unwrap();
    let through = UreqTransport::builder().proxy(Proxy::new(proxy.url()).unwrap()).build().unwrap();
    let port = host.address.port();
    for (transport, url) in [
        (&direct, format!("https://localhost:{port}/secret")),
        (&through, format!("https://localhost:{port}/secret")),
        (&through, "https://api.stripe.com/secret".to_owned()),
        (&through, "https://192.0.2.1:8443/secret".to_owned()),
    ] {
        let mut request = within(PATIENCE, post(&url, "secret"));
        request.headers_mut().insert("authorization", "secret".parse().unwrap());
        let error = send(transport, request).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (Kind::Tls, false), "{url}: {error:?}");
    }
    let requests = proxy.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.method(), "CONNECT");
        assert!(!format!("{request:?}").contains("secret"), "{request:?}");
    }
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && !seen.windows(6).any(|bytes| bytes == b"secret"));
}
