//! Servers that respond to an upload before they have read it.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use rustls::version::{TLS12, TLS13};
use stripe_identity_core::TransportErrorKind as Kind;

use stripe_identity_ureq::Proxy;

use crate::servers::{Act, Outcome, PATIENCE, Server, Stream, each_tls, get, post, send, tls_for, within};

const REFUSAL: &str = "HTTP/1.1 413 Payload Too Large\r\nRequest-Id: req_1\r\nContent-Length: 2\r\n\r\n{}";
/// Sizes from below the buffers of sockets to far above.
const SIZES: [usize; 6] = [100, 150_000, 700_000, 3_000_000, 7_000_000, MOST];
const MOST: usize = 12 << 20;

fn body(size: usize) -> Vec<u8> {
    // The period divides no buffer's size, so that a lost or repeated part is noticed.
    let mut body = (0..=250).collect::<Vec<u8>>().repeat(size / 251 + 1);
    body.truncate(size);
    body
}

fn expect_refusal(outcome: Outcome, case: &str) {
    let response = outcome.expect(case);
    assert_eq!((response.status().as_u16(), &response.headers()["request-id"]), (413, &"req_1".parse().unwrap()));
    assert_eq!(response.body(), "{}", "{case}");
}

/// Responds to each request, and runs `end` for an upload instead of reading its body.
fn refuse(stream: &mut dyn Stream, end: Act) -> io::Result<()> {
    loop {
        if stream.read_head()?.starts_with("POST") {
            return end(stream);
        }
        stream.say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")?;
    }
}

#[test]
fn upload_refused_unread_is_a_response_after_one_attempt() {
    let ends: [(&str, Act); 4] = [
        ("stays open", |stream| {
            stream.say(REFUSAL)?;
            stream.wait_for_the_end();
            Ok(())
        }),
        ("closes", |stream| stream.say(REFUSAL)),
        ("says that nothing more comes", |stream| {
            stream.say(REFUSAL)?;
            stream.tcp().shutdown(Shutdown::Write)?;
            stream.wait_for_the_end();
            Ok(())
        }),
        ("takes its time", |stream| {
            stream.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 4")?;
            thread::sleep(Duration::from_millis(150));
            stream.say(&REFUSAL[10..REFUSAL.len() - 1])?;
            thread::sleep(Duration::from_millis(150));
            stream.say("}")?;
            stream.wait_for_the_end();
            Ok(())
        }),
    ];
    for (name, end) in ends {
        for tls in each_tls() {
            let server = Server::start(tls, move |stream, _| refuse(stream, end));
            for size in SIZES {
                for kept in [false, true] {
                    let case = format!("{name}, {} {size} bytes, kept: {kept}", server.url());
                    let (transport, before) = (server.transport(), server.connections());
                    if kept {
                        assert_eq!(send(&transport, get(&server.url())).expect(&case).body(), "good");
                    }
                    expect_refusal(send(&transport, post(&server.url(), body(size))), &case);
                    assert_eq!(server.connections() - before, 1, "{case}");
                    // The connection is in the middle of a request, so no other can use it. A
                    // smaller body may have fitted into the buffers of the sockets.
                    if size == MOST {
                        assert_eq!(send(&transport, get(&server.url())).expect(&case).body(), "good");
                    }
                }
            }
        }
    }
}

#[test]
fn upload_refused_while_it_is_read_slowly_is_a_response() {
    for tls in each_tls() {
        let server = Server::start(tls, |stream, _| {
            refuse(stream, |stream| {
                stream.say(REFUSAL)?;
                let mut some = vec![0; 64 * 1024];
                while stream.read(&mut some)? > 0 {
                    thread::sleep(Duration::from_millis(30));
                }
                Ok(())
            })
        });
        let transport = server.transport();
        // Sending all of it would take several times as long.
        let request = within(PATIENCE / 4, post(&server.url(), body(8 * MOST)));
        expect_refusal(send(&transport, request), &server.url());
        assert_eq!(send(&transport, get(&server.url())).unwrap().body(), "good");
        assert_eq!(server.connections(), 2);
    }
}

