//! The outcome of each fault of a server or proxy, on real sockets and over each backend.

use std::io::{self, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::version::TLS13;
use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{
    BlockingClient, BlockingHttpTransport, Client, Config, ConfigBuilder, CreateVerificationSession, Error, ErrorKind,
    HttpTransport, TransportError, VerificationSession, async_trait,
};
use stripe_identity_hyper::{HyperTransport, Proxy};
use stripe_identity_mock::{Exchange, RawServer};
use stripe_identity_reqwest::{ReqwestTransport, Resolver, reqwest};
use stripe_identity_ureq::UreqTransport;

use crate::addresses::Silent;
use crate::backends::REFUSING;
use crate::http2_server::{Act, Http2Server};
use crate::tls::RefusingServer;

/// Far longer than an immediate response takes on a busy machine, TLS handshake included.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
/// Less than the share of the default connect timeout that a silent address would get.
const FEW_SECONDS: Duration = Duration::from_secs(5);
const DEADLINE: Duration = Duration::from_secs(600);
/// How much longer a busy machine may take: reading a flood takes computing time.
const SLACK: Duration = Duration::from_secs(240);
const FOREVER: Duration = Duration::from_secs(300);

/// A transport whose waits end at once.
#[derive(Debug)]
pub(crate) struct Hasty<T>(pub(crate) T);

#[async_trait]
impl<T: HttpTransport> HttpTransport for Hasty<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request).await
    }

    async fn sleep(&self, _: Duration) {}
}

impl<T: BlockingHttpTransport> BlockingHttpTransport for Hasty<T> {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request)
    }

    fn sleep(&self, _: Duration) {}
}

pub(crate) type Create = dyn Fn(CreateVerificationSession, Option<&str>) -> Outcome;
pub(crate) type Outcome = Result<stripe_identity::Response<VerificationSession>, Error>;

/// A client over a backend that creates sessions.
pub(crate) struct Creator {
    pub(crate) name: &'static str,
    pub(crate) create: Box<Create>,
}

/// The indices of the backends in an array of all three.
pub(crate) const HYPER: usize = 0;
pub(crate) const REQWEST: usize = 1;
pub(crate) const UREQ: usize = 2;

/// Larger than any complete response here, and quick to read.
const MAX_BODY_SIZE: usize = 1024 * 1024;

pub(crate) fn creators(config: &Config, certificate: Option<&[u8]>) -> [Creator; 3] {
    creators_through(config, certificate, None)
}

fn creators_through(config: &Config, certificate: Option<&[u8]>, proxy: Option<&str>) -> [Creator; 3] {
    let mut hyper = HyperTransport::builder().max_body_size(MAX_BODY_SIZE);
    let mut ureq = UreqTransport::builder().max_body_size(MAX_BODY_SIZE);
    let mut reqwest = ReqwestTransport::client_builder();
    if let Some(proxy) = proxy {
        hyper = hyper.proxy(Proxy::new(proxy).unwrap());
        ureq = ureq.proxy(stripe_identity_ureq::Proxy::new(proxy).unwrap());
        reqwest = reqwest.proxy(reqwest::Proxy::https(proxy).unwrap());
    }
    let mut trusted = crate::tls::trusting_none();
    if let Some(certificate) = certificate {
        trusted = crate::tls::trusting(certificate);
        hyper = hyper.tls_config(trusted.clone());
        ureq = ureq.without_default_roots().root_certificate(certificate);
    }
    let reqwest = ReqwestTransport::new(reqwest.tls_backend_preconfigured(trusted).build().unwrap());
    let blocking = BlockingClient::new(config.clone(), Hasty(ureq.build().unwrap()));
    [
        awaiting("hyper", Client::new(config.clone(), Hasty(hyper.build().unwrap()))),
        awaiting("reqwest", Client::new(config.clone(), Hasty(reqwest.max_body_size(MAX_BODY_SIZE)))),
        Creator {
            name: "ureq",
            create: Box::new(move |params, key| {
                let call = blocking.verification_sessions().create(params);
                if let Some(key) = key { call.idempotency_key(key) } else { call }.send()
            }),
        },
    ]
}

fn awaiting(name: &'static str, client: Client) -> Creator {
    // With one thread, a transport that does not yield stops the clock too.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let create = move |params: CreateVerificationSession, key: Option<&str>| {
        let call = client.verification_sessions().create(params);
        let call = if let Some(key) = key { call.idempotency_key(key) } else { call };
        runtime.block_on(call.into_future())
    };
    Creator { name, create: Box::new(create) }
}

