//! Features of ureq that another crate may have enabled. `cargo xtask features` runs this test with
//! them.

use stripe_identity_core::http::HeaderName;
use stripe_identity_mock::RawServer;
use stripe_identity_ureq::{Proxy, UreqTransport};

use crate::servers::{get, post, send};

#[test]
fn request_has_only_the_headers_of_the_caller() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let transport = UreqTransport::builder().proxy(Proxy::none()).build().unwrap();
    for mut request in [get(server.url()), post(server.url(), "a=1"), post(server.url(), "")] {
        request.headers_mut().insert("accept", "application/json".parse().unwrap());
        request.headers_mut().insert("user-agent", "test".parse().unwrap());
        assert_eq!(send(&transport, request).unwrap().body(), "{}");
    }
    for request in server.requests() {
        let mut names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names.retain(|name| *name != "content-length");
        assert_eq!(names, ["accept", "host", "user-agent"], "{request:?}");
    }
}
