//! What takes too long ends, and what may run at the same time does.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
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

use super::bench::{Bench, Verdict, answered, at, checks, ensure, failed_as, get, request, within};
use super::subject::Subject;

checks! {
    All "the timeout covers connecting" => connecting,
    All "the timeout covers the headers" => headers,
    All "the timeout covers the body" => body,
    All "the timeout covers kept connections" => kept,
    All "what took too long is not tried again" => once,
    All "an answer that comes too late is not taken for the next" => late,
    All "an answer in time is not cut off" => in_time,
    All "without a timeout, and with one beyond all clocks, it goes on" => no_timeout,
    All "requests go out at the same time" => concurrent,
    All "sleeping takes its time" => sleeping,
    Async "sleeping and sending leave room for others" => room_for_others,
    Async "a future that is dropped gives up its connection" => dropped,
}

/// Clocks differ in how they round.
const ROUNDING: Duration = Duration::from_millis(10);

async fn ends_in_time(
    bench: &Bench<'_>,
    transport: &dyn Subject,
    request: http::Request<Bytes>,
    kinds: &[Kind],
) -> Verdict {
    let timeout = bench.timeout();
    let started = Instant::now();
    let outcome = transport.send(within(request, timeout)).await;
    let taken = started.elapsed();
    failed_as(outcome, kinds)?;
    ensure!(taken + ROUNDING >= timeout, "a timeout of {timeout:?} was over after {taken:?}");
    ensure!(taken < timeout + bench.allowance(), "a timeout of {timeout:?} was over only after {taken:?}");
    Ok(())
}

/// A listener that takes no more connections, and what keeps it busy.
fn full() -> io::Result<(SocketAddr, TcpListener, Vec<TcpStream>)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(0)?;
    let listener = TcpListener::from(socket);
    let address = listener.local_addr()?;
    let mut waiting = Vec::new();
    // Systems differ in how many they let wait in line.
    for _ in 0..64 {
        match TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            Ok(stream) => waiting.push(stream),
            Err(_) => return Ok((address, listener, waiting)),
        }
    }
    Err(io::Error::other("the listener takes every connection"))
}

async fn connecting(bench: &Bench<'_>) -> Verdict {
    // Whoever knows that he was still connecting may say so: it is the better news.
    let kinds = [Kind::Timeout, Kind::Connect];
    if bench.is_tls {
        // A server that takes the connection and never shakes hands.
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let trusted = bench.server(|_| Ok(()))?;
        let base = format!("https://localhost:{}", address.port());
        let request = at(&base, Method::GET, "/v1/x", Bytes::new());
        return ends_in_time(bench, &*bench.transport(&trusted), request, &kinds).await;
    }
    let server = bench.server(|_| Ok(()))?;
    let (address, _listener, _waiting) = full().map_err(|error| error.to_string())?;
    let request = at(&format!("http://{address}"), Method::GET, "/v1/x", Bytes::new());
    ends_in_time(bench, &*bench.transport(&server), request, &kinds).await
}

async fn headers(bench: &Bench<'_>) -> Verdict {
    let hold = bench.hold();
    for begun in ["", "HTTP/1.1 200 OK\r\nX: "] {
        let server = bench.server(move |exchange| {
            exchange.write(begun)?;
            exchange.wait(hold);
            Ok(())
        })?;
        ends_in_time(bench, &*bench.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await?;
    }
    Ok(())
}

async fn body(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")?;
        // Each byte comes in good time; all of them together do not.
        while exchange.wait(Duration::from_millis(20)) {
            exchange.write("x")?;
        }
        Ok(())
    })?;
    ends_in_time(bench, &*bench.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await
}

async fn kept(bench: &Bench<'_>) -> Verdict {
    let hold = bench.hold();
    let server = bench.server(move |exchange| {
        if exchange.number() > 1 {
            exchange.wait(hold);
        }
        exchange.respond("200 OK", "{}")
    })?;
    let transport = bench.transport(&server);
    answered(transport.send(get(&server, "/v1/x")).await)?;
    ends_in_time(bench, &*transport, get(&server, "/v1/x"), &[Kind::Timeout]).await
}

