//! What each backend makes of a server that behaves, and of one that does not.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{
    AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind as Kind,
};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_ureq::UreqTransport;

/// Large enough that no honest answer is late, small enough that a hanging test ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// A port that is reserved for a service which nobody runs. One that was just free may be taken by another test.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

type Outcome = Result<Response<Bytes>, TransportError>;

/// A backend, to send one request after the other with.
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) send: Box<dyn Fn(Request<Bytes>) -> Outcome>,
}

pub(crate) fn over_hyper(transport: HyperTransport) -> Backend {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    Backend { name: "hyper", send: Box::new(move |request| runtime.block_on(HttpTransport::send(&transport, request))) }
}

pub(crate) fn over_ureq(transport: UreqTransport) -> Backend {
    Backend { name: "ureq", send: Box::new(move |request| BlockingHttpTransport::send(&transport, request)) }
}

fn backends() -> [Backend; 2] {
    [
        over_hyper(HyperTransport::builder().max_body_size(1000).build().unwrap()),
        over_ureq(UreqTransport::builder().max_body_size(1000).build().unwrap()),
    ]
}

pub(crate) fn get(url: &str) -> Request<Bytes> {
    Request::get(url).extension(AttemptTimeout(PATIENCE)).body(Bytes::new()).unwrap()
}

/// A server on a real socket that does `behave` with each request on each connection, and counts both.
struct Rogue {
    url: String,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Rogue {
    /// `behave` says whether the connection goes on.
    fn start(behave: impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/x?y=z", listener.local_addr().unwrap());
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let rogue = Self { url, connections: connections.clone(), requests: requests.clone() };
        let behave = Arc::new(behave);
        // The thread ends with the process; what it waits for is bounded.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (requests, behave) = (requests.clone(), behave.clone());
                thread::spawn(move || serve(stream, &requests, &*behave));
            }
        });
        rogue
    }

    fn seen(&self) -> (usize, usize) {
        (self.connections.load(Ordering::SeqCst), self.requests.load(Ordering::SeqCst))
    }
}

fn serve(mut stream: TcpStream, requests: &AtomicUsize, behave: &dyn Fn(&mut TcpStream) -> bool) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while read_request(&mut reader).is_some() {
        requests.fetch_add(1, Ordering::SeqCst);
        if !behave(&mut stream) {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        if line.is_empty() {
            return reader.read_exact(&mut vec![0; length]).ok();
        }
    }
}