type Behaviour = Arc<dyn Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync>;

struct Fault {
    name: &'static str,
    behave: Behaviour,
    server: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    /// The client speaks TLS, the server does not.
    NotTls,
    Trusted,
    Unknown,
}

fn fault(name: &'static str, behave: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static) -> Fault {
    Fault { name, behave: Arc::new(behave), server: Kind::Plain }
}

pub(crate) const SESSION: &str = r#"{"id": "vs_1", "object": "identity.verification_session"}"#;
const HEAD: &str = "HTTP/1.1 200 OK\r\n";

fn well(exchange: &mut Exchange<'_>) -> io::Result<()> {
    exchange.respond("200 OK", SESSION)
}

/// Writes bytes, waits long enough for them to arrive, and ends the connection.
fn cut(name: &'static str, bytes: &'static str, reset: bool) -> Fault {
    fault(name, move |exchange| {
        exchange.write(bytes)?;
        exchange.wait(Duration::from_millis(30));
        if reset {
            exchange.reset();
        } else {
            exchange.close();
        }
        Ok(())
    })
}

/// Writes `first`, and then repeats `then`.
fn endless(name: &'static str, first: &'static str, then: impl AsRef<[u8]>, pause: Duration) -> Fault {
    let then = then.as_ref().to_vec();
    fault(name, move |exchange| {
        exchange.write(first)?;
        let end = Instant::now() + FOREVER;
        while Instant::now() < end && (pause.is_zero() || exchange.wait(pause)) {
            exchange.write(&then)?;
        }
        Ok(())
    })
}

fn many(text: &str) -> String {
    text.repeat(1 + 10_000 / text.len())
}