async fn once(bench: &Bench<'_>) -> Verdict {
    let hold = bench.hold();
    let server = bench.server(move |exchange| {
        exchange.wait(hold);
        Ok(())
    })?;
    let transport = bench.transport(&server);
    // What it gives is judged elsewhere.
    let _ = transport.send(within(request(&server, Method::POST, "/v1/x", "a=1"), bench.timeout())).await;
    // Nor behind the caller's back.
    bench.wait(&*transport, bench.timeout()).await;
    bench.a_moment(&*transport).await;
    let asked = server.requests().len();
    ensure!(asked <= 1, "it was asked for {asked} times");
    Ok(())
}

async fn late(bench: &Bench<'_>) -> Verdict {
    let (hold, next) = (bench.hold(), Arc::new(AtomicBool::new(false)));
    let has_come = next.clone();
    let server = bench.server(move |exchange| {
        // Not by its number: of one that took too long, nothing may have been sent.
        if exchange.request().uri() != "/v1/late" {
            next.store(true, Ordering::SeqCst);
            return exchange.respond("200 OK", "good");
        }
        // Not given up though the client is: what is on its way arrives, after the next request was sent.
        let end = Instant::now() + hold;
        while !next.load(Ordering::SeqCst) && Instant::now() < end && !exchange.has_next() {
            thread::sleep(Duration::from_millis(5));
        }
        exchange.respond("200 OK", "late")
    })?;
    let transport = bench.transport(&server);
    ends_in_time(bench, &*transport, get(&server, "/v1/late"), &[Kind::Timeout]).await?;
    for _ in 0..3 {
        let response = answered(transport.send(get(&server, "/v1/x")).await)?;
        ensure!(response.body() == "good", "a request got the answer to the one before it");
        bench.a_moment(&*transport).await;
    }
    ensure!(has_come.load(Ordering::SeqCst), "no request came through");
    Ok(())
}

async fn in_time(bench: &Bench<'_>) -> Verdict {
    let wait = 5 * bench.timeout();
    let server = bench.server(move |exchange| {
        exchange.wait(wait);
        exchange.respond("200 OK", "{}")
    })?;
    answered(bench.transport(&server).send(get(&server, "/v1/x")).await)?;
    let asked = server.requests().len();
    ensure!(asked == 1, "it was asked for {asked} times");
    Ok(())
}

async fn no_timeout(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let transport = bench.transport(&server);
    let mut without = get(&server, "/v1/x");
    without.extensions_mut().clear();
    answered(transport.send(without).await)?;
    for timeout in [Duration::MAX, Duration::from_secs(u64::MAX / 2)] {
        answered(transport.send(within(get(&server, "/v1/x"), timeout)).await)?;
    }
    Ok(())
}

/// The requests that wait for each other.
struct Line {
    here: usize,
    last: Instant,
    is_over: bool,
}

impl Line {
    fn is_over_now(&mut self, all: usize, quiet: Duration) -> bool {
        self.is_over |= self.here >= all || self.last.elapsed() > quiet;
        self.is_over
    }
}

async fn concurrent(bench: &Bench<'_>) -> Verdict {
    const MANY: usize = 33;
    let line = Arc::new(Mutex::new(Line { here: 0, last: Instant::now(), is_over: false }));
    let (arrived, pace, slack) = (line.clone(), bench.pace.clone(), bench.slack);
    let server = bench.server(move |exchange| {
        let lock = || line.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut line = lock();
            if !line.is_over {
                line.here += 1;
                line.last = Instant::now();
            }
        }
        // None is answered before all are there, or no more have come for a while.
        while !lock().is_over_now(MANY, pace.allowance(slack)) && exchange.wait(Duration::from_millis(10)) {}
        let path = exchange.request().uri().path().to_owned();
        exchange.respond("200 OK", path)
    })?;
    let request = |number| get(&server, &format!("/v1/{number}"));
    let outcomes = bench.transport(&server).send_all((0..MANY).map(request).collect()).await;
    let seen = arrived.lock().unwrap_or_else(PoisonError::into_inner).here;
    ensure!(seen == MANY, "of {MANY} requests, {seen} were on their way at a time");
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let response = answered(outcome)?;
        ensure!(response.body() == &format!("/v1/{number}"), "a request got the answer to another");
    }
    Ok(())
}

