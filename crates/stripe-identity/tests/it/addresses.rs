//! Hosts with several addresses, some of which never respond.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use stripe_identity::{AttemptTimeout, TransportErrorKind as Kind};
use stripe_identity_hyper::{HyperTransport, HyperTransportBuilder, Proxy};
use stripe_identity_mock::RawServer;
use stripe_identity_reqwest::{ReqwestTransport, Resolver, reqwest};

use crate::backends::{Backend, PATIENCE, get, over_hyper, over_reqwest};
use crate::networks::ConnectProxy;
use crate::tls::{trusting, trusting_none};

/// An address that never responds: a listener whose queue is full, and the connections that fill it.
pub(crate) struct Silent {
    pub(crate) address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Silent {
    /// Occupies an address of this machine. Fails if the machine does not have it.
    pub(crate) fn on(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.bind(&address.into())?;
        socket.listen(0)?;
        let listener = TcpListener::from(socket);
        let mut waiting = Vec::new();
        // Systems differ in the length of the queue.
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            waiting.push(stream);
            assert!(waiting.len() < 64, "the queue of the listener has no end");
        }
        Ok(Self { address, _listener: listener, _waiting: waiting })
    }

    /// Occupies another address of this machine, with the port of a server.
    pub(crate) fn beside(server: &str) -> Self {
        let port = server.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
        Self::on((Ipv4Addr::new(127, 0, 0, 2), port).into()).unwrap()
    }
}

/// Shared by the addresses of a host. Far longer than a connection takes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

fn backends(
    set: impl Fn(HyperTransportBuilder) -> HyperTransportBuilder,
    set_reqwest: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> [Backend; 2] {
    let hyper = set(HyperTransport::builder().connect_timeout(CONNECT_TIMEOUT));
    let reqwest = set_reqwest(ReqwestTransport::client_builder().connect_timeout(CONNECT_TIMEOUT));
    [over_hyper(hyper.build().unwrap()), over_reqwest(ReqwestTransport::new(reqwest.build().unwrap()))]
}

fn knowing(name: &str, addresses: &[SocketAddr]) -> [Backend; 2] {
    backends(
        |hyper| hyper.resolve(name, addresses.iter().copied()),
        |reqwest| reqwest.resolve_to_addrs(name, addresses).tls_backend_preconfigured(trusting_none()),
    )
}

fn loopback(server: &RawServer) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, server.address().port()).into()
}

#[test]
fn silent_address_leaves_time_for_the_next() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let (silent, good) = (Silent::beside(server.url()), loopback(&server));
    for addresses in [[silent.address, good], [good, silent.address]] {
        for backend in knowing("two.test", &addresses) {
            let response = (backend.send)(get(&format!("http://two.test:{}/v1/x", good.port())));
            assert_eq!(response.expect(backend.name).status(), 200, "{}", backend.name);
        }
    }
}

/// The default connect timeout is longer than the attempt.
#[test]
fn silent_addresses_leave_time_within_an_attempt_over_hyper() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let (listener, good) = (Silent::beside(server.url()), loopback(&server));
    let silent = listener.address;
    let refusing = (Ipv4Addr::new(127, 0, 0, 9), good.port()).into();
    let request = || get(&format!("http://two.test:{}/v1/x", good.port()));
    for (addresses, timeout) in [
        (&[silent, good][..], 10_000),
        (&[silent, silent, silent, good], 10_000),
        // Less than the transport usually waits before it tries the next address.
        (&[silent, good], 400),
        (&[silent, refusing, silent, refusing, good], 5_000),
    ] {
        // A busy machine may be late, so one attempt in time suffices.
        let is_in_time = (0..10).any(|_| {
            let hyper = HyperTransport::builder().resolve("two.test", addresses.iter().copied()).build().unwrap();
            let mut request = request();
            request.extensions_mut().insert(AttemptTimeout(Duration::from_millis(timeout)));
            (over_hyper(hyper).send)(request).is_ok()
        });
        assert!(is_in_time, "{addresses:?} within {timeout} ms");
    }
}

