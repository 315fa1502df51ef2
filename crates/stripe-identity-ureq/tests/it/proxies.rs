//! Slow proxies and slow handshakes.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity_core::TransportErrorKind as Kind;
use stripe_identity_ureq::{Proxy, UreqTransport, UreqTransportBuilder};

use crate::servers::{Act, PATIENCE, Server, Stream, get, send, tls, within};

const SHORT: Duration = Duration::from_millis(400);
const FAR: &str = "https://stripe.test/v1/x";

/// Asserts that the timeout of an attempt ends it as `Timeout`, and the time for connecting as
/// `Connect`.
fn assert_ends_by_either_timeout(builder: &UreqTransportBuilder, url: &str, case: &str) {
    let by = |transport: UreqTransport, timeout, kind| {
        let started = Instant::now();
        let error = send(&transport, within(timeout, get(url))).unwrap_err();
        let taken = started.elapsed();
        assert_eq!(error.kind(), kind, "{case}: {error:?}");
        assert!(taken >= SHORT && taken < 10 * SHORT, "{case}: a time of {SHORT:?} was over after {taken:?}");
    };
    by(builder.clone().build().unwrap(), SHORT, Kind::Timeout);
    by(builder.clone().connect_timeout(SHORT).build().unwrap(), PATIENCE, Kind::Connect);
}

/// Sends a byte from time to time, until the client has gone or should have.
fn drip(stream: &mut dyn Stream, bytes: impl IntoIterator<Item = u8>) -> io::Result<()> {
    let end = Instant::now() + 20 * SHORT;
    for byte in bytes.into_iter().take_while(|_| Instant::now() < end) {
        stream.write_all(&[byte])?;
        stream.flush()?;
        thread::sleep(SHORT / 8);
    }
    Ok(())
}

/// Returns the beginning of a TLS record of 16 KiB, without end.
fn record() -> impl Iterator<Item = u8> {
    [0x16, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3].into_iter().chain(std::iter::repeat(0))
}

fn proxies(behave: Act) -> [(Server, UreqTransportBuilder, &'static str); 2] {
    [None, Some(tls(rustls::ALL_VERSIONS, false))].map(|tls| {
        let server = Server::start(tls, move |stream, _| behave(stream));
        let url = server.url().replace("/v1/x", "");
        let builder = server.builder().proxy(Proxy::new(&url.replace("127.0.0.1", "localhost")).unwrap());
        let name = if url.starts_with("https") { "https" } else { "http" };
        (server, builder, name)
    })
}

#[test]
fn silent_or_dripping_proxy_ends_by_either_timeout() {
    let behaviours: [(&str, Act); 4] = [
        ("says nothing", |stream| {
            stream.read_head()?;
            stream.wait_for_the_end();
            Ok(())
        }),
        ("drips a header", |stream| {
            stream.read_head()?;
            drip(stream, b"HTTP/1.1 200 OK\r\nX: ".iter().copied().chain(std::iter::repeat(b'x')))
        }),
        ("drips its status", |stream| {
            stream.read_head()?;
            drip(stream, b"HTTP/1.1 200 ".iter().copied().chain(std::iter::repeat(b'x')))
        }),
        ("makes a tunnel and drips a handshake", |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 200 OK\r\n\r\n")?;
            drip(stream, record())
        }),
    ];
    for (name, behave) in behaviours {
        for (_server, builder, scheme) in proxies(behave) {
            assert_ends_by_either_timeout(&builder, FAR, &format!("a proxy ({scheme}) that {name}"));
        }
    }
}

#[test]
fn proxy_with_an_endless_response_is_connect() {
    let behaviours: [(&str, Act); 5] = [
        ("sends headers", |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.say(&"X: y\r\n".repeat(1000))?;
            }
        }),
        ("sends a header", |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 200 OK\r\nX: ")?;
            loop {
                stream.say(&"x".repeat(10_000))?;
            }
        }),
        ("sends 1xx", |stream| {
            stream.read_head()?;
            loop {
                stream.say(&"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))?;
            }
        }),
        ("refuses with a body", |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                stream.say(&format!("2710\r\n{}\r\n", "x".repeat(10_000)))?;
            }
        }),
        ("refuses and drips a body", |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 407 X\r\nContent-Length: 9999\r\n\r\n")?;
            drip(stream, std::iter::repeat(b'x'))
        }),
    ];
    for (name, behave) in behaviours {
        for (_server, builder, scheme) in proxies(behave) {
            let started = Instant::now();
            let error = send(&builder.build().unwrap(), get(FAR)).unwrap_err();
            assert_eq!((error.kind(), error.was_sent()), (Kind::Connect, false), "{scheme}, {name}: {error:?}");
            assert!(started.elapsed() < PATIENCE / 2, "{scheme}, {name}");
        }
    }
}

#[test]
fn proxy_that_opens_a_tunnel_with_another_status_than_200_is_connect() {
    let behaviours: [Act; 2] = [
        |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 201 Created\r\n\r\n")
        },
        |stream| {
            stream.read_head()?;
            stream.say("HTTP/1.1 204 No Content\r\n\r\n")
        },
    ];
    for behave in behaviours {
        for (_server, builder, scheme) in proxies(behave) {
            let error = send(&builder.build().unwrap(), get(FAR)).unwrap_err();
            assert_eq!(error.kind(), Kind::Connect, "{scheme}: {error:?}");
        }
    }
}

#[test]
fn proxy_whose_name_has_no_address_is_dns() {
    let proxy = format!("http://{}.test", "x".repeat(70));
    let transport = UreqTransport::builder().proxy(Proxy::new(&proxy).unwrap()).build().unwrap();
    let error = send(&transport, get(FAR)).unwrap_err();
    assert_eq!(error.kind(), Kind::Dns, "{error:?}");
}

#[test]
fn dripping_handshake_ends_by_either_timeout() {
    let server = Server::start(None, |stream, _| drip(stream, record()));
    let port = server.address.port();
    let host = UreqTransport::builder().proxy(Proxy::none());
    assert_ends_by_either_timeout(&host, &format!("https://localhost:{port}/"), "a host");
    let proxy = UreqTransport::builder().proxy(Proxy::new(&format!("https://localhost:{port}")).unwrap());
    assert_ends_by_either_timeout(&proxy, FAR, "a proxy");
}

#[test]
fn established_connection_outlasts_the_time_for_connecting() {
    let server = Server::start(None, |stream, _| {
        loop {
            stream.read_head()?;
            thread::sleep(2 * SHORT);
            stream.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
        }
    });
    let transport = server.builder().connect_timeout(SHORT).build().unwrap();
    for _ in 0..2 {
        assert_eq!(send(&transport, get(&server.url())).unwrap().body(), "{}");
    }
    assert_eq!(server.connections(), 1);
}
