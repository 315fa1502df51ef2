//! Proxies, root certificates, HTTP versions and pools.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity::BlockingHttpTransport;
use stripe_identity::TransportErrorKind as Kind;
use stripe_identity::http::Request;
use stripe_identity_hyper::{HttpVersion, HyperTransport, HyperTransportBuilder, Proxy};
use stripe_identity_mock::RawServer;
use stripe_identity_reqwest::{ReqwestTransport, reqwest};
use stripe_identity_ureq::{Proxy as UreqProxy, UreqTransport, UreqTransportBuilder};

use crate::backends::{Backend, PATIENCE, get, over_hyper, over_reqwest, over_ureq};
use crate::tls::trusting;

/// A proxy that opens tunnels, only to this machine, for clients with the password.
pub(crate) struct ConnectProxy {
    pub(crate) authority: String,
    /// The heads of the requests for a tunnel.
    asked: Arc<Mutex<Vec<String>>>,
}

impl ConnectProxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heads = asked.clone();
        // The thread ends with the process, and each connection with its client.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let heads = heads.clone();
                thread::spawn(move || tunnel(client, &heads));
            }
        });
        Self { authority, asked }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn tunnel(client: TcpStream, heads: &Mutex<Vec<String>>) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    heads.lock().unwrap().push(head.clone());
    // robin:p@ss
    if !head.to_ascii_lowercase().contains("proxy-authorization: basic cm9iaw46cebzcw==") {
        return (&client).write_all(b"HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n");
    }
    // The tunnel leads to this machine, whatever the name.
    let port: u16 = head.split([':', ' ']).nth(2).and_then(|port| port.parse().ok()).unwrap();
    let server = TcpStream::connect(("127.0.0.1", port))?;
    (&client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut to_server, mut from_server, mut to_client) = (server.try_clone()?, server, client);
    let there = thread::spawn(move || {
        let _ = io::copy(&mut reader, &mut to_server);
        to_server.shutdown(Shutdown::Write)
    });
    io::copy(&mut from_server, &mut to_client)?;
    to_client.shutdown(Shutdown::Write)?;
    let _ = there.join();
    Ok(())
}

fn hyper(server: &RawServer) -> HyperTransportBuilder {
    HyperTransport::builder().tls_config(trusting(server.certificate().unwrap()))
}

fn ureq(server: &RawServer) -> UreqTransportBuilder {
    UreqTransport::builder().root_certificate(server.certificate().unwrap())
}

fn reqwest(server: &RawServer) -> reqwest::ClientBuilder {
    ReqwestTransport::client_builder().tls_backend_preconfigured(trusting(server.certificate().unwrap()))
}

fn through(server: &RawServer, proxy: &str) -> [Backend; 3] {
    let reqwest = reqwest(server).proxy(reqwest::Proxy::https(proxy).unwrap());
    [
        over_hyper(hyper(server).proxy(Proxy::new(proxy).unwrap()).build().unwrap()),
        over_reqwest(ReqwestTransport::new(reqwest.build().unwrap())),
        over_ureq(ureq(server).proxy(UreqProxy::new(proxy).unwrap()).build().unwrap()),
    ]
}

fn server() -> RawServer {
    RawServer::start_tls(|exchange| exchange.respond("200 OK", "{}")).unwrap()
}

/// Returns a URL whose host has no address, so that only a proxy reaches it.
fn far_away(server: &RawServer) -> String {
    format!("https://stripe.test:{}/v1/x?secret=1", server.address().port())
}

#[test]
fn proxy_with_the_right_password_opens_a_tunnel() {
    let (server, proxy) = (server(), ConnectProxy::start());
    for backend in through(&server, &format!("http://robin:p%40ss@{}", proxy.authority)) {
        let before = server.requests().len();
        for _ in 0..2 {
            let response = (backend.send)(get(&far_away(&server)));
            assert_eq!(response.expect(backend.name).body(), "{}");
        }
        let requests = &server.requests()[before..];
        assert_eq!(
            (requests.len(), requests[0].uri().to_string()),
            (2, "/v1/x?secret=1".to_owned()),
            "{}",
            backend.name
        );
        let is_leaked = requests.iter().flat_map(Request::headers).any(|(name, _)| name.as_str().starts_with("proxy"));
        assert!(!is_leaked, "{}: a header for the proxy reached the server", backend.name);
    }
    for head in proxy.asked() {
        assert!(head.starts_with(&format!("CONNECT stripe.test:{} HTTP/1.1\r\n", server.address().port())), "{head}");
        assert!(!head.contains("secret"), "{head}");
    }
    assert!(
        (3..=4).contains(&proxy.asked().len()),
        "each backend should open one tunnel and use it twice: {:?}",
        proxy.asked()
    );
}

