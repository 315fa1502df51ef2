//! Malicious and broken clients.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use http::Method;
use stripe_identity_simulator::{Fault, Server, ServerOptions, Simulator};

use crate::http::{SESSIONS, exchange};

const KEY: &str = "Authorization: Bearer sk_test_a\r\n";
/// The timeout of a server that must not wait for long.
const TIMEOUT: Duration = Duration::from_millis(300);

fn start(options: ServerOptions) -> Server {
    Server::start_with("127.0.0.1:0", Simulator::new(), options).unwrap()
}

fn impatient() -> Server {
    start(ServerOptions::new().timeout(TIMEOUT))
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Reads until the server ends the connection, as it must.
fn rest(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes).map_err(|error| error.kind()) {
        Ok(_) | Err(ErrorKind::ConnectionReset) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => panic!("the server does not end the connection: {error}"),
    }
}

/// Writes a byte again and again until the server ends the connection.
fn trickle(mut stream: &TcpStream, byte: u8) {
    while stream.write_all(&[byte]).is_ok() {
        thread::sleep(TIMEOUT / 30);
    }
}

fn is_up(server: &Server) -> bool {
    exchange(server.address(), "x", &format!("GET {SESSIONS}"), KEY, "").0 == 200
}

#[test]
fn connection_that_sends_nothing_is_closed() {
    let server = impatient();
    assert_eq!(rest(&connect(&server)), "");
    assert!(is_up(&server));
}

#[test]
fn connection_that_goes_idle_is_closed() {
    let server = impatient();
    let mut stream = connect(&server);
    write!(stream, "GET {SESSIONS} HTTP/1.1\r\nHost: x\r\n{KEY}\r\n").unwrap();
    assert!(rest(&stream).starts_with("HTTP/1.1 200"));
}

#[test]
fn incomplete_or_slow_head_ends_the_connection() {
    let server = impatient();
    for half in ["G", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = connect(&server);
        stream.write_all(half.as_bytes()).unwrap();
        rest(&stream);
    }
    let mut stream = connect(&server);
    stream.write_all(b"GET / HTTP/1.1\r\nX-A: ").unwrap();
    trickle(&stream, b'a');
    assert!(is_up(&server));
}

#[test]
fn incomplete_http2_headers_end_the_connection() {
    let server = impatient();
    let mut stream = connect(&server);
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // Empty settings, followed by headers of one byte, `:method: GET`, whose continuation never arrives.
    bytes.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(&[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]);
    stream.write_all(&bytes).unwrap();
    rest(&stream);
}

#[test]
fn incomplete_or_slow_body_is_refused() {
    let server = impatient();
    let head = format!("POST {SESSIONS} HTTP/1.1\r\nHost: x\r\n{KEY}Content-Length: 1000000\r\n\r\ntype=");
    let mut stream = connect(&server);
    stream.write_all(head.as_bytes()).unwrap();
    assert!(rest(&stream).starts_with("HTTP/1.1 408"));

    let mut stream = connect(&server);
    stream.write_all(head.as_bytes()).unwrap();
    trickle(&stream, b'a');
    assert!(is_up(&server));
}

#[test]
fn request_whose_client_disconnects_has_no_effect() {
    let server = impatient();
    for sent in ["", "POST", "POST / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\ntype="] {
        connect(&server).write_all(sent.as_bytes()).unwrap();
    }
    assert!(is_up(&server));
    assert!(server.world("sk_test_a").unwrap().faults().is_empty());
}

#[test]
fn connection_with_a_delayed_response_does_not_count_as_idle() {
    let server = impatient();
    server.add_fault(Fault::latency(TIMEOUT * 4).method(Method::GET).times(1));
    server.add_fault(Fault::slow_body(TIMEOUT * 4).method(Method::GET).times(1));
    let (status, body) = exchange(server.address(), "x", &format!("GET {SESSIONS}"), KEY, "");
    // A cut body would not parse.
    let list: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &list["object"]), (200, &"list".into()));
}

#[test]
fn unread_response_ends_the_connection() {
    let server = start(ServerOptions::new().timeout(TIMEOUT).max_connections(1));
    // Larger than the buffers of the sockets.
    let contents = "x".repeat(12 << 20);
    let upload = format!(
        "--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nidentity_document\r\n\
         --b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n{contents}\r\n--b--"
    );
    let mut stream = connect(&server);
    write!(
        stream,
        "POST /v1/files HTTP/1.1\r\nHost: x\r\n{KEY}Content-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{upload}",
        upload.len()
    )
    .unwrap();
    let response = rest(&stream);
    let id = response.split('"').find(|text| text.starts_with("file_")).unwrap();
    let mut deaf = connect(&server);
    write!(deaf, "GET /v1/files/{id}/contents HTTP/1.1\r\nHost: x\r\n{KEY}\r\n").unwrap();
    // There may be one connection, so this one waits for the end of the other.
    assert!(is_up(&server));
    assert!(rest(&deaf).len() < contents.len());
}

#[test]
fn connection_beyond_the_limit_waits_for_others_to_end() {
    let server = start(ServerOptions::new().max_connections(2));
    let idle = [connect(&server), connect(&server)];
    let mut third = connect(&server);
    write!(third, "GET {SESSIONS} HTTP/1.1\r\nHost: x\r\n{KEY}Connection: close\r\n\r\n").unwrap();
    third.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let waits = third.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(waits, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waits}");
    drop(idle);
    third.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert!(rest(&third).starts_with("HTTP/1.1 200"));
}

