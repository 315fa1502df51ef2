//! What fails says how, and whether the request may have arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use stripe_identity_core::TransportErrorKind as Kind;

use super::bench::{
    Bench, MAX_BODY_SIZE, SECRET, Verdict, answered, at, chain, checks, ensure, failed_as, get, request, within,
};
use super::subject::Outcome;

checks! {
    All "a refused connection is Connect" => refused,
    All "a name without an address is Dns" => no_address,
    All "an answer that breaks off is Interrupted" => cut,
    All "an answer that breaks off is not tried again" => cut_once,
    All "a kept connection that breaks off is Interrupted, and not tried again" => cut_when_kept,
    All "what is no HTTP is no response" => no_http,
    All "a body beyond the limit is BodyTooLarge" => too_large,
    All "a body without end is given up" => endless,
    All "the body of an error beyond the limit is cut" => cut_body,
    All "an error whose body breaks off or stalls keeps its status" => broken_body,
    All "no error and no Debug quotes the request" => quotes_nothing,
}

/// A port that is reserved for a service which nobody runs.
const NOBODY: &str = "127.0.0.1:1";

fn nowhere(bench: &Bench<'_>, authority: &str) -> String {
    format!("http{}://{authority}", if bench.is_tls { "s" } else { "" })
}

async fn refused(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|_| Ok(()))?;
    let request = at(&nowhere(bench, NOBODY), Method::POST, "/v1/x", "a=1");
    failed_as(bench.transport(&server).send(request).await, &[Kind::Connect])
}

async fn no_address(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|_| Ok(()))?;
    // A label of more than 63 letters is no name, which the resolver knows without asking anyone.
    let authority = format!("{}.test", "x".repeat(70));
    let request = at(&nowhere(bench, &authority), Method::GET, "/v1/x", Bytes::new());
    failed_as(bench.transport(&server).send(request).await, &[Kind::Dns])
}

const CUTS: [&str; 6] = [
    "",
    "HTTP/1.1 200 OK\r\nContent-Le",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\"",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n{\"id\"\r\n",
];

/// What comes of an answer that breaks off here, in good order or by a reset, and how often it was asked for.
async fn break_off(bench: &Bench<'_>, text: &'static str, reset: bool) -> Result<(Outcome, usize), String> {
    let server = bench.server(move |exchange| {
        exchange.write(text)?;
        exchange.wait(Duration::from_millis(20));
        if reset {
            exchange.reset();
        } else {
            exchange.close();
        }
        Ok(())
    })?;
    let outcome = bench.transport(&server).send(request(&server, Method::POST, "/v1/x", "a=1")).await;
    Ok((outcome, server.requests().len()))
}

async fn cut(bench: &Bench<'_>) -> Verdict {
    for text in CUTS {
        for reset in [false, true] {
            let (outcome, _) = break_off(bench, text, reset).await?;
            failed_as(outcome, &[Kind::Interrupted]).map_err(|seen| format!("after {text:?} {seen}"))?;
        }
    }
    Ok(())
}

async fn cut_once(bench: &Bench<'_>) -> Verdict {
    for text in CUTS {
        for reset in [false, true] {
            let (_, asked) = break_off(bench, text, reset).await?;
            ensure!(asked == 1, "after {text:?} it was asked for {asked} times");
        }
    }
    Ok(())
}

/// Over a connection that served before, it is tempting to blame the connection.
async fn cut_when_kept(bench: &Bench<'_>) -> Verdict {
    for reset in [false, true] {
        let server = bench.server(move |exchange| {
            if exchange.number() == 1 {
                return exchange.respond("200 OK", "{}");
            }
            if reset {
                exchange.reset();
            } else {
                exchange.close();
            }
            Ok(())
        })?;
        let transport = bench.transport(&server);
        answered(transport.send(get(&server, "/v1/x")).await)?;
        let outcome = transport.send(request(&server, Method::POST, "/v1/x", "a=1")).await;
        let asked = server.requests().len() - 1;
        ensure!(asked == 1, "it was asked for {asked} times");
        failed_as(outcome, &[Kind::Interrupted])?;
    }
    Ok(())
}

async fn no_http(bench: &Bench<'_>) -> Verdict {
    let (_, outcome) = bench.ask("SSH-2.0-OpenSSH_9.2\r\n\r\n").await?;
    failed_as(outcome, &[Kind::Other, Kind::Interrupted])
}

async fn too_large(bench: &Bench<'_>) -> Verdict {
    let most = "x".repeat(MAX_BODY_SIZE);
    let with_length = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let in_chunks = |rest: &str| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}{MAX_BODY_SIZE:x}\r\n{most}\r\n{rest}0\r\n\r\n")
    };
    for answer in [with_length(&most), in_chunks("")] {
        let response = answered(bench.ask(answer).await?.1).map_err(|seen| format!("just at the limit, {seen}"))?;
        ensure!(response.body().len() == MAX_BODY_SIZE, "just at the limit, {} bytes came", response.body().len());
    }
    for answer in [with_length(&format!("{most}x")), in_chunks("1\r\nx\r\n")] {
        failed_as(bench.ask(answer).await?.1, &[Kind::BodyTooLarge])?;
    }
    let server = bench.server(move |exchange| {
        exchange.write(format!("HTTP/1.1 200 OK\r\n\r\n{most}x"))?;
        exchange.close();
        Ok(())
    })?;
    let outcome = bench.transport(&server).send(get(&server, "/v1/x")).await;
    failed_as(outcome, &[Kind::BodyTooLarge]).map_err(|seen| format!("of a body that ends with the connection, {seen}"))
}

