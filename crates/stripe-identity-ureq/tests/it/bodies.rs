//! Response bodies that are too long or break off, and folded header lines.

use std::thread;
use std::time::Duration;

use stripe_identity_core::TransportErrorKind as Kind;
use stripe_identity_mock::RawServer;
use stripe_identity_ureq::{Proxy, UreqTransport};

use crate::servers::{Server, each_tls, get, send, within};

const LIMIT: usize = 1000;

fn transport() -> UreqTransport {
    UreqTransport::builder().proxy(Proxy::none()).max_body_size(LIMIT).build().unwrap()
}

#[test]
fn error_with_a_body_over_the_limit_keeps_status_headers_and_what_fits() {
    for status in ["307 X", "400 X", "404 X", "429 X", "502 X"] {
        for size in [LIMIT - 1, LIMIT, LIMIT + 1, 40 * LIMIT] {
            for framing in ["length", "chunks", "close"] {
                let server = RawServer::start(move |exchange| {
                    let head = format!("HTTP/1.1 {status}\r\nRequest-Id: req_1\r\n");
                    let body = "x".repeat(size);
                    match framing {
                        "length" => exchange.write(format!("{head}Content-Length: {size}\r\n\r\n{body}")),
                        "chunks" => exchange
                            .write(format!("{head}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n")),
                        _ => {
                            exchange.write(format!("{head}\r\n{body}"))?;
                            exchange.close();
                            Ok(())
                        }
                    }
                });
                let (server, transport) = (server.unwrap(), transport());
                for _ in 0..2 {
                    let response = send(&transport, get(server.url())).unwrap();
                    assert_eq!(response.status().as_str(), &status[..3]);
                    assert_eq!(response.headers()["request-id"], "req_1");
                    assert_eq!(*response.body(), "x".repeat(size.min(LIMIT)), "{status} {size} {framing}");
                }
                let is_kept = size <= LIMIT && framing != "close";
                assert_eq!(server.connections(), if is_kept { 1 } else { 2 }, "{status} {size} {framing}");
            }
        }
    }
}

#[test]
fn success_with_a_body_over_the_limit_is_body_too_large() {
    for status in ["200 OK", "201 Created", "299 X"] {
        let server = RawServer::start(move |exchange| exchange.respond(status, "x".repeat(LIMIT + 1))).unwrap();
        assert_eq!(send(&transport(), get(server.url())).unwrap_err().kind(), Kind::BodyTooLarge, "{status}");
    }
}

#[test]
fn error_with_an_endless_body_is_cut_by_the_limit_or_the_timeout() {
    let server = RawServer::start(|exchange| {
        exchange.write("HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let is_quick = exchange.request().uri() == "/quick";
        let pause = Duration::from_millis(if is_quick { 0 } else { 20 });
        while exchange.wait(pause) {
            exchange.write(if is_quick {
                "1f4\r\n".to_owned() + &"x".repeat(500) + "\r\n"
            } else {
                "1\r\nx\r\n".to_owned()
            })?;
        }
        Ok(())
    });
    let (server, transport) = (server.unwrap(), transport());
    let response = send(&transport, get(&format!("{}/quick", server.url()))).unwrap();
    assert_eq!((response.status().as_u16(), response.body().len()), (500, LIMIT));
    // The timeout ends it before the limit does.
    let response =
        send(&transport, within(Duration::from_millis(500), get(&format!("{}/slow", server.url())))).unwrap();
    assert_eq!(response.status(), 500);
    assert!(response.body().len() < LIMIT && response.body().iter().all(|byte| *byte == b'x'), "{response:?}");
}

#[test]
fn error_whose_body_breaks_off_keeps_what_arrived_and_a_success_is_interrupted() {
    for (status, is_success) in [("500 X", false), ("402 X", false), ("307 X", false), ("200 OK", true)] {
        for (framing, reset) in
            [("Content-Length: 99\r\n\r\n", false), ("Transfer-Encoding: chunked\r\n\r\n9\r\n", true)]
        {
            let server = RawServer::start(move |exchange| {
                if exchange.number() > 1 {
                    return exchange.respond("200 OK", "good");
                }
                exchange.write(format!("HTTP/1.1 {status}\r\nRequest-Id: req_1\r\n{framing}x"))?;
                exchange.wait(Duration::from_millis(30));
                if reset {
                    exchange.reset();
                } else {
                    exchange.close();
                }
                Ok(())
            });
            let (server, transport) = (server.unwrap(), transport());
            match send(&transport, get(server.url())) {
                Ok(response) if !is_success => {
                    assert_eq!(response.status().as_str(), &status[..3]);
                    assert_eq!(response.headers()["request-id"], "req_1");
                    assert_eq!(response.body(), "x", "{status} {framing:?}");
                }
                Err(error) if is_success => assert_eq!(error.kind(), Kind::Interrupted, "{framing:?}"),
                outcome => panic!("{status} {framing:?}: {outcome:?}"),
            }
            assert_eq!(send(&transport, get(server.url())).unwrap().body(), "good");
            assert_eq!(server.connections(), 2, "{status} {framing:?}");
        }
    }
}

#[test]
fn folded_header_line_is_joined() {
    const RESPONSE: &str = "HTTP/1.1 103 Early Hints\r\nLink: <x>;\r\n rel=y\r\n\r\n\
        HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\n\t three\r\nRequest-Id:\r\n req_1\r\nContent-Length: 6\r\n\r\n{\r\n  }";
    for tls in each_tls() {
        for piece in [1, 7, RESPONSE.len()] {
            let server = Server::start(tls.clone(), move |stream, _| {
                loop {
                    stream.read_head()?;
                    let (head, body) = RESPONSE.split_at(RESPONSE.find('{').unwrap());
                    for piece in head.as_bytes().chunks(piece) {
                        stream.write_all(piece)?;
                        stream.flush()?;
                    }
                    // Long enough for the head to arrive by itself.
                    thread::sleep(Duration::from_millis(100));
                    stream.say(body)?;
                }
            });
            let transport = server.transport();
            for _ in 0..2 {
                let response = send(&transport, get(&server.url())).unwrap();
                let folded = response.headers()["x-folded"].to_str().unwrap();
                assert_eq!(folded.split_whitespace().collect::<Vec<_>>(), ["one", "two", "three"]);
                assert_eq!(response.headers()["request-id"], "req_1");
                assert_eq!(response.body(), "{\r\n  }");
            }
            assert_eq!(server.connections(), 1);
        }
    }
}
