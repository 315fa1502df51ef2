//! Timeouts are kept, requests run concurrently, and the clock is consistent.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::Location;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::{Either, join, select};
use http::Method;
use socket2::{Domain, Socket, Type};
use stripe_identity_core::TransportErrorKind as Kind;

use super::candidate::Candidate;
use super::harness::{Harness, at, checks, ensure, failed_as, get, request, responded, started, within};
use super::report::Failure;

checks! {
    All "the timeout covers connecting" => connecting,
    All "the timeout covers the headers" => headers,
    All "the timeout covers the body" => body,
    All "the timeout covers headers and body together" => headers_and_body,
    All "the timeout covers reused connections" => reused,
    All "a request that timed out is not retried" => once,
    All "a late response is not returned for the next request" => late,
    All "a slow response within the timeout is returned" => in_time,
    All "a request without a timeout, or with a huge one, gets its response" => no_timeout,
    All "requests are sent concurrently" => concurrent,
    All "sleep takes as long as asked" => sleeping,
    All "now follows the same clock as sleep" => same_clock,
    Async "sleep and send do not block other tasks" => other_tasks,
    Async "a dropped future closes its connection" => dropped,
}

/// The difference that rounding of clocks may make.
const ROUNDING: Duration = Duration::from_millis(10);

/// Sends a request with a timeout, and fails at the caller's line unless it ends in time as one of
/// these kinds.
#[track_caller]
fn ends_in_time(
    harness: &Harness<'_>,
    transport: &dyn Candidate,
    request: http::Request<Bytes>,
    kinds: &[Kind],
) -> impl Future<Output = Result<(), Failure>> + Send {
    let (caller, timeout) = (Location::caller(), harness.timeout());
    async move {
        let started = Instant::now();
        let outcome = transport.send(within(request, timeout)).await;
        let taken = started.elapsed();
        failed_as(outcome, kinds).map_err(|failure| failure.at(caller))?;
        let is_right = taken + ROUNDING >= timeout && taken < timeout + harness.allowance();
        let message = || format!("a request with a timeout of {timeout:?} ended after {taken:?}");
        if is_right { Ok(()) } else { Err(Failure::new(message()).at(caller)) }
    }
}

/// Returns a listener that accepts no more connections, and the connections that fill its queue.
fn full() -> io::Result<(SocketAddr, TcpListener, Vec<TcpStream>)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(0)?;
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    let mut waiting = Vec::new();
    // Systems differ in the length of the queue.
    for _ in 0..64 {
        match TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            Ok(stream) => waiting.push(stream),
            Err(_) => return Ok((address, listener, waiting)),
        }
    }
    Err(io::Error::other("the queue of the listener has no end"))
}

async fn connecting(harness: &Harness<'_>) -> Result<(), Failure> {
    // `Connect` is allowed too: it says that nothing was sent.
    let kinds = [Kind::Timeout, Kind::Connect];
    if harness.is_tls {
        // A server that accepts the connection and sends no handshake.
        let listener = started(TcpListener::bind("127.0.0.1:0"))?;
        let address = started(listener.local_addr())?;
        let trusted = harness.server(|_| Ok(()))?;
        let base = format!("https://localhost:{}", address.port());
        let request = at(&base, Method::GET, "/v1/x", Bytes::new());
        return ends_in_time(harness, &*harness.transport(&trusted), request, &kinds).await;
    }
    let server = harness.server(|_| Ok(()))?;
    let (address, _listener, _waiting) = started(full())?;
    let request = at(&format!("http://{address}"), Method::GET, "/v1/x", Bytes::new());
    ends_in_time(harness, &*harness.transport(&server), request, &kinds).await
}