fn faults() -> Vec<Fault> {
    let (at_once, drip) = (Duration::ZERO, Duration::from_millis(20));
    vec![
        fault("responds", well),
        fault("sends nothing", |exchange| {
            exchange.wait(FOREVER);
            Ok(())
        }),
        cut("closes before the headers", "", false),
        cut("resets before the headers", "", true),
        cut("closes in the headers", "HTTP/1.1 200 OK\r\nContent-Le", false),
        cut("resets in the headers", "HTTP/1.1 200 OK\r\nContent-Le", true),
        cut("closes in the body", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\": \"vs", false),
        cut("resets in the body", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"id\": \"vs", true),
        cut("closes in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{\"id\": \"vs", false),
        fault("a chunk without a size", |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n{}\r\n0\r\n\r\n")
        }),
        fault("a content length beyond 64 bits", |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}")
        }),
        fault("two content lengths that differ", |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 57\r\n\r\n")?;
            exchange.write(SESSION)
        }),
        fault("a second response after the first", |exchange| {
            let evil = format!("{HEAD}Content-Length: 17\r\n\r\n{{\"id\": \"vs_evil\"}}");
            exchange.write(format!("{HEAD}Content-Length: {}\r\n\r\n{SESSION}{evil}", SESSION.len()))
        }),
        fault("closes when the next request comes", |exchange| {
            well(exchange)?;
            exchange.wait_for_next()?;
            exchange.reset();
            Ok(())
        }),
        endless("an endless header", "HTTP/1.1 200 OK\r\nX: ", many("x"), at_once),
        endless("endless headers", HEAD, many("X: y\r\n"), at_once),
        endless("endless 1xx responses", "", "HTTP/1.1 103 Early Hints\r\n\r\n", drip),
        endless(
            "an endless chunk extension",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;",
            many("x"),
            at_once,
        ),
        endless("an endless body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk(100_000), at_once),
        endless("headers that drip", "HTTP/1.1 200 OK\r\nX: ", "x", drip),
        endless("a body that drips", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", "x", drip),
        fault("HTTP/1.0, closing", |exchange| {
            exchange.write(format!("HTTP/1.0 200 OK\r\n\r\n{SESSION}"))?;
            exchange.close();
            Ok(())
        }),
        fault("bytes that are not HTTP", |exchange| exchange.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        fault("a gateway's page", |exchange| exchange.respond("502 Bad Gateway", "<html>Robin</html>")),
        fault("a gateway's page of 17 MB", |exchange| exchange.respond("502 Bad Gateway", vec![b' '; 17_000_000])),
        endless(
            "an endless page of a gateway",
            "HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunk(100_000),
            at_once,
        ),
        cut("a 502 cut in the body", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 99\r\n\r\n{\"error\": {\"ty", false),
        cut(
            "a 402 reset in a chunk",
            "HTTP/1.1 402 Payment Required\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n{\"error\": {\"ty",
            true,
        ),
        fault("a 401 whose body stalls", |exchange| {
            exchange.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\n{\"error\": {\"ty")?;
            exchange.wait(FOREVER);
            Ok(())
        }),
        endless("a 413 whose body drips", "HTTP/1.1 413 Content Too Large\r\nContent-Length: 9999\r\n\r\n", "x", drip),
        fault("a folded header line", |exchange| {
            exchange.write(format!("{HEAD}X-Folded: one\r\n two\r\nContent-Length: {}\r\n\r\n{SESSION}", SESSION.len()))
        }),
        fault("half of a JSON body", |exchange| exchange.respond("200 OK", &SESSION[..20])),
        fault("a redirect to another host", |exchange| {
            exchange.write(format!("HTTP/1.1 307 X\r\nLocation: {REFUSING}/v1/x\r\nContent-Length: 0\r\n\r\n"))
        }),
        cut("resets in a body without a length", "HTTP/1.1 200 OK\r\n\r\n{\"id\": \"vs_1\"}", true),
        Fault { server: Kind::NotTls, ..fault("TLS: closes instead of a handshake", well) },
        Fault { server: Kind::Unknown, ..fault("TLS: an untrusted certificate", well) },
        Fault {
            server: Kind::Trusted,
            ..fault("TLS: closes without `close_notify`", |exchange| {
                exchange.write(format!("HTTP/1.1 200 OK\r\n\r\n{SESSION}"))?;
                exchange.abandon();
                Ok(())
            })
        },
    ]
}

fn chunk(size: usize) -> Vec<u8> {
    [format!("{size:x}\r\n").into_bytes(), vec![b' '; size], b"\r\n".to_vec()].concat()
}

/// Describes the outcome of a call, and how many requests the server got.
fn describe(outcome: &Outcome, asked: usize) -> String {
    let seen = match outcome {
        Ok(session) => format!("`{}`", session.id),
        Err(error) => match error.transport() {
            Some(transport) => format!("{:?}", transport.kind()),
            None => format!("{:?}", error.kind()),
        },
    };
    let attempts = match outcome.as_ref().map_or_else(Error::attempts, |_| 1) {
        1 => String::new(),
        attempts => format!(" after {attempts} attempts"),
    };
    let requests = if asked == 1 { "request" } else { "requests" };
    format!("{seen}{attempts}, {asked} {requests}")
}

fn builder(url: &str) -> ConfigBuilder {
    Config::builder("sk_test_123").base_url(url).max_retries(1).attempt_timeout(ATTEMPT_TIMEOUT).deadline(DEADLINE)
}

fn config(url: &str) -> Config {
    builder(url).build().unwrap()
}

/// Makes a call and describes its outcome. `keys` returns the idempotency keys of all requests that the server got.
fn call(creator: &Creator, keys: impl Fn() -> Vec<String>) -> String {
    let (before, started) = (keys().len(), Instant::now());
    let outcome = (creator.create)(CreateVerificationSession::document(), None);
    let taken = started.elapsed();
    assert!(taken < 2 * ATTEMPT_TIMEOUT + SLACK, "{}: {taken:?}", creator.name);
    // The server may record a request after the caller got its failure.
    thread::sleep(Duration::from_millis(50));
    let keys = &keys()[before..];
    assert!(keys.iter().all(|key| *key == keys[0]), "{}: repeated with another key", creator.name);
    describe(&outcome, keys.len())
}

/// Describes two calls in a row to a server that has the fault each time, or the first time only.
fn with_fault(fault: &Fault, backend: usize, each_time: bool) -> String {
    let behave = fault.behave.clone();
    let behave = move |exchange: &mut Exchange<'_>| {
        if each_time || exchange.number() == 1 { behave(exchange) } else { well(exchange) }
    };
    let server = match fault.server {
        Kind::Plain | Kind::NotTls => RawServer::start(behave),
        Kind::Trusted | Kind::Unknown => RawServer::start_tls(behave),
    };
    let server = server.unwrap();
    let url = match fault.server {
        Kind::NotTls => server.url().replace("http://127.0.0.1", "https://localhost"),
        _ => server.url().to_owned(),
    };
    let certificate = server.certificate().filter(|_| fault.server == Kind::Trusted);
    let creator = &creators(&config(&url), certificate)[backend];
    let keys = || {
        let key = |request: &Request<Bytes>| {
            assert_eq!(request.body(), "type=document");
            request.headers()["idempotency-key"].to_str().unwrap().to_owned()
        };
        server.requests().iter().map(key).collect()
    };
    calls(creator, keys)
}

fn calls(creator: &Creator, keys: impl Fn() -> Vec<String>) -> String {
    let (first, second) = (call(creator, &keys), call(creator, &keys));
    if first == second { first } else { format!("{first}; then {second}") }
}

fn refused(backend: usize) -> String {
    calls(&creators(&config(REFUSING), None)[backend], Vec::new)
}

/// Describes calls to a server that responds to the TLS handshake in plain text.
fn in_plain_text(backend: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    // The thread ends with the process.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            // Reads until the client has gone: closing with unread input would reset the connection.
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    calls(&creators(&config(&url), None)[backend], Vec::new)
}

/// Describes calls through a proxy that has the fault when it is asked for a tunnel. No request reaches the host.
fn through_proxy(fault: &Fault, backend: usize) -> String {
    let behave = fault.behave.clone();
    let proxy = RawServer::start(move |exchange| behave(exchange)).unwrap();
    let creators = creators_through(&config("https://stripe.test"), None, Some(proxy.url()));
    let outcome = calls(&creators[backend], Vec::new);
    assert!(proxy.requests().iter().all(|request| request.method() == "CONNECT"), "{}", creators[backend].name);
    outcome
}

fn proxy_faults() -> Vec<Fault> {
    let established = "HTTP/1.1 200 Connection established\r\nX: ";
    vec![
        fault("a proxy that stalls", |exchange| {
            exchange.wait(FOREVER);
            Ok(())
        }),
        endless("a proxy that drips its response to CONNECT", established, "x", Duration::from_millis(20)),
        endless("a proxy with an endless response", established, "x".repeat(10_000), Duration::ZERO),
        fault("a proxy that refuses", |exchange| exchange.respond("403 Forbidden", "")),
        fault("a proxy that continues in plain text at once", |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\n\r\nThis is no TLS.")?;
            exchange.wait(FOREVER);
            Ok(())
        }),
        fault("a proxy that continues in plain text at once, and closes", |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\n\r\nThis is no TLS.")?;
            exchange.close();
            Ok(())
        }),
        fault("a proxy that responds to the TLS handshake in plain text", |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\n\r\n")?;
            exchange.wait_for_next()?;
            exchange.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?;
            exchange.wait(FOREVER);
            Ok(())
        }),
    ]
}