/// For what was written to arrive.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// More than sockets hold by themselves.
const CHUNKS: usize = 400;

async fn endless(bench: &Bench<'_>) -> Verdict {
    let written = Arc::new(AtomicUsize::new(0));
    let chunks = written.clone();
    let server = bench.server(move |exchange| {
        exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = format!("ffff\r\n{}\r\n", "x".repeat(0xffff));
        // The client goes away long before.
        for _ in 0..CHUNKS {
            exchange.write(&chunk)?;
            chunks.fetch_add(1, Ordering::SeqCst);
        }
        exchange.close();
        Ok(())
    })?;
    let outcome = bench.transport(&server).send(get(&server, "/v1/x")).await;
    let read = written.load(Ordering::SeqCst);
    failed_as(outcome, &[Kind::BodyTooLarge])?;
    ensure!(read < CHUNKS, "it took {read} chunks of 64 KiB");
    Ok(())
}

async fn cut_body(bench: &Bench<'_>) -> Verdict {
    const CHUNK: usize = 0xffff;
    for status in [302, 404, 502] {
        for framing in ["Content-Length: 999999999", "Transfer-Encoding: chunked", "Connection: close"] {
            let server = bench.server(move |exchange| {
                exchange.write(format!("HTTP/1.1 {status} X\r\nRequest-Id: req_1\r\n{framing}\r\n\r\n"))?;
                let body = "x".repeat(CHUNK);
                let piece = if framing.ends_with("chunked") { format!("{CHUNK:x}\r\n{body}\r\n") } else { body };
                (0..40).try_for_each(|_| exchange.write(&piece))?;
                exchange.close();
                Ok(())
            })?;
            let transport = bench.transport(&server);
            for _ in 0..2 {
                let outcome = transport.send(get(&server, "/v1/x")).await;
                let response = answered(outcome).map_err(|seen| format!("of {status}, {framing}, {seen}"))?;
                ensure!(response.status() == status, "{status} came back as {}", response.status());
                let id = response.headers().get("request-id");
                ensure!(id.is_some_and(|id| id == "req_1"), "of {status}, {framing}, the request id did not come back");
                let body = response.body();
                let is_cut = body.len() <= MAX_BODY_SIZE && body.iter().all(|byte| *byte == b'x');
                ensure!(is_cut, "of {status}, {framing}, {} bytes came back, or others", body.len());
            }
        }
    }
    Ok(())
}

/// How a body ends too early.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    Close,
    Reset,
    /// Without the end that TLS has; without TLS, the same as to close.
    Abandon,
    /// A chunk of no size, where there are chunks.
    Garbage,
    Stall,
    Drip,
}

async fn broken_body(bench: &Bench<'_>) -> Verdict {
    use Break::{Abandon, Close, Drip, Garbage, Reset, Stall};
    const LENGTH: &str = "Content-Length: 500\r\n\r\n";
    const CHUNKED: &str = "Transfer-Encoding: chunked\r\n\r\n1f4\r\n";
    const UNTIL_CLOSE: &str = "Connection: close\r\n\r\n";
    for (status, framing, way) in [
        (401, LENGTH, Close),
        (302, LENGTH, Abandon),
        (502, LENGTH, Reset),
        (413, LENGTH, Stall),
        (429, LENGTH, Drip),
        (402, CHUNKED, Close),
        (400, CHUNKED, Reset),
        (404, "Transfer-Encoding: chunked\r\n\r\n4\r\n", Garbage),
        (503, CHUNKED, Stall),
        (409, CHUNKED, Drip),
        (500, UNTIL_CLOSE, Reset),
        (403, UNTIL_CLOSE, Stall),
    ] {
        let seen = keeps_status(bench, status, framing, way).await;
        seen.map_err(|seen| format!("of {status} with {framing:?} and {way:?}, {seen}"))?;
    }
    Ok(())
}