async fn headers(harness: &Harness<'_>) -> Result<(), Failure> {
    let hold = harness.hold();
    for begun in ["", "HTTP/1.1 200 OK\r\nX: "] {
        let server = harness.server(move |exchange| {
            exchange.write(begun)?;
            exchange.wait(hold);
            Ok(())
        })?;
        ends_in_time(harness, &*harness.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await?;
    }
    Ok(())
}

async fn body(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| {
        exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")?;
        // No single byte is late, but the whole body is.
        while exchange.wait(Duration::from_millis(20)) {
            exchange.write("x")?;
        }
        Ok(())
    })?;
    ends_in_time(harness, &*harness.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await
}

/// Neither part takes as long as the timeout, but both together do.
async fn headers_and_body(harness: &Harness<'_>) -> Result<(), Failure> {
    let part = 2 * harness.timeout() / 3;
    let server = harness.server(move |exchange| {
        exchange.wait(part);
        exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo")?;
        exchange.wait(part);
        exchange.write("dy")
    })?;
    ends_in_time(harness, &*harness.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await
}

async fn reused(harness: &Harness<'_>) -> Result<(), Failure> {
    let hold = harness.hold();
    let server = harness.server(move |exchange| {
        if exchange.number() > 1 {
            exchange.wait(hold);
        }
        exchange.respond("200 OK", "{}")
    })?;
    let transport = harness.transport(&server);
    responded(transport.send(get(&server, "/v1/x")).await)?;
    ends_in_time(harness, &*transport, get(&server, "/v1/x"), &[Kind::Timeout]).await
}

async fn once(harness: &Harness<'_>) -> Result<(), Failure> {
    let hold = harness.hold();
    let server = harness.server(move |exchange| {
        exchange.wait(hold);
        Ok(())
    })?;
    let transport = harness.transport(&server);
    // The outcome is covered by other checks.
    let _ = transport.send(within(request(&server, Method::POST, "/v1/x", "a=1"), harness.timeout())).await;
    // A retry in the background counts too.
    harness.wait(&*transport, harness.timeout()).await;
    harness.pause(&*transport).await;
    let received = server.requests().len();
    ensure!(received <= 1, "{received} requests arrived instead of one");
    Ok(())
}

async fn late(harness: &Harness<'_>) -> Result<(), Failure> {
    let (hold, next) = (harness.hold(), Arc::new(AtomicBool::new(false)));
    let was_received = next.clone();
    let server = harness.server(move |exchange| {
        // Not by its number, since a request that timed out may not have been sent at all.
        if exchange.request().uri() != "/v1/late" {
            next.store(true, Ordering::SeqCst);
            return exchange.respond("200 OK", "good");
        }
        // Goes on though the client gave up, so that the response arrives after the next request.
        let end = Instant::now() + hold;
        while !next.load(Ordering::SeqCst) && Instant::now() < end && !exchange.has_next() {
            thread::sleep(Duration::from_millis(5));
        }
        exchange.respond("200 OK", "late")
    })?;
    let transport = harness.transport(&server);
    ends_in_time(harness, &*transport, get(&server, "/v1/late"), &[Kind::Timeout]).await?;
    for _ in 0..3 {
        let response = responded(transport.send(get(&server, "/v1/x")).await)?;
        ensure!(response.body() == "good", "a request got the response to the one before it");
        harness.pause(&*transport).await;
    }
    ensure!(was_received.load(Ordering::SeqCst), "no request after the late response arrived");
    Ok(())
}

async fn in_time(harness: &Harness<'_>) -> Result<(), Failure> {
    let wait = 5 * harness.timeout();
    let server = harness.server(move |exchange| {
        exchange.wait(wait);
        exchange.respond("200 OK", "{}")
    })?;
    responded(harness.transport(&server).send(get(&server, "/v1/x")).await)?;
    let received = server.requests().len();
    ensure!(received == 1, "{received} requests arrived instead of one");
    Ok(())
}

async fn no_timeout(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let transport = harness.transport(&server);
    let mut without = get(&server, "/v1/x");
    without.extensions_mut().clear();
    responded(transport.send(without).await)?;
    for timeout in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
        responded(transport.send(within(get(&server, "/v1/x"), timeout)).await)?;
    }
    Ok(())
}

/// Requests that wait for each other.
struct Queue {
    received: usize,
    last: Instant,
    is_over: bool,
}

impl Queue {
    fn is_over_now(&mut self, all: usize, quiet: Duration) -> bool {
        self.is_over |= self.received >= all || self.last.elapsed() > quiet;
        self.is_over
    }
}

async fn concurrent(harness: &Harness<'_>) -> Result<(), Failure> {
    const COUNT: usize = 33;
    let queue = Arc::new(Mutex::new(Queue { received: 0, last: Instant::now(), is_over: false }));
    let (arrived, pace, slack) = (queue.clone(), harness.pace.clone(), harness.slack);
    let server = harness.server(move |exchange| {
        let lock = || queue.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut queue = lock();
            if !queue.is_over {
                queue.received += 1;
                queue.last = Instant::now();
            }
        }
        // Responds to none before all have arrived, or no more have for a while.
        while !lock().is_over_now(COUNT, pace.allowance(slack)) && exchange.wait(Duration::from_millis(10)) {}
        let path = exchange.request().uri().path().to_owned();
        exchange.respond("200 OK", path)
    })?;
    let request = |number| get(&server, &format!("/v1/{number}"));
    let outcomes = harness.transport(&server).send_all((0..COUNT).map(request).collect()).await;
    let seen = arrived.lock().unwrap_or_else(PoisonError::into_inner).received;
    ensure!(seen == COUNT, "{COUNT} requests were sent, but only {seen} at a time");
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let response = responded(outcome)?;
        ensure!(response.body() == &format!("/v1/{number}"), "a request got the response to another");
    }
    Ok(())
}

