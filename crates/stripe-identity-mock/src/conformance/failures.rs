//! Errors have the right kind, which says whether the request may have arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use stripe_identity_core::TransportErrorKind as Kind;

use super::candidate::Outcome;
use super::harness::{
    Harness, MAX_BODY_SIZE, SECRET, at, chain, checks, ensure, failed_as, get, request, responded, within,
};
use super::report::Failure;

checks! {
    All "a refused connection is Connect" => refused,
    All "a host name without an address is Dns" => no_address,
    All "an incomplete response is Interrupted" => cut,
    All "an incomplete response is not retried" => cut_once,
    All "a reused connection that breaks is Interrupted, and is not retried" => cut_when_reused,
    All "bytes that are not HTTP are not a response" => not_http,
    All "a success body over the limit is BodyTooLarge" => too_large,
    All "an endless success body is not read to its end" => endless,
    All "an error body over the limit is cut" => cut_body,
    All "an error whose body breaks off or stalls keeps its status" => broken_body,
    All "errors and Debug output quote nothing of the request" => quotes_nothing,
}

/// A port that is reserved for a service that no machine runs any more.
const UNUSED: &str = "127.0.0.1:1";

fn base_url(harness: &Harness<'_>, authority: &str) -> String {
    format!("http{}://{authority}", if harness.is_tls { "s" } else { "" })
}

async fn refused(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|_| Ok(()))?;
    let request = at(&base_url(harness, UNUSED), Method::POST, "/v1/x", "a=1");
    failed_as(harness.transport(&server).send(request).await, &[Kind::Connect])
}

async fn no_address(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|_| Ok(()))?;
    // A label of more than 63 letters is invalid, so the resolver rejects it without a query.
    let authority = format!("{}.test", "x".repeat(70));
    let request = at(&base_url(harness, &authority), Method::GET, "/v1/x", Bytes::new());
    failed_as(harness.transport(&server).send(request).await, &[Kind::Dns])
}