fn client_certificate_required(backend: usize) -> String {
    let server = RefusingServer::start(&TLS13, &["http/1.1"]);
    let creators = creators(&config(&server.url), Some(&server.certified.certificate));
    calls(&creators[backend], Vec::new)
}

/// Describes calls over the asynchronous backends to a host whose first address is silent.
fn first_address_silent() -> [(&'static str, Cells); 2] {
    let server = RawServer::start(well).unwrap();
    let silent = Silent::beside(server.url());
    let addresses = [silent.address, server.address()];
    // The connect timeout is the default, which is longer than an attempt.
    let url = format!("http://localhost:{}", server.address().port());
    let config = builder(&url).attempt_timeout(FEW_SECONDS).build().unwrap();
    let hyper = HyperTransport::builder().resolve("localhost", addresses).build().unwrap();
    let resolver = Resolver::new().resolve_to_addrs("localhost", addresses);
    let reqwest = ReqwestTransport::client_builder().tls_backend_preconfigured(crate::tls::trusting_none());
    let reqwest = reqwest.dns_resolver(resolver).build().unwrap();
    [
        awaiting("hyper", Client::new(config.clone(), Hasty(hyper))),
        awaiting("reqwest", Client::new(config, Hasty(ReqwestTransport::new(reqwest)))),
    ]
    .map(|creator| {
        let keys =
            || server.requests().iter().map(|request| format!("{:?}", request.headers()["idempotency-key"])).collect();
        (creator.name, [calls(&creator, keys), "–".to_owned()])
    })
}

/// Describes calls over hyper: ureq speaks no HTTP/2, and reqwest only with one of its own features.
fn over_http2(first: Act, then: Act) -> String {
    let server = Http2Server::start([first, then]);
    let creator = &creators(&config(&server.url), Some(&server.certificate))[HYPER];
    calls(creator, || server.keys.lock().unwrap().clone())
}

type Cells = [String; 2];

/// Returns a row for each group of backends with equal cells.
fn rows(name: &str, cells: &[(&str, Cells)]) -> String {
    let mut groups: Vec<(Vec<&str>, &Cells)> = Vec::new();
    for (backend, cells) in cells {
        match groups.iter_mut().find(|group| group.1 == cells) {
            Some(group) => group.0.push(backend),
            None => groups.push((vec![backend], cells)),
        }
    }
    let row = |(backends, [each_time, once]): (Vec<&str>, &Cells)| {
        let backends = if backends.len() == 3 { "all".to_owned() } else { backends.join(", ") };
        format!("| {name} | {backends} | {each_time} | {once} |\n")
    };
    groups.into_iter().map(row).collect()
}

/// Runs both columns of a row at the same time, since they mostly wait.
fn both(each_time: impl Fn() -> String + Sync, once: impl Fn() -> String) -> Cells {
    thread::scope(|scope| {
        let each_time = scope.spawn(&each_time);
        let once = once();
        [each_time.join().unwrap(), once]
    })
}

/// Runs all backends at the same time, since they mostly wait.
fn each(cells: impl Fn(usize) -> Cells + Sync) -> [(&'static str, Cells); 3] {
    let cells = &cells;
    thread::scope(|scope| {
        [("hyper", HYPER), ("reqwest", REQWEST), ("ureq", UREQ)]
            .map(|(name, backend)| (name, scope.spawn(move || cells(backend))))
            .map(|(name, thread)| (name, thread.join().unwrap()))
    })
}

#[test]
fn error_body_beyond_the_limit_keeps_status_and_request_id() {
    let head = "HTTP/1.1 502 Bad Gateway\r\nRequest-Id: req_1\r\n";
    let server = RawServer::start(move |exchange| {
        if exchange.number() % 2 == 1 {
            exchange.write(format!("{head}Content-Length: 17000000\r\n\r\n"))?;
            return exchange.write(vec![b' '; 17_000_000]);
        }
        exchange.write(format!("{head}\r\n"))?;
        exchange.write(vec![b' '; 17_000_000])?;
        exchange.close();
        Ok(())
    });
    let server = server.unwrap();
    for creator in
        creators(&builder(server.url()).attempt_timeout(FOREVER).deadline(2 * FOREVER).build().unwrap(), None)
    {
        let before = server.requests().len();
        let error = (creator.create)(CreateVerificationSession::document(), None).unwrap_err();
        let seen = (error.status().map(|it| it.as_u16()), error.request_id(), error.attempts());
        assert_eq!(seen, (Some(502), Some("req_1"), 2), "{}: {error:?}", creator.name);
        assert_eq!(server.requests().len() - before, 2, "{}", creator.name);
    }
}

#[test]
fn error_body_that_breaks_off_keeps_status_request_id_and_should_retry() {
    // `Stripe-Should-Retry` overrides the status either way.
    for (status, kind, should_retry, attempts) in [
        (401, ErrorKind::Authentication, "", 1),
        (402, ErrorKind::Card, "Stripe-Should-Retry: true\r\n", 2),
        (502, ErrorKind::Api, "Stripe-Should-Retry: false\r\n", 1),
        (503, ErrorKind::Api, "", 2),
    ] {
        let head = format!("HTTP/1.1 {status} X\r\nRequest-Id: req_1\r\n{should_retry}");
        let server = RawServer::start(move |exchange| {
            match exchange.number() % 3 {
                0 => exchange.write(format!("{head}Content-Length: 500\r\n\r\n{{\"error\""))?,
                1 => exchange.write(format!("{head}Transfer-Encoding: chunked\r\n\r\n9\r\n{{\"error\""))?,
                _ => exchange.write(format!("{head}Transfer-Encoding: chunked\r\n\r\nnone\r\n"))?,
            }
            exchange.close();
            Ok(())
        });
        let server = server.unwrap();
        for creator in creators(&builder(server.url()).attempt_timeout(FOREVER).build().unwrap(), None) {
            let before = server.requests().len();
            let error = (creator.create)(CreateVerificationSession::document(), None).unwrap_err();
            let seen = (error.kind(), error.status().map(|it| it.as_u16()), error.request_id(), error.attempts());
            assert_eq!(seen, (kind, Some(status), Some("req_1"), attempts), "{}: {error:?}", creator.name);
            let asked = u32::try_from(server.requests().len() - before).unwrap();
            assert_eq!(asked, attempts, "{}: {status}", creator.name);
        }
    }
}

/// The ten attempts that are allowed, of 2 s each, would take far longer.
#[test]
fn endless_fault_ends_at_the_deadline() {
    let deadline = Duration::from_secs(5);
    let endless = ["sends nothing", "headers that drip", "a body that drips", "endless 1xx responses"];
    for fault in faults().into_iter().filter(|fault| endless.contains(&fault.name)) {
        let behave = fault.behave.clone();
        let server = RawServer::start(move |exchange| behave(exchange)).unwrap();
        let with_fault = |backend: usize| {
            let config = builder(server.url()).max_retries(9).deadline(deadline).build().unwrap();
            let creator = &creators(&config, None)[backend];
            let started = Instant::now();
            let error = (creator.create)(CreateVerificationSession::document(), None).unwrap_err();
            let (taken, attempts) = (started.elapsed(), error.attempts());
            assert!(taken < 2 * deadline, "{}: {}: {taken:?}", fault.name, creator.name);
            assert!((2..=3).contains(&attempts), "{}: {}: {attempts} attempts", fault.name, creator.name);
        };
        thread::scope(|scope| [HYPER, REQWEST, UREQ].map(|backend| drop(scope.spawn(move || with_fault(backend)))));
    }
}

#[test]
fn fault_table_matches_behaviour_md() {
    let mut table = String::new();
    let mut write = |rows: String| {
        // Not through `print!`, so that it shows without `--nocapture` too.
        io::stderr().write_all(rows.as_bytes()).unwrap();
        table += &rows;
    };
    write("| the server | over | each time | the first time only |\n|---|---|---|---|\n".to_owned());
    write(rows("refuses connections", &each(|backend| [refused(backend), "–".to_owned()])));
    for fault in faults() {
        let once = |backend| {
            // Without a completed handshake, the server sees no request that could be the first.
            let is_heard = matches!(fault.server, Kind::Plain | Kind::Trusted);
            if is_heard { with_fault(&fault, backend, false) } else { "–".to_owned() }
        };
        write(rows(fault.name, &each(|backend| both(|| with_fault(&fault, backend, true), || once(backend)))));
    }
    // Not over reqwest, whose buffer cannot be bounded: how long it reads a flood depends on the machine.
    let early_hints = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(400);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for flood in [
        endless("a flood of 1xx responses", "", early_hints, Duration::ZERO),
        endless("an endless chunk size of zeros", chunked, many("0"), Duration::ZERO),
    ] {
        let of = |backend| [true, false].map(|each_time| with_fault(&flood, backend, each_time));
        write(rows(flood.name, &[("hyper", of(HYPER)), ("ureq", of(UREQ))]));
    }
    for fault in proxy_faults() {
        write(rows(fault.name, &each(|backend| [through_proxy(&fault, backend), "–".to_owned()])));
    }
    write(rows("two addresses, the first silent", &first_address_silent()));
    write(rows(
        "TLS: requires a client's certificate",
        &each(|backend| [client_certificate_required(backend), "–".to_owned()]),
    ));
    write(rows("TLS: responds in plain text", &each(|backend| [in_plain_text(backend), "–".to_owned()])));
    for (name, act) in [
        ("HTTP/2: sends GOAWAY instead of a response", Act::GoAwayInstead),
        ("HTTP/2: sends GOAWAY after a response", Act::RespondAndGoAway),
        ("HTTP/2: refuses the stream", Act::RefuseStream),
        ("HTTP/2: responds once, then sends nothing", Act::RespondAndFallSilent),
        ("HTTP/2: sends nothing", Act::SayNothing),
        ("HTTP/2: resets in the body", Act::ResetTheBody),
        ("HTTP/2: a body that drips", Act::DripTheBody),
        ("HTTP/2: an endless body", Act::SendWithoutEnd),
    ] {
        write(rows(name, &[("hyper", both(|| over_http2(act, act), || over_http2(act, Act::Respond)))]));
    }
    let written = include_str!("../../../stripe-identity-core/BEHAVIOUR.md");
    assert!(written.contains(&table), "the table of faults in BEHAVIOUR.md differs from the one printed above");
}
