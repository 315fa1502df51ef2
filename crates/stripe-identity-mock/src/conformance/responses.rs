//! Responses are returned unchanged, and each request is sent once.

use std::time::Duration;

use super::harness::{Harness, checks, ensure, get, responded};
use super::report::Failure;

checks! {
    All "any status is a response" => statuses,
    All "response headers are returned, including repeated ones" => headers,
    All "a response body is returned unchanged" => body,
    All "a chunked body is returned whole" => chunks,
    All "a response in small pieces is returned whole" => pieces,
    All "a body that ends with the connection is returned whole" => until_close,
    All "a body with a Content-Encoding is not decoded" => compressed,
    All "informational responses are skipped" => informational,
    All "redirects are not followed" => redirects,
    All "an error status is not retried" => no_retries,
    All "cookies are not stored" => cookies,
}

async fn statuses(harness: &Harness<'_>) -> Result<(), Failure> {
    for status in [200, 201, 204, 304, 400, 401, 402, 404, 407, 409, 429, 500, 503, 599] {
        let has_body = !matches!(status, 204 | 304);
        let rest = if has_body { "Content-Length: 4\r\n\r\nbody" } else { "\r\n" };
        let (_, outcome) = harness.receive(format!("HTTP/1.1 {status} Any Reason\r\n{rest}")).await?;
        let response = responded(outcome).map_err(|failure| failure.context(format_args!("status {status}")))?;
        ensure!(response.status() == status, "expected status {status}, but it is {}", response.status());
        ensure!(
            response.body().is_empty() != has_body,
            "status {status}: the body has {} bytes",
            response.body().len()
        );
    }
    Ok(())
}

async fn headers(harness: &Harness<'_>) -> Result<(), Failure> {
    let bytes = b"HTTP/1.1 200 OK\r\nREQUEST-ID: req_1\r\nX-Many: 1\r\nX-Many: 2\r\nX-Empty:\r\nX-Name: caf\xe9\r\n\
        Content-Length: 0\r\n\r\n";
    let response = responded(harness.receive(bytes.to_vec()).await?.1)?;
    let values = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
    ensure!(values("request-id") == ["req_1"], "expected the request-id req_1, but it is {:?}", values("request-id"));
    ensure!(values("x-many") == ["1", "2"], "expected x-many to be 1 and 2, but it is {:?}", values("x-many"));
    ensure!(values("x-empty") == [""], "expected x-empty to be empty, but it is {:?}", values("x-empty"));
    let is_there = values("x-name").first().is_some_and(|value| value.as_bytes() == b"caf\xe9");
    ensure!(is_there, "expected x-name to keep its byte that is not ASCII, but it is {:?}", values("x-name"));
    Ok(())
}

fn all_bytes(count: usize) -> Vec<u8> {
    (0..=255).cycle().take(count).collect()
}

async fn body(harness: &Harness<'_>) -> Result<(), Failure> {
    for count in [1, 256, 100_000] {
        let body = all_bytes(count);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {count}\r\n\r\n");
        let response = responded(harness.receive([head.as_bytes(), &body].concat()).await?.1)?;
        ensure!(
            *response.body() == body,
            "expected {count} bytes, but {} were returned, or different ones",
            response.body().len()
        );
    }
    Ok(())
}

async fn chunks(harness: &Harness<'_>) -> Result<(), Failure> {
    let body = all_bytes(50_000);
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(777) {
        bytes.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    bytes.extend(b"0\r\nX-Trailer: 1\r\n\r\n");
    let response = responded(harness.receive(bytes).await?.1)?;
    ensure!(
        *response.body() == body,
        "expected 50000 bytes, but {} were returned, or different ones",
        response.body().len()
    );
    Ok(())
}

async fn pieces(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| {
        for byte in b"HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n" {
            exchange.write([*byte])?;
            if b"\r\n".contains(byte) {
                exchange.wait(Duration::from_millis(2));
            }
        }
        Ok(())
    })?;
    let response = responded(harness.transport(&server).send(get(&server, "/v1/x")).await)?;
    ensure!(response.body() == "body", "expected 4 bytes, but {} were returned", response.body().len());
    ensure!(response.headers().contains_key("x-a"), "the x-a header was not returned");
    Ok(())
}

async fn until_close(harness: &Harness<'_>) -> Result<(), Failure> {
    for version in ["1.0", "1.1"] {
        let server = harness.server(move |exchange| {
            exchange.write(format!("HTTP/{version} 200 OK\r\n\r\nbody"))?;
            exchange.close();
            Ok(())
        })?;
        let response = responded(harness.transport(&server).send(get(&server, "/v1/x")).await)?;
        ensure!(
            response.body() == "body",
            "HTTP/{version}: expected 4 bytes, but {} were returned",
            response.body().len()
        );
    }
    Ok(())
}

async fn compressed(harness: &Harness<'_>) -> Result<(), Failure> {
    let bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain";
    let response = responded(harness.receive(bytes).await?.1)?;
    ensure!(response.body() == "plain", "expected the 5 bytes as sent, but {} were returned", response.body().len());
    ensure!(response.headers().contains_key("content-encoding"), "the Content-Encoding was not returned");
    Ok(())
}

async fn informational(harness: &Harness<'_>) -> Result<(), Failure> {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n";
    let bytes =
        format!("{early}HTTP/1.1 102 Processing\r\n\r\n{early}HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{{}}");
    let response = responded(harness.receive(bytes).await?.1)?;
    ensure!(
        response.status() == 201 && response.body() == "{}",
        "expected status 201 with its body, but the status is {}",
        response.status()
    );
    Ok(())
}

async fn redirects(harness: &Harness<'_>) -> Result<(), Failure> {
    let elsewhere = harness.server(|exchange| exchange.respond("200 OK", "elsewhere"))?;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/v1/y", elsewhere.url());
        let bytes = format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let (server, outcome) = harness.receive(bytes).await?;
        ensure!(elsewhere.connections() == 0 && server.requests().len() <= 1, "status {status} was followed");
        let response = responded(outcome)?;
        ensure!(response.status() == status, "expected status {status}, but it is {}", response.status());
        ensure!(response.headers().get("location").is_some_and(|it| *it == location), "the Location was not returned");
    }
    Ok(())
}

async fn no_retries(harness: &Harness<'_>) -> Result<(), Failure> {
    for status in [408, 409, 421, 425, 429, 500, 502, 503, 504] {
        let bytes = format!("HTTP/1.1 {status} X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
        let (server, outcome) = harness.receive(bytes).await?;
        responded(outcome)?;
        let received = server.requests().len();
        ensure!(received == 1, "status {status}: {received} requests arrived instead of one");
    }
    Ok(())
}

async fn cookies(harness: &Harness<'_>) -> Result<(), Failure> {
    let server =
        harness.server(|exchange| exchange.write("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))?;
    let transport = harness.transport(&server);
    for _ in 0..2 {
        responded(transport.send(get(&server, "/v1/x")).await)?;
    }
    let is_sent = server.requests().iter().any(|request| request.headers().contains_key("cookie"));
    ensure!(!is_sent, "a cookie was sent back");
    Ok(())
}