const CUTS: [&str; 6] = [
    "",
    "HTTP/1.1 200 OK\r\nContent-Le",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"id\"",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n{\"id\"\r\n",
];

/// Returns the outcome of a request whose response ends after this text, by a close or a reset, and
/// how many requests arrived.
async fn break_off(harness: &Harness<'_>, text: &'static str, reset: bool) -> Result<(Outcome, usize), Failure> {
    let server = harness.server(move |exchange| {
        exchange.write(text)?;
        exchange.wait(Duration::from_millis(20));
        if reset {
            exchange.reset();
        } else {
            exchange.close();
        }
        Ok(())
    })?;
    let outcome = harness.transport(&server).send(request(&server, Method::POST, "/v1/x", "a=1")).await;
    Ok((outcome, server.requests().len()))
}

async fn cut(harness: &Harness<'_>) -> Result<(), Failure> {
    for text in CUTS {
        for reset in [false, true] {
            let (outcome, _) = break_off(harness, text, reset).await?;
            let result = failed_as(outcome, &[Kind::Interrupted]);
            result.map_err(|failure| failure.context(format_args!("response {text:?}")))?;
        }
    }
    Ok(())
}

async fn cut_once(harness: &Harness<'_>) -> Result<(), Failure> {
    for text in CUTS {
        for reset in [false, true] {
            let (_, received) = break_off(harness, text, reset).await?;
            ensure!(received == 1, "response {text:?}: {received} requests arrived instead of one");
        }
    }
    Ok(())
}

/// A client that suspects a stale connection is tempted to send the request again.
async fn cut_when_reused(harness: &Harness<'_>) -> Result<(), Failure> {
    for reset in [false, true] {
        let server = harness.server(move |exchange| {
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
        let transport = harness.transport(&server);
        responded(transport.send(get(&server, "/v1/x")).await)?;
        let outcome = transport.send(request(&server, Method::POST, "/v1/x", "a=1")).await;
        let received = server.requests().len() - 1;
        ensure!(received == 1, "{received} requests arrived instead of one");
        failed_as(outcome, &[Kind::Interrupted])?;
    }
    Ok(())
}

async fn not_http(harness: &Harness<'_>) -> Result<(), Failure> {
    let (_, outcome) = harness.receive("SSH-2.0-OpenSSH_9.2\r\n\r\n").await?;
    failed_as(outcome, &[Kind::Other, Kind::Interrupted])
}

async fn too_large(harness: &Harness<'_>) -> Result<(), Failure> {
    let most = "x".repeat(MAX_BODY_SIZE);
    let with_length = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let in_chunks = |rest: &str| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}{MAX_BODY_SIZE:x}\r\n{most}\r\n{rest}0\r\n\r\n")
    };
    for response in [with_length(&most), in_chunks("")] {
        let response = responded(harness.receive(response).await?.1)
            .map_err(|failure| failure.context("a body as large as the limit"))?;
        let size = response.body().len();
        ensure!(size == MAX_BODY_SIZE, "a body as large as the limit: {size} bytes were returned");
    }
    for response in [with_length(&format!("{most}x")), in_chunks("1\r\nx\r\n")] {
        failed_as(harness.receive(response).await?.1, &[Kind::BodyTooLarge])?;
    }
    let server = harness.server(move |exchange| {
        exchange.write(format!("HTTP/1.1 200 OK\r\n\r\n{most}x"))?;
        exchange.close();
        Ok(())
    })?;
    let outcome = harness.transport(&server).send(get(&server, "/v1/x")).await;
    failed_as(outcome, &[Kind::BodyTooLarge]).map_err(|failure| failure.context("a body that ends with the connection"))
}

/// Long enough for the bytes written so far to arrive.
const BEFORE_BREAK: Duration = Duration::from_millis(20);

/// More 64 KiB chunks than socket buffers hold.
const CHUNKS: usize = 400;

async fn endless(harness: &Harness<'_>) -> Result<(), Failure> {
    let written = Arc::new(AtomicUsize::new(0));
    let chunks = written.clone();
    let server = harness.server(move |exchange| {
        exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = format!("ffff\r\n{}\r\n", "x".repeat(0xffff));
        // The client closes the connection long before the last one.
        for _ in 0..CHUNKS {
            exchange.write(&chunk)?;
            chunks.fetch_add(1, Ordering::SeqCst);
        }
        exchange.close();
        Ok(())
    })?;
    let outcome = harness.transport(&server).send(get(&server, "/v1/x")).await;
    let count = written.load(Ordering::SeqCst);
    failed_as(outcome, &[Kind::BodyTooLarge])?;
    ensure!(count < CHUNKS, "the transport read all {count} chunks of 64 KiB");
    Ok(())
}

async fn cut_body(harness: &Harness<'_>) -> Result<(), Failure> {
    const CHUNK: usize = 0xffff;
    for status in [302, 404, 502] {
        for framing in ["Content-Length: 999999999", "Transfer-Encoding: chunked", "Connection: close"] {
            let server = harness.server(move |exchange| {
                exchange.write(format!("HTTP/1.1 {status} X\r\nRequest-Id: req_1\r\n{framing}\r\n\r\n"))?;
                let body = "x".repeat(CHUNK);
                let piece = if framing.ends_with("chunked") { format!("{CHUNK:x}\r\n{body}\r\n") } else { body };
                (0..40).try_for_each(|_| exchange.write(&piece))?;
                exchange.close();
                Ok(())
            })?;
            let transport = harness.transport(&server);
            for _ in 0..2 {
                let outcome = transport.send(get(&server, "/v1/x")).await;
                let response =
                    responded(outcome).map_err(|failure| failure.context(format_args!("{status}, {framing}")))?;
                ensure!(response.status() == status, "expected status {status}, but it is {}", response.status());
                let id = response.headers().get("request-id");
                ensure!(id.is_some_and(|id| id == "req_1"), "{status}, {framing}: the request id was not returned");
                let body = response.body();
                let is_cut = body.len() <= MAX_BODY_SIZE && body.iter().all(|byte| *byte == b'x');
                ensure!(is_cut, "{status}, {framing}: {} bytes were returned, or different ones", body.len());
            }
        }
    }
    Ok(())
}

/// How a body fails to arrive whole.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    Close,
    Reset,
    /// Closes without `close_notify`. Without TLS, the same as `Close`.
    Abandon,
    /// A chunk whose size is not a number.
    Garbage,
    Stall,
    Drip,
}