fn answer(text: &'static str) -> impl Fn(&mut TcpStream) -> bool + Send + Sync + 'static {
    move |stream| stream.write_all(text.as_bytes()).is_ok()
}

fn kind(outcome: Outcome) -> Kind {
    outcome.expect_err("it should have failed").kind()
}

#[test]
fn any_status_is_an_answer_and_redirects_are_not_followed() {
    for backend in backends() {
        for status in ["200 OK", "201 Created", "400 Bad Request", "404 Not Found", "429 X", "500 X", "503 X"] {
            let text = format!("HTTP/1.1 {status}\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\nbody");
            let server = Rogue::start(answer(text.leak()));
            let response = (backend.send)(get(&server.url)).unwrap();
            assert_eq!(response.status().as_str(), &status[..3], "{}", backend.name);
            assert_eq!(response.body(), "body");
            assert_eq!(response.headers().get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        }
        let elsewhere = Rogue::start(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        let text = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url);
        let server = Rogue::start(answer(text.leak()));
        let response = (backend.send)(get(&server.url)).unwrap();
        assert_eq!((response.status().as_u16(), elsewhere.seen()), (302, (0, 0)), "{}", backend.name);
    }
}

#[test]
fn connections_are_kept_and_used_again() {
    for backend in backends() {
        let server = Rogue::start(answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
        for _ in 0..5 {
            let request = Request::post(&server.url).header("content-length", 3).body(Bytes::from("a=1")).unwrap();
            for request in [request, get(&server.url)] {
                (backend.send)(request).unwrap();
                thread::sleep(Duration::from_millis(10));
            }
        }
        let (connections, requests) = server.seen();
        // hyper gives a connection back from a task of its own, which on a busy machine may come after the next request.
        assert!(connections <= 5 && requests == 10, "{}: {connections} connections", backend.name);
    }
}

#[test]
fn nobody_there_is_connect_and_no_name_is_dns() {
    // A label of more than 63 letters is no name, which the resolver knows without asking anyone.
    let no_name = format!("http://{}.test/", "x".repeat(70));
    for backend in backends() {
        let refused = (backend.send)(get(NOBODY)).unwrap_err();
        assert_eq!((refused.kind(), refused.was_sent()), (Kind::Connect, false), "{}", backend.name);
        let unresolved = (backend.send)(get(&no_name)).unwrap_err();
        assert_eq!((unresolved.kind(), unresolved.was_sent()), (Kind::Dns, false), "{}", backend.name);
    }
}

#[test]
fn the_timeout_covers_headers_and_body() {
    let silent = Rogue::start(|_| {
        thread::sleep(PATIENCE);
        false
    });
    let dripping = Rogue::start(|stream| {
        let mut stream = stream;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n");
        // Each byte comes in good time; all of them together do not.
        (0..900).all(|_| {
            thread::sleep(Duration::from_millis(20));
            (&mut stream).write_all(b"x").is_ok()
        })
    });
    for backend in backends() {
        for server in [&silent, &dripping] {
            let request = Request::get(&server.url).extension(AttemptTimeout(Duration::from_millis(300)));
            let started = Instant::now();
            let outcome = (backend.send)(request.body(Bytes::new()).unwrap());
            assert_eq!(kind(outcome), Kind::Timeout, "{}", backend.name);
            let taken = started.elapsed();
            assert!(
                (Duration::from_millis(300)..Duration::from_secs(5)).contains(&taken),
                "{} {taken:?}",
                backend.name
            );
        }
    }
}

#[test]
fn a_timeout_beyond_all_clocks_is_none() {
    let server = Rogue::start(answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    for backend in backends() {
        for timeout in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
            let request = Request::get(&server.url).extension(AttemptTimeout(timeout)).body(Bytes::new()).unwrap();
            assert_eq!((backend.send)(request).unwrap().status(), 200, "{}", backend.name);
        }
    }
}

#[test]
fn an_answer_that_breaks_off_is_interrupted() {
    for text in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n{\"id\"\r\n",
    ] {
        for backend in backends() {
            let server = Rogue::start(move |stream| {
                let _ = stream.write_all(text.as_bytes());
                false
            });
            let error = (backend.send)(get(&server.url)).unwrap_err();
            assert_eq!((error.kind(), error.was_sent()), (Kind::Interrupted, true), "{} {text:?}", backend.name);
            assert_eq!(server.seen().1, 1, "{} asked again", backend.name);
        }
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let exact = "x".repeat(1000);
    let texts = [
        (format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{exact}"), true),
        (format!("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n{exact}x"), false),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n{exact}\r\n0\r\n\r\n"), true),
        (format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n{exact}\r\n1\r\nx\r\n0\r\n\r\n"), false),
    ];
    for (text, fits) in texts {
        let server = Rogue::start(answer(text.leak()));
        for backend in backends() {
            let outcome = (backend.send)(get(&server.url));
            if fits {
                assert_eq!(outcome.unwrap().body().len(), 1000, "{}", backend.name);
            } else {
                assert_eq!(kind(outcome), Kind::BodyTooLarge, "{}", backend.name);
            }
        }
    }
}

#[test]
fn what_is_no_http_is_not_tried_again() {
    for backend in backends() {
        let server = Rogue::start(answer("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
        assert_eq!(kind((backend.send)(get(&server.url))), Kind::Other, "{}", backend.name);
    }
}