async fn sleeping(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|_| Ok(()))?;
    let transport = bench.transport(&server);
    for wait in [bench.timeout(), 5 * bench.timeout()] {
        let started = Instant::now();
        transport.sleep(wait).await;
        let taken = started.elapsed();
        let is_right = taken + ROUNDING >= wait && taken < wait + bench.allowance();
        ensure!(is_right, "{wait:?} of sleep took {taken:?}");
    }
    Ok(())
}

async fn room_for_others(bench: &Bench<'_>) -> Verdict {
    let was_asked = Arc::new(AtomicBool::new(false));
    let (asked, seen) = (was_asked.clone(), Arc::new(AtomicBool::new(false)));
    let prompt = bench.server(move |exchange| {
        asked.store(true, Ordering::SeqCst);
        exchange.respond("200 OK", "{}")
    })?;
    let (pace, slack, made_room) = (bench.pace.clone(), bench.slack, seen.clone());
    let lazy = bench.server(move |exchange| {
        // Answered after the other was asked, which what is in its way comes to only after this.
        let came = Instant::now();
        let other_was_asked = || was_asked.load(Ordering::SeqCst);
        while !other_was_asked() && came.elapsed() < pace.allowance(slack) && exchange.wait(Duration::from_millis(10)) {
        }
        made_room.store(other_was_asked(), Ordering::SeqCst);
        exchange.respond("200 OK", "{}")
    })?;
    let (quick, waiting) = (bench.transport(&prompt), bench.transport(&lazy));
    let quick = pin!(async {
        quick.sleep(Duration::from_millis(50)).await;
        quick.send(get(&prompt, "/v1/x")).await
    });
    // The slow ones begin, so that what does not make room for others shows.
    let sleep = waiting.sleep(2 * bench.slack);
    let (other, first) = join(waiting.send(get(&lazy, "/v1/x")), select(sleep, quick)).await;
    answered(other)?;
    ensure!(seen.load(Ordering::SeqCst), "a request went out only after another was answered");
    match first {
        Either::Left(_) => Err("a prompt answer came only after a long sleep".to_owned()),
        Either::Right((one, _)) => answered(one).map(|_| ()),
    }
}

async fn dropped(bench: &Bench<'_>) -> Verdict {
    let given_up = Arc::new(AtomicBool::new(false));
    let (seen, hold) = (given_up.clone(), bench.hold());
    let server = bench.server(move |exchange| {
        if exchange.request().uri() == "/v1/dropped" {
            seen.store(!exchange.wait(hold), Ordering::SeqCst);
        }
        exchange.respond("200 OK", "{}")
    })?;
    let transport = bench.transport(&server);
    let is_on_its_way = || !server.requests().is_empty();
    transport.send_and_drop(get(&server, "/v1/dropped"), &is_on_its_way).await;
    ensure!(is_on_its_way(), "the request did not get out");
    let dropped = Instant::now();
    while !given_up.load(Ordering::SeqCst) && dropped.elapsed() < bench.allowance() {
        transport.sleep(Duration::from_millis(20)).await;
    }
    ensure!(given_up.load(Ordering::SeqCst), "the connection was still open after {:?}", dropped.elapsed());
    answered(transport.send(get(&server, "/v1/x")).await).map_err(|seen| format!("of the next request, {seen}"))?;
    Ok(())
}