async fn broken_body(harness: &Harness<'_>) -> Result<(), Failure> {
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
        let result = keeps_status(harness, status, framing, way).await;
        result.map_err(|failure| failure.context(format_args!("{status}, {framing:?}, {way:?}")))?;
    }
    Ok(())
}

/// Fails unless the response keeps its status and what arrived of its body, and the next request
/// gets its own response.
async fn keeps_status(harness: &Harness<'_>, status: u16, framing: &'static str, way: Break) -> Result<(), Failure> {
    let hold = harness.hold();
    let server = harness.server(move |exchange| {
        // Not by its number, since a request that timed out may not have been sent at all.
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
            // Late bytes must not be returned for the next request.
            Break::Stall | Break::Drip => exchange.write("late")?,
        }
        Ok(())
    })?;
    let transport = harness.transport(&server);
    let request = request(&server, Method::POST, "/v1/broken", "a=1");
    let is_slow = matches!(way, Break::Stall | Break::Drip);
    let started = Instant::now();
    let outcome = transport.send(if is_slow { within(request, harness.timeout()) } else { request }).await;
    let taken = started.elapsed();
    let response = responded(outcome)?;
    ensure!(response.status() == status, "the status is {}", response.status());
    let id = response.headers().get("request-id");
    ensure!(id.is_some_and(|id| id == "req_1"), "the request id was not returned");
    let body = response.body();
    let is_start = body.starts_with(b"some") && body[4..].iter().all(|byte| *byte == b'x');
    // A reset may discard bytes that were not read yet.
    ensure!(is_start || way == Break::Reset && body.is_empty(), "the body is {body:?}");
    let is_in_time = !is_slow || taken < harness.timeout() + harness.allowance();
    ensure!(is_in_time, "a request with a timeout of {:?} took {taken:?}", harness.timeout());
    let next = responded(transport.send(get(&server, "/v1/x")).await);
    let next = next.map_err(|failure| failure.context("the next request"))?;
    ensure!(next.body() == "good", "the next request got other bytes than its own response");
    Ok(())
}

async fn quotes_nothing(harness: &Harness<'_>) -> Result<(), Failure> {
    let hold = harness.hold();
    // By its path, since a request that timed out may not have been sent at all.
    let server = harness.server(move |exchange| match exchange.request().uri().path() {
        "/v1/path-secret/large" => exchange.respond("200 OK", "x".repeat(MAX_BODY_SIZE + 1)),
        "/v1/path-secret/not-http" => exchange.write("SSH-2.0\r\n\r\n"),
        "/v1/path-secret/late" => {
            exchange.wait(hold);
            Ok(())
        }
        _ => Err(std::io::ErrorKind::Other.into()),
    })?;
    let transport = harness.transport(&server);
    let path = "/v1/path-secret?query=secret";
    let mut outcomes = Vec::new();
    for case in ["large", "not-http", "late", "cut"] {
        let path = format!("/v1/path-secret/{case}?query=secret");
        let request = request(&server, Method::POST, &path, "body=secret");
        let request = if case == "late" { within(request, harness.timeout()) } else { request };
        outcomes.push(transport.send(request).await);
    }
    outcomes.push(transport.send(at(&base_url(harness, UNUSED), Method::POST, path, "body=secret")).await);
    let untrusting = (harness.make)(&harness.setup(None));
    if harness.is_tls {
        outcomes.push(untrusting.send(request(&server, Method::POST, path, "body=secret")).await);
    }
    for outcome in outcomes {
        let Err(error) = outcome else { return Err(Failure::new("a request succeeded that should have failed")) };
        for text in [chain(&error), format!("{error:?}"), transport.debug()] {
            for secret in ["secret", SECRET] {
                ensure!(!text.contains(secret), "{:?} quotes the request: {text}", error.kind());
            }
        }
    }
    Ok(())
}