/// Whether a response with this status and body comes back, and the next request gets a response of its own.
async fn keeps_status(bench: &Bench<'_>, status: u16, framing: &'static str, way: Break) -> Verdict {
    let hold = bench.hold();
    let server = bench.server(move |exchange| {
        // Not by its number: of one that took too long, nothing may have been sent.
        if exchange.request().uri() != "/v1/broken" {
            return exchange.respond("200 OK", "good");
        }
        exchange.write(format!("HTTP/1.1 {status} X\r\nRequest-Id: req_1\r\n{framing}some"))?;
        let end = Instant::now() + if matches!(way, Break::Stall | Break::Drip) { hold } else { BEFORE_BREAK };
        while Instant::now() < end && !exchange.has_next() && exchange.wait(Duration::from_millis(10)) {
            if way == Break::Drip {
                exchange.write("x")?;
            }
        }
        match way {
            Break::Close => exchange.close(),
            Break::Reset => exchange.reset(),
            Break::Abandon => exchange.abandon(),
            Break::Garbage => exchange.write("\r\nnonsense\r\nmore\r\n")?,
            // What is on its way arrives, and must not be taken for a response to the next request.
            Break::Stall | Break::Drip => exchange.write("late")?,
        }
        Ok(())
    })?;
    let transport = bench.transport(&server);
    let request = request(&server, Method::POST, "/v1/broken", "a=1");
    let is_slow = matches!(way, Break::Stall | Break::Drip);
    let started = Instant::now();
    let outcome = transport.send(if is_slow { within(request, bench.timeout()) } else { request }).await;
    let taken = started.elapsed();
    let response = answered(outcome)?;
    ensure!(response.status() == status, "it came back as {}", response.status());
    let id = response.headers().get("request-id");
    ensure!(id.is_some_and(|id| id == "req_1"), "the request id did not come back");
    let body = response.body();
    let is_start = body.starts_with(b"some") && body[4..].iter().all(|byte| *byte == b'x');
    // A reset may take back what was not read yet.
    ensure!(is_start || way == Break::Reset && body.is_empty(), "{body:?} came back of its body");
    let is_in_time = !is_slow || taken < bench.timeout() + bench.allowance();
    ensure!(is_in_time, "a timeout of {:?} was over only after {taken:?}", bench.timeout());
    let next = answered(transport.send(get(&server, "/v1/x")).await).map_err(|seen| format!("and then {seen}"))?;
    ensure!(next.body() == "good", "the next request got the rest of the body");
    Ok(())
}

async fn quotes_nothing(bench: &Bench<'_>) -> Verdict {
    let hold = bench.hold();
    // By its path: of one that took too long, nothing may have been sent.
    let server = bench.server(move |exchange| match exchange.request().uri().path() {
        "/v1/path-secret/large" => exchange.respond("200 OK", "x".repeat(MAX_BODY_SIZE + 1)),
        "/v1/path-secret/no-http" => exchange.write("SSH-2.0\r\n\r\n"),
        "/v1/path-secret/late" => {
            exchange.wait(hold);
            Ok(())
        }
        _ => Err(std::io::ErrorKind::Other.into()),
    })?;
    let transport = bench.transport(&server);
    let path = "/v1/path-secret?query=secret";
    let mut outcomes = Vec::new();
    for what in ["large", "no-http", "late", "cut"] {
        let path = format!("/v1/path-secret/{what}?query=secret");
        let request = request(&server, Method::POST, &path, "body=secret");
        let request = if what == "late" { within(request, bench.timeout()) } else { request };
        outcomes.push(transport.send(request).await);
    }
    outcomes.push(transport.send(at(&nowhere(bench, NOBODY), Method::POST, path, "body=secret")).await);
    let untrusting = (bench.make)(&bench.setup(None));
    if bench.is_tls {
        outcomes.push(untrusting.send(request(&server, Method::POST, path, "body=secret")).await);
    }
    for outcome in outcomes {
        let Err(error) = outcome else { return Err("what should have failed did not".to_owned()) };
        for text in [chain(&error), format!("{error:?}"), transport.debug()] {
            for secret in ["secret", SECRET] {
                ensure!(!text.contains(secret), "{:?} shows some of the request: {text}", error.kind());
            }
        }
    }
    Ok(())
}
