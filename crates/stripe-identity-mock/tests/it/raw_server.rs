use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use stripe_identity_mock::RawServer;

#[test]
fn panic_of_a_handler_ends_the_connection_and_fails_the_test() {
    let server = RawServer::start(|exchange| {
        assert_eq!(exchange.request().uri(), "/expected");
        exchange.respond("200 OK", "{}")
    });
    let server = server.unwrap();
    let mut client = TcpStream::connect(server.address()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    client.write_all(b"GET /other HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0, "the connection is still open");
    let panic = catch_unwind(AssertUnwindSafe(|| drop(server))).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("/expected"));
}