#[test]
fn proxy_with_a_wrong_password_is_connect_and_gets_no_request() {
    let (server, proxy) = (server(), ConnectProxy::start());
    for backend in through(&server, &format!("http://robin:wrong@{}", proxy.authority)) {
        let error = (backend.send)(get(&far_away(&server))).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (Kind::Connect, false), "{}: {error:?}", backend.name);
        let shown = format!("{error:?} {error}");
        assert!(!shown.contains("wrong") && !shown.contains("secret"), "{shown}");
    }
    assert!(server.requests().is_empty() && !proxy.asked().is_empty());
}

#[test]
fn missing_proxy_is_connect() {
    let server = server();
    for backend in through(&server, "http://127.0.0.1:1") {
        let error = (backend.send)(get(&far_away(&server))).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (Kind::Connect, false), "{}: {error:?}", backend.name);
    }
}

#[test]
fn proxy_with_another_status_than_200_is_connect() {
    let server = server();
    for status in ["201 Created", "204 No Content", "302 Found", "400 Bad Request", "502 Bad Gateway"] {
        let proxy = RawServer::start(move |exchange| exchange.respond(status, "")).unwrap();
        for backend in through(&server, proxy.url()) {
            let error = (backend.send)(get(&far_away(&server))).unwrap_err();
            assert_eq!(
                (error.kind(), error.was_sent()),
                (Kind::Connect, false),
                "{} {status}: {error:?}",
                backend.name
            );
        }
    }
}

#[test]
fn loopback_host_is_reached_without_a_proxy() {
    let (server, proxy) = (server(), ConnectProxy::start());
    for backend in through(&server, &format!("http://robin:p%40ss@{}", proxy.authority)) {
        // A reqwest client has exceptions only if its builder sets them.
        if backend.name != "reqwest" {
            (backend.send)(get(&format!("{}/v1/x", server.url()))).expect(backend.name);
        }
    }
    assert_eq!((server.requests().len(), proxy.asked().len()), (2, 0));
}

#[test]
fn connect_timeout_covers_a_proxy_too() {
    let server = server();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (proxy, short) = (format!("http://{}", silent.local_addr().unwrap()), Duration::from_millis(200));
    for backend in [
        over_hyper(hyper(&server).proxy(Proxy::new(&proxy).unwrap()).connect_timeout(short).build().unwrap()),
        over_ureq(ureq(&server).proxy(UreqProxy::new(&proxy).unwrap()).connect_timeout(short).build().unwrap()),
    ] {
        let started = Instant::now();
        let error = (backend.send)(get(&far_away(&server))).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (Kind::Connect, false), "{}: {error:?}", backend.name);
        assert!(started.elapsed() < PATIENCE / 2, "{}", backend.name);
    }
}

#[test]
fn roots_are_added_or_configured_and_not_both() {
    let server = server();
    let certificate = server.certificate().unwrap();
    let added = HyperTransport::builder().root_certificate(certificate).build().unwrap();
    assert!((over_hyper(added).send)(get(server.url())).is_ok());
    let only = HyperTransport::builder().without_default_roots().root_certificate(certificate).build().unwrap();
    assert!((over_hyper(only).send)(get(server.url())).is_ok());
    for wrong in [
        HyperTransport::builder().root_certificate(*b"none"),
        HyperTransport::builder().without_default_roots(),
        hyper(&server).root_certificate(certificate),
        hyper(&server).without_default_roots(),
    ] {
        assert_eq!(wrong.build().unwrap_err().kind(), Kind::Tls);
    }
    let malformed = UreqTransport::builder().root_certificate(*b"none").build().unwrap();
    assert_eq!((over_ureq(malformed).send)(get(server.url())).unwrap_err().kind(), Kind::Tls);
    assert_eq!(UreqTransport::builder().without_default_roots().build().unwrap_err().kind(), Kind::Tls);
}

