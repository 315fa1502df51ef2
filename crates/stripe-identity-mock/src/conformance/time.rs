//! What takes too long ends, and what may run at the same time does.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use socket2::{Domain, Socket, Type};
use stripe_identity_core::TransportErrorKind as Kind;

use super::bench::{Bench, PATIENCE, SLACK, Verdict, answered, at, checks, ensure, failed_as, get, request, within};
use super::subject::Subject;
use crate::raw_server::RawServer;

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

const TIMEOUT: Duration = Duration::from_millis(300);
/// Clocks differ in how they round.
const ROUNDING: Duration = Duration::from_millis(10);

async fn ends_in_time(transport: &dyn Subject, request: http::Request<Bytes>, kinds: &[Kind]) -> Verdict {
    let started = Instant::now();
    let outcome = transport.send(within(request, TIMEOUT)).await;
    let taken = started.elapsed();
    failed_as(outcome, kinds)?;
    ensure!(taken + ROUNDING >= TIMEOUT, "a timeout of {TIMEOUT:?} was over after {taken:?}");
    ensure!(taken < TIMEOUT + SLACK, "a timeout of {TIMEOUT:?} was over only after {taken:?}");
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
        return ends_in_time(&*bench.transport(&trusted), request, &kinds).await;
    }
    let server = bench.server(|_| Ok(()))?;
    let (address, _listener, _waiting) = full().map_err(|error| error.to_string())?;
    let request = at(&format!("http://{address}"), Method::GET, "/v1/x", Bytes::new());
    ends_in_time(&*bench.transport(&server), request, &kinds).await
}

async fn headers(bench: &Bench<'_>) -> Verdict {
    for begun in ["", "HTTP/1.1 200 OK\r\nX: "] {
        let server = bench.server(move |exchange| {
            exchange.write(begun)?;
            exchange.wait(PATIENCE);
            Ok(())
        })?;
        ends_in_time(&*bench.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await?;
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
    ends_in_time(&*bench.transport(&server), get(&server, "/v1/x"), &[Kind::Timeout]).await
}

async fn kept(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        if exchange.number() > 1 {
            exchange.wait(PATIENCE);
        }
        exchange.respond("200 OK", "{}")
    })?;
    let transport = bench.transport(&server);
    answered(transport.send(get(&server, "/v1/x")).await)?;
    ends_in_time(&*transport, get(&server, "/v1/x"), &[Kind::Timeout]).await
}

async fn once(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        exchange.wait(PATIENCE);
        Ok(())
    })?;
    let transport = bench.transport(&server);
    // What it gives is judged elsewhere.
    let _ = transport.send(within(request(&server, Method::POST, "/v1/x", "a=1"), TIMEOUT)).await;
    // Nor behind the caller's back.
    transport.sleep(TIMEOUT).await;
    let asked = server.requests().len();
    ensure!(asked <= 1, "it was asked for {asked} times");
    Ok(())
}

async fn late(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        // Not by its number: of one that took too long, nothing may have been sent.
        let is_first = exchange.request().uri() == "/v1/late";
        if is_first {
            // Not given up though the client is: what is on its way arrives.
            thread::sleep(2 * TIMEOUT);
        }
        exchange.respond("200 OK", if is_first { "late" } else { "good" })
    })?;
    let transport = bench.transport(&server);
    ends_in_time(&*transport, get(&server, "/v1/late"), &[Kind::Timeout]).await?;
    for _ in 0..2 {
        let response = answered(transport.send(get(&server, "/v1/x")).await)?;
        ensure!(response.body() == "good", "a request got the answer to the one before it");
        transport.sleep(TIMEOUT).await;
    }
    Ok(())
}

async fn in_time(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        exchange.wait(Duration::from_millis(1500));
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

async fn concurrent(bench: &Bench<'_>) -> Verdict {
    const MANY: usize = 33;
    let here = Arc::new(AtomicUsize::new(0));
    let (arrived, began) = (here.clone(), OnceLock::new());
    let server = bench.server(move |exchange| {
        let end = *began.get_or_init(Instant::now) + SLACK;
        if Instant::now() < end {
            here.fetch_add(1, Ordering::SeqCst);
        }
        // None is answered before all are there, or the time is up.
        while here.load(Ordering::SeqCst) < MANY && Instant::now() < end && exchange.wait(Duration::from_millis(10)) {}
        let path = exchange.request().uri().path().to_owned();
        exchange.respond("200 OK", path)
    })?;
    let request = |number| get(&server, &format!("/v1/{number}"));
    let outcomes = bench.transport(&server).send_all((0..MANY).map(request).collect()).await;
    let seen = arrived.load(Ordering::SeqCst);
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
    for wait in [TIMEOUT, 5 * TIMEOUT] {
        let started = Instant::now();
        transport.sleep(wait).await;
        let taken = started.elapsed();
        let is_right = taken + ROUNDING >= wait && taken < wait + SLACK;
        ensure!(is_right, "{wait:?} of sleep took {taken:?}");
    }
    Ok(())
}

async fn room_for_others(bench: &Bench<'_>) -> Verdict {
    let answers = |server: &RawServer| (bench.transport(server), get(server, "/v1/x"));
    let (fast, slow) = (Duration::from_millis(50), Duration::from_millis(800));
    let prompt = bench.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let lazy = bench.server(move |exchange| {
        exchange.wait(slow);
        exchange.respond("200 OK", "{}")
    })?;
    let ((quick, first), (waiting, second)) = (answers(&prompt), answers(&lazy));
    let alone = Instant::now();
    answered(quick.send(get(&prompt, "/v1/x")).await)?;
    let alone = alone.elapsed();
    let started = Instant::now();
    let both = async {
        let mut quick_after = Duration::ZERO;
        let quick = async {
            quick.sleep(fast).await;
            let outcome = quick.send(first).await;
            quick_after = started.elapsed();
            outcome
        };
        // The slow ones begin, so that what does not make room for others shows.
        let (other, (), one) = futures_util::future::join3(waiting.send(second), waiting.sleep(slow), quick).await;
        (one, other, quick_after)
    };
    let (one, other, quick_after) = both.await;
    answered(one)?;
    answered(other)?;
    let is_prompt = quick_after < slow + alone;
    ensure!(is_prompt, "a prompt answer came after {quick_after:?}, behind others that took {slow:?}");
    Ok(())
}

async fn dropped(bench: &Bench<'_>) -> Verdict {
    let given_up = Arc::new(AtomicBool::new(false));
    let seen = given_up.clone();
    let server = bench.server(move |exchange| {
        if exchange.request().uri() == "/v1/dropped" {
            seen.store(!exchange.wait(PATIENCE), Ordering::SeqCst);
        }
        exchange.respond("200 OK", "{}")
    })?;
    let transport = bench.transport(&server);
    let is_on_its_way = || !server.requests().is_empty();
    transport.send_and_drop(get(&server, "/v1/dropped"), &is_on_its_way).await;
    ensure!(is_on_its_way(), "the request did not get out");
    let end = Instant::now() + SLACK;
    while !given_up.load(Ordering::SeqCst) && Instant::now() < end {
        transport.sleep(Duration::from_millis(20)).await;
    }
    ensure!(given_up.load(Ordering::SeqCst), "the connection was still open after {SLACK:?}");
    answered(transport.send(get(&server, "/v1/x")).await).map_err(|seen| format!("of the next request, {seen}"))?;
    Ok(())
}