async fn sleeping(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|_| Ok(()))?;
    let transport = harness.transport(&server);
    for wait in [harness.timeout(), 5 * harness.timeout()] {
        let started = Instant::now();
        transport.sleep(wait).await;
        let taken = started.elapsed();
        let is_right = taken + ROUNDING >= wait && taken < wait + harness.allowance();
        ensure!(is_right, "a sleep of {wait:?} took {taken:?}");
    }
    Ok(())
}

async fn same_clock(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|_| Ok(()))?;
    let transport = harness.transport(&server);
    for wait in [harness.timeout(), 5 * harness.timeout()] {
        let before = transport.now();
        transport.sleep(wait).await;
        let after = transport.now();
        let passed = after.checked_sub(before);
        let is_right = passed.is_some_and(|passed| passed + ROUNDING >= wait && passed < wait + harness.allowance());
        ensure!(is_right, "now was {before:?} before a sleep of {wait:?}, and {after:?} after it");
    }
    Ok(())
}

async fn other_tasks(harness: &Harness<'_>) -> Result<(), Failure> {
    let received = Arc::new(AtomicBool::new(false));
    let (is_received, seen) = (received.clone(), Arc::new(AtomicBool::new(false)));
    let quick = harness.server(move |exchange| {
        is_received.store(true, Ordering::SeqCst);
        exchange.respond("200 OK", "{}")
    })?;
    let (pace, slack, was_concurrent) = (harness.pace.clone(), harness.slack, seen.clone());
    let slow = harness.server(move |exchange| {
        // Responds after the other server got its request, which a transport that blocks sends only
        // once it has this response.
        let started = Instant::now();
        let is_due = || received.load(Ordering::SeqCst);
        while !is_due() && started.elapsed() < pace.allowance(slack) && exchange.wait(Duration::from_millis(10)) {}
        was_concurrent.store(is_due(), Ordering::SeqCst);
        exchange.respond("200 OK", "{}")
    })?;
    let (to_quick, to_slow) = (harness.transport(&quick), harness.transport(&slow));
    let prompt = pin!(async {
        to_quick.sleep(Duration::from_millis(50)).await;
        to_quick.send(get(&quick, "/v1/x")).await
    });
    // The slow ones begin, so that a transport that blocks is noticed.
    let sleep = to_slow.sleep(2 * harness.slack);
    let (other, first) = join(to_slow.send(get(&slow, "/v1/x")), select(sleep, prompt)).await;
    responded(other)?;
    ensure!(seen.load(Ordering::SeqCst), "a request was sent only after another got its response");
    match first {
        Either::Left(_) => Err(Failure::new("a prompt response was returned only after a long sleep")),
        Either::Right((outcome, _)) => responded(outcome).map(|_| ()),
    }
}

async fn dropped(harness: &Harness<'_>) -> Result<(), Failure> {
    let closed = Arc::new(AtomicBool::new(false));
    let (is_closed, hold) = (closed.clone(), harness.hold());
    let server = harness.server(move |exchange| {
        if exchange.request().uri() == "/v1/dropped" {
            is_closed.store(!exchange.wait(hold), Ordering::SeqCst);
        }
        exchange.respond("200 OK", "{}")
    })?;
    let transport = harness.transport(&server);
    let is_received = || !server.requests().is_empty();
    transport.send_and_drop(get(&server, "/v1/dropped"), &is_received).await;
    ensure!(is_received(), "the request did not arrive");
    let dropped = Instant::now();
    while !closed.load(Ordering::SeqCst) && dropped.elapsed() < harness.allowance() {
        transport.sleep(Duration::from_millis(20)).await;
    }
    ensure!(closed.load(Ordering::SeqCst), "the connection was still open after {:?}", dropped.elapsed());
    responded(transport.send(get(&server, "/v1/x")).await).map_err(|failure| failure.context("the next request"))?;
    Ok(())
}