#[test]
fn http_version_can_be_chosen() {
    let server = crate::tls::TlsServer::start(&["h2", "http/1.1"]);
    for (version, spoken) in
        [(HttpVersion::Negotiated, "HTTP/2.0"), (HttpVersion::Http1, "HTTP/1.1"), (HttpVersion::Http2, "HTTP/2.0")]
    {
        let transport = HyperTransport::builder().tls_config(trusting(&server.certificate)).http_version(version);
        let response = (over_hyper(transport.build().unwrap()).send)(get(&server.url)).unwrap();
        assert_eq!(response.body(), spoken, "{version:?}");
    }
    let old = crate::tls::TlsServer::start(&["http/1.1"]);
    let transport = HyperTransport::builder().tls_config(trusting(&old.certificate)).http_version(HttpVersion::Http2);
    let error = (over_hyper(transport.build().unwrap()).send)(get(&old.url)).unwrap_err();
    assert!(!error.was_sent(), "{error:?}");
}

#[test]
fn idle_connections_follow_the_settings() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let connections = |backend: Backend| {
        let before = server.connections();
        // The pauses differ, so that one of them is long enough even on a busy machine.
        for pause in [50, 150, 500, 0] {
            (backend.send)(get(server.url())).unwrap();
            thread::sleep(Duration::from_millis(pause));
        }
        server.connections() - before
    };
    let hyper = |builder: HyperTransportBuilder| connections(over_hyper(builder.build().unwrap()));
    let ureq = |builder: UreqTransportBuilder| connections(over_ureq(builder.build().unwrap()));
    let (short, unlimited) = (Duration::from_millis(20), Duration::MAX);
    assert!(hyper(HyperTransport::builder()) < 4 && ureq(UreqTransport::builder()) < 4);
    assert_eq!(hyper(HyperTransport::builder().pool_max_idle(0)), 4);
    assert_eq!(ureq(UreqTransport::builder().pool_max_idle(0)), 4);
    assert_eq!(hyper(HyperTransport::builder().pool_idle_timeout(short)), 4);
    assert_eq!(ureq(UreqTransport::builder().pool_idle_timeout(short)), 4);
    assert!(hyper(HyperTransport::builder().pool_idle_timeout(unlimited).connect_timeout(unlimited)) < 4);
    assert!(ureq(UreqTransport::builder().pool_idle_timeout(unlimited).connect_timeout(unlimited)) < 4);
}

#[test]
fn pool_keeps_as_many_connections_as_concurrent_requests() {
    let server = RawServer::start(|exchange| {
        exchange.wait(Duration::from_millis(20));
        exchange.respond("200 OK", "{}")
    });
    let server = server.unwrap();
    let (transport, together) = (UreqTransport::new().unwrap(), Barrier::new(12));
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for _ in 0..10 {
                    // All threads send at once, and then none for a moment.
                    together.wait();
                    BlockingHttpTransport::send(&transport, get(server.url())).unwrap();
                }
            });
        }
    });
    assert!(server.connections() <= 24, "120 requests over {} connections", server.connections());
}

#[test]
fn reqwest_client_that_follows_redirects_is_detected() {
    let server = RawServer::start(|exchange| match exchange.request().uri().path() {
        "/elsewhere" => exchange.respond("200 OK", "{}"),
        _ => exchange.write("HTTP/1.1 307 X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"),
    });
    let server = server.unwrap();
    let url = format!("{}/v1/x", server.url());
    let default = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(crate::tls::trusting_none());
    let error = (over_reqwest(ReqwestTransport::new(default.build().unwrap())).send)(get(&url)).unwrap_err();
    assert_eq!((error.kind(), server.requests().len()), (Kind::Other, 2));

    let suitable = ReqwestTransport::client_builder().tls_backend_preconfigured(crate::tls::trusting_none());
    let response = (over_reqwest(ReqwestTransport::new(suitable.build().unwrap())).send)(get(&url)).unwrap();
    assert_eq!((response.status().as_u16(), server.requests().len()), (307, 3));
}