#[test]
fn too_large_head_is_refused() {
    let server = start(ServerOptions::new());
    let long = format!("X-A: {}\r\n", "a".repeat(1 << 20));
    let many = "X-A: b\r\n".repeat(1000);
    for (line, headers) in [(SESSIONS, long.as_str()), (SESSIONS, many.as_str()), (&"/a".repeat(1 << 19), "")] {
        let mut stream = connect(&server);
        // The server may have ended the connection before all is written.
        let _ = write!(stream, "GET {line} HTTP/1.1\r\nHost: x\r\n{headers}{KEY}\r\n");
        let response = rest(&stream);
        assert!(["", "431", "414"].contains(&response.split(' ').nth(1).unwrap_or_default()), "{response}");
    }
    assert!(is_up(&server));
}

fn post_form(address: SocketAddr, body: &str) -> u16 {
    exchange(address, "x", &format!("POST {SESSIONS}"), KEY, body).0
}

#[test]
fn huge_form_with_any_contents_is_refused() {
    const SIZE: usize = 4 << 20;
    let server = start(ServerOptions::new());
    let similar: String = (0..1000).map(|number| format!("{}{number:04}=&", "a".repeat(SIZE / 1000 - 10))).collect();
    let listed: String = (0..1000).map(|_| "a[]=1&").collect();
    for body in [
        "aa=&".repeat(SIZE / 4),
        "&".repeat(SIZE),
        "a".repeat(SIZE),
        "[".repeat(SIZE),
        format!("a{}=1", "[b]".repeat(SIZE / 3 - 2)),
        "%".repeat(SIZE),
        format!("type={}", "%C3%A9".repeat(SIZE / 6 - 2)),
        similar,
        listed,
    ] {
        let start = body.get(..20).unwrap_or_default();
        assert_eq!(post_form(server.address(), &body), 400, "{start}…");
    }
    assert_eq!(post_form(server.address(), &"a".repeat((16 << 20) + 1)), 413);
    assert!(is_up(&server));
}

fn control(server: &Server, host: &str, headers: &str) -> u16 {
    let head = "POST /_simulator/clock/advance";
    exchange(server.address(), host, head, &format!("{KEY}{headers}"), "seconds=1").0
}

#[test]
fn control_request_with_a_foreign_host_or_origin_is_refused() {
    let simulator = Simulator::builder().public_url("http://id.example.test").unwrap().build();
    let options = ServerOptions::new().allow_host("simulator");
    let server = Server::start_with("127.0.0.1:0", simulator, options).unwrap();
    let own = server.address().to_string();
    for host in [own.as_str(), "localhost:7", "simulator:80", "id.example.test"] {
        assert_eq!(control(&server, host, ""), 200, "{host}");
        assert_eq!(control(&server, host, &format!("Origin: http://{host}\r\n")), 200, "{host}");
        assert_eq!(control(&server, host, "Origin: http://evil.test\r\n"), 403, "{host}");
        assert_eq!(control(&server, host, "Origin: null\r\n"), 403, "{host}");
        let two = format!("Origin: http://{host}\r\nOrigin: http://evil.test\r\n");
        assert_eq!(control(&server, host, &two), 403, "{host}");
    }
    // A page of a site whose name resolves to this machine by now.
    assert_eq!(control(&server, "evil.test", "Origin: http://evil.test\r\n"), 403);
    assert_eq!(control(&server, "evil.test", ""), 403);
    assert_eq!(control(&server, &own, "Host: evil.test\r\n"), 403);
    let other = |head: &str| exchange(server.address(), "evil.test", head, KEY, "").0;
    assert_eq!((other("GET /_simulator/faults"), other("GET /")), (403, 403));
    // Stripe's API and the pages require a key or a link, but no local host.
    let (_, session) = exchange(server.address(), "evil.test", &format!("POST {SESSIONS}"), KEY, "type=document");
    let url = session.split('"').find(|text| text.starts_with("http://id.example.test/start/")).unwrap();
    assert_ne!(other(&format!("GET {}", url.strip_prefix("http://id.example.test").unwrap())), 403);
}

#[test]
fn control_of_a_reachable_server_requires_the_token() {
    let server = Server::start("0.0.0.0:0", Simulator::new()).unwrap();
    let token = server.control_token().unwrap().to_owned();
    let local = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    assert_eq!((local.control_token(), control(&local, "localhost", "")), (None, 200));
    assert!(!format!("{server:?}").contains(&token));

    let address = SocketAddr::from(([127, 0, 0, 1], server.address().port()));
    let control = |headers: &str| {
        exchange(address, "localhost", "POST /_simulator/clock/advance", &format!("{KEY}{headers}"), "seconds=1").0
    };
    assert_eq!(control(&format!("Simulator-Token: {token}\r\n")), 200);
    assert_eq!((control(""), control("Simulator-Token: \r\n"), control("Simulator-Token: x\r\n")), (403, 403, 403));
    assert_eq!(exchange(address, "localhost", &format!("GET {SESSIONS}"), KEY, "").0, 200);
}
