//! Random and mutated requests.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::{HeaderName, HeaderValue, Request};
use stripe_identity_simulator::{Server, ServerOptions, Simulator};

use crate::http::{SESSIONS, exchange};

const SEED: u64 = 7;

/// The requests that are mutated. `PIECES` has strings that are inserted into them.
const REQUESTS: &[&str] = &[
    "POST /v1/identity/verification_sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_a\r\n\
     Idempotency-Key: k\r\nContent-Length: 38\r\n\r\ntype=document&metadata[a]=b&expand[]=x",
    "POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Basic c2tfdGVzdF9hOg==\r\nContent-Type: multipart/form-data; \
     boundary=\"b\"\r\nTransfer-Encoding: chunked\r\n\r\n48\r\n--b\r\nContent-Disposition: form-data; name=file; \
     filename*=utf-8''a%20b\r\n\r\nx\r\n\r\n9\r\n\r\n--b--\r\n\r\n0\r\n\r\n",
    "GET /v1/events?type=identity.*&created[gte]=5&limit=3 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rk_test_a\r\n\
     Stripe-Version: 2026-10-28.endive\r\nStripe-Account: acct_1\r\n\r\n",
    "POST /_simulator/faults HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nAuthorization: Bearer sk_test_b\r\n\
     Content-Length: 59\r\n\r\neffect=respond&status=500&times=1&probability=0.5&headers[a]=b",
    "GET /start/x HTTP/1.1\r\nHost: [::1]:80\r\nConnection: keep-alive\r\n\r\nGET /links/%FF HTTP/1.1\r\nHost: x\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x05\0\0\0\x01\u{2}",
];
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\0",
    "\u{7f}",
    "[",
    "]",
    "[]",
    "=",
    "&",
    "%",
    "%00",
    "%FF",
    "+",
    ";",
    "\"",
    "\\",
    "é",
    "..",
    "//",
    "?",
    "#",
    "Host: ",
    "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked\r\n",
    "-1",
    "9223372036854775808",
    "NaN",
    "1e999",
    "frozen:9999-12-31T23:59:59Z",
    "sk_test_",
    "ek_test_",
    "vs_1",
    "*",
    "{",
    "**",
];

fn mutate(random: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let end = random.usize(at..=bytes.len()).min(at + 40);
        match random.u8(..6) {
            0 => bytes.insert(at, random.u8(..)),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            4 => bytes.truncate(at.max(bytes.len() / 2)),
            _ => {
                let piece = PIECES[random.usize(..PIECES.len())].bytes();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
}

fn noise(random: &mut Rng) -> Vec<u8> {
    if random.u8(..8) == 0 {
        let length = random.usize(..2000);
        return std::iter::repeat_with(|| random.u8(..)).take(length).collect();
    }
    let mut bytes = REQUESTS[random.usize(..REQUESTS.len())].as_bytes().to_vec();
    mutate(random, &mut bytes);
    bytes
}

/// Counts the panics of the server's threads, which do not fail the test on their own.
fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if std::thread::current().name().is_some_and(|name| name.starts_with("stripe-identity")) {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        report(info);
    }));
    &PANICS
}

#[test]
fn server_does_not_panic_on_any_bytes() {
    let panics = count_panics();
    let options = ServerOptions::new().timeout(Duration::from_millis(200));
    let server = Server::start_with("127.0.0.1:0", Simulator::new(), options).unwrap();
    let mut random = Rng::with_seed(SEED);
    for number in 0..4000 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // The server may end the connection at any time, but it must end it.
        let _ = stream.write_all(&noise(&mut random));
        let _ = stream.shutdown(Shutdown::Write);
        let end = stream.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
        let is_ended = end.is_ok() || end == Err(std::io::ErrorKind::ConnectionReset);
        assert!(is_ended, "connection {number} of seed {SEED}: {end:?}");
    }
    assert_eq!(panics.load(Ordering::SeqCst), 0);
    let authorization = "Authorization: Bearer sk_test_new\r\n";
    assert_eq!(exchange(server.address(), "x", &format!("GET {SESSIONS}"), authorization, "").0, 200);
}

/// Parses a request, more leniently than any server.
fn request(bytes: &[u8]) -> Option<Request<Bytes>> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let mut line = lines.next()?.split(' ');
    let mut request = Request::builder().method(line.next()?).uri(line.next()?);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::try_from(value)) {
            request = request.header(name, value);
        }
    }
    request.body(Bytes::copy_from_slice(body.as_bytes())).ok()
}

#[test]
fn simulator_does_not_panic_on_any_request() {
    let simulator = Simulator::new();
    let mut random = Rng::with_seed(SEED);
    let (mut made, mut succeeded) = (0, 0);
    for _ in 0..20_000 {
        let Some(request) = request(&noise(&mut random)) else { continue };
        made += 1;
        let response = simulator.handle(request);
        assert_ne!(response.status().as_u16() / 100, 1);
        succeeded += usize::from(response.status().is_success());
        simulator.clear_faults();
    }
    // Most of the noise parses as a request, and some of the requests are valid.
    assert!(made > 5_000 && succeeded > 100, "{made} requests, {succeeded} successes");
}