#[test]
fn retry_over_reqwest_begins_with_another_address() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let (listener, good) = (Silent::beside(server.url()), loopback(&server));
    let silent = listener.address;
    let addresses = Resolver::new().resolve_to_addrs("two.test", [silent, good]);
    let builder = ReqwestTransport::client_builder().tls_backend_preconfigured(trusting_none());
    let transport = over_reqwest(ReqwestTransport::new(builder.dns_resolver(addresses).build().unwrap()));
    let attempt = || {
        let mut request = get(&format!("http://two.test:{}/v1/x", good.port()));
        request.extensions_mut().insert(AttemptTimeout(Duration::from_secs(5)));
        (transport.send)(request)
    };
    assert_eq!(attempt().unwrap_err().kind(), Kind::Timeout);
    assert_eq!(attempt().unwrap().status(), 200);
}

#[test]
fn refused_addresses_are_connect_at_once_over_hyper() {
    // The port is reserved for a service that is not in use.
    let refusing = (Ipv4Addr::LOCALHOST, 1).into();
    let hyper = HyperTransport::builder().resolve("two.test", [refusing; 20]).build().unwrap();
    let error = (over_hyper(hyper).send)(get("http://two.test/v1/x")).unwrap_err();
    assert_eq!((error.kind(), error.was_sent()), (Kind::Connect, false), "{error:?}");
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    assert!(cause.to_string().contains("refused"), "{error:?}");
}

#[test]
fn ip_address_as_host_is_reached() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let hyper = over_hyper(HyperTransport::new().unwrap());
    assert_eq!((hyper.send)(get(&format!("{}/v1/x", server.url()))).unwrap().status(), 200);
    // Some machines have no IPv6.
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut read = [0; 1024];
        assert!(stream.read(&mut read).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    assert_eq!((hyper.send)(get(&format!("http://{address}/v1/x"))).unwrap().status(), 200);
}

#[test]
fn silent_ipv6_address_leaves_time_for_ipv4() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let good = loopback(&server);
    // Some machines have no IPv6.
    let Ok(silent) = Silent::on((IpAddr::V6(Ipv6Addr::LOCALHOST), good.port()).into()) else { return };
    for backend in knowing("two.test", &[silent.address, good]) {
        let response = (backend.send)(get(&format!("http://two.test:{}/v1/x", good.port())));
        assert_eq!(response.expect(backend.name).status(), 200, "{}", backend.name);
    }
}

#[test]
fn silent_addresses_are_connect() {
    let server = RawServer::start(|_| Ok(())).unwrap();
    let first = Silent::beside(server.url());
    let second = Silent::on((Ipv4Addr::new(127, 0, 0, 3), first.address.port()).into()).unwrap();
    for backend in knowing("two.test", &[first.address, second.address]) {
        let started = Instant::now();
        let error = (backend.send)(get(&format!("http://two.test:{}/v1/x", first.address.port()))).unwrap_err();
        assert_eq!((error.kind(), error.was_sent()), (Kind::Connect, false), "{}: {error:?}", backend.name);
        assert!(started.elapsed() < PATIENCE, "{}", backend.name);
    }
}

#[test]
fn silent_address_of_a_proxy_leaves_time_for_the_next() {
    let server = RawServer::start_tls(|exchange| exchange.respond("200 OK", "{}")).unwrap();
    let proxy = ConnectProxy::start();
    let (silent, good): (_, SocketAddr) = (Silent::beside(&proxy.authority), proxy.authority.parse().unwrap());
    let (url, addresses) = (format!("http://robin:p%40ss@proxy.test:{}", good.port()), [silent.address, good]);
    let tls = || trusting(server.certificate().unwrap());
    let backends = backends(
        |hyper| hyper.resolve("Proxy.test", addresses).proxy(Proxy::new(&url).unwrap()).tls_config(tls()),
        |reqwest| {
            let proxy = reqwest::Proxy::https(&url).unwrap();
            reqwest.resolve_to_addrs("proxy.test", &addresses).proxy(proxy).tls_backend_preconfigured(tls())
        },
    );
    for backend in backends {
        let response = (backend.send)(get(&format!("https://stripe.test:{}/v1/x", server.address().port())));
        assert_eq!(response.expect(backend.name).status(), 200, "{}", backend.name);
    }
}