/// Opens a tunnel for one connection.
fn tunnel(stream: &mut dyn Stream, to: SocketAddr) -> io::Result<()> {
    stream.read_head()?;
    let server = TcpStream::connect(to)?;
    stream.say("HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut from_client, mut to_server) = (stream.tcp().try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from_client, &mut to_server));
    let (mut from_server, mut to_client) = (server, stream.tcp().try_clone()?);
    io::copy(&mut from_server, &mut to_client)?;
    to_client.shutdown(Shutdown::Both)
}

#[test]
fn upload_refused_unread_through_a_proxy_is_a_response() {
    for version in [&TLS12, &TLS13] {
        let server = Server::start(Some(tls_for("stripe.test", &[version], false)), |stream, _| {
            refuse(stream, |stream| {
                stream.say(REFUSAL)?;
                stream.wait_for_the_end();
                Ok(())
            })
        });
        let to = server.address;
        let proxy = Server::start(None, move |stream, _| tunnel(stream, to));
        let transport =
            server.builder().proxy(Proxy::new(&format!("http://{}", proxy.address)).unwrap()).build().unwrap();
        let far = "https://stripe.test/v1/x";
        expect_refusal(send(&transport, post(far, body(MOST))), "fresh");
        assert_eq!(send(&transport, get(far)).unwrap().body(), "good");
        expect_refusal(send(&transport, post(far, body(MOST))), "kept");
        assert_eq!((server.connections(), proxy.connections()), (2, 2));
    }
}

#[test]
fn upload_that_is_read_late_arrives_complete() {
    let announcements = ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"];
    for announcement in announcements {
        for tls in each_tls() {
            let size = 8 << 20;
            let server = Server::start(tls, move |stream, _| {
                loop {
                    stream.read_head()?;
                    let mut received = vec![0; size];
                    for part in received.chunks_mut(3_000_000) {
                        // Long enough for the client to notice that its output is stuck, and to
                        // check for input.
                        stream.say(announcement)?;
                        thread::sleep(Duration::from_millis(200));
                        stream.read_exact(part)?;
                    }
                    let status = if received == body(size) { "200 OK" } else { "400 Bad Request" };
                    stream.say(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"))?;
                }
            });
            let transport = server.transport();
            for _ in 0..2 {
                let response = send(&transport, post(&server.url(), body(size))).unwrap();
                assert_eq!(response.status(), 200, "{announcement:?} {}", server.url());
            }
            assert_eq!(server.connections(), 1, "{announcement:?} {}", server.url());
        }
    }
}

#[test]
fn upload_that_is_never_read_is_a_timeout() {
    for announcement in ["", "HTTP/1.1 100 Continue\r\n\r\n"] {
        for tls in each_tls() {
            let server = Server::start(tls, move |stream, _| {
                stream.read_head()?;
                stream.say(announcement)?;
                stream.wait_for_the_end();
                Ok(())
            });
            let request = within(Duration::from_millis(500), post(&server.url(), body(MOST)));
            assert_eq!(send(&server.transport(), request).unwrap_err().kind(), Kind::Timeout, "{}", server.url());
        }
    }
}

#[test]
fn upload_that_breaks_off_without_a_response_is_interrupted() {
    let beginnings =
        ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 4", "HTTP/1.1 413 Payload Too Large\r\nRequest-Id: "];
    for beginning in beginnings {
        for tls in each_tls() {
            for half in [false, true] {
                let server = Server::start(tls.clone(), move |stream, _| {
                    stream.read_head()?;
                    stream.say(beginning)?;
                    if half {
                        stream.tcp().shutdown(Shutdown::Write)?;
                        stream.wait_for_the_end();
                    }
                    Ok(())
                });
                let outcome = send(&server.transport(), post(&server.url(), body(MOST)));
                assert_eq!(outcome.unwrap_err().kind(), Kind::Interrupted, "{beginning:?} {}", server.url());
                assert_eq!(server.connections(), 1);
            }
        }
    }
}

#[test]
fn endless_interim_responses_end_an_upload() {
    for tls in each_tls() {
        let server = Server::start(tls, |stream, _| {
            stream.read_head()?;
            loop {
                stream.say(&"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100))?;
            }
        });
        let request = within(Duration::from_secs(2), post(&server.url(), body(MOST)));
        let error = send(&server.transport(), request).unwrap_err();
        assert!(error.was_sent(), "{error:?}");
    }
}
