//! Requests are sent unchanged.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::harness::{Harness, checks, ensure, get, last, request, responded};
use super::report::Failure;

checks! {
    All "the method is sent unchanged" => method,
    All "path and query are sent unchanged" => path_and_query,
    All "headers are sent unchanged, including repeated ones" => headers,
    All "Host is sent once, and no header is duplicated" => host,
    All "no Accept-Encoding is sent" => no_compression,
    All "a body is sent unchanged, with its length" => body,
    All "an empty POST body has Content-Length 0" => empty_body,
    All "a GET has no body" => no_body,
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

async fn method(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    let transport = harness.transport(&server);
    for method in [Method::GET, Method::POST, Method::DELETE] {
        responded(transport.send(request(&server, method.clone(), "/v1/x", Bytes::new())).await)?;
        let received = last(&server)?;
        ensure!(received.method() == method, "{method} arrived as {}", received.method());
    }
    Ok(())
}

async fn path_and_query(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    let transport = harness.transport(&server);
    for target in ["/v1/a%2Fb/..%2Fc%20d?x[y][0]=%20%2B&z=%C3%A9&empty=&a=1&a=2", "/v1/x?", "/", "/v1/x//y/?q=a/b?c"] {
        responded(transport.send(get(&server, target)).await)?;
        let received = last(&server)?;
        ensure!(*received.uri() == target, "{target} arrived as {}", received.uri());
    }
    Ok(())
}

async fn headers(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    let mut request = get(&server, "/v1/x");
    for (name, value) in [("x-many", "1"), ("x-many", "2"), ("user-agent", "mine/1"), ("accept", "application/json")] {
        request.headers_mut().append(name, http::HeaderValue::from_static(value));
    }
    let sent = request.headers().clone();
    responded(harness.transport(&server).send(request).await)?;
    let received = last(&server)?;
    for name in sent.keys() {
        let values = |headers: &HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        let (sent, received) = (values(&sent), values(received.headers()));
        ensure!(
            sent == received,
            "{name}: sent {} values, but {} arrived, or different ones",
            sent.len(),
            received.len()
        );
    }
    Ok(())
}

async fn host(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    responded(harness.transport(&server).send(request(&server, Method::POST, "/v1/x", "a=1")).await)?;
    let received = last(&server)?;
    let authority = server.url().split_once("//").map_or("", |(_, authority)| authority);
    let hosts: Vec<_> = received.headers().get_all("host").iter().collect();
    ensure!(hosts == [authority], "expected the Host {authority}, but {hosts:?} arrived");
    for name in received.headers().keys() {
        ensure!(received.headers().get_all(name).iter().count() == 1, "{name} arrived more than once");
    }
    Ok(())
}

async fn no_compression(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    responded(harness.transport(&server).send(get(&server, "/v1/x")).await)?;
    let received = last(&server)?;
    ensure!(!received.headers().contains_key("accept-encoding"), "an Accept-Encoding arrived");
    Ok(())
}

async fn body(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    let transport = harness.transport(&server);
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    for body in [&b"type=document"[..], &bytes[..100_000], &bytes] {
        responded(transport.send(request(&server, Method::POST, "/v1/x", body.to_vec())).await)?;
        let received = last(&server)?;
        ensure!(
            received.body() == body,
            "sent {} bytes, but {} arrived, or different ones",
            body.len(),
            received.body().len()
        );
        let lengths: Vec<_> = received.headers().get_all("content-length").iter().collect();
        ensure!(
            lengths == [&body.len().to_string()],
            "sent {} bytes, but the Content-Length is {lengths:?}",
            body.len()
        );
        ensure!(!received.headers().contains_key("transfer-encoding"), "a body with a known length arrived in chunks");
    }
    Ok(())
}

async fn empty_body(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    responded(harness.transport(&server).send(request(&server, Method::POST, "/v1/x", Bytes::new())).await)?;
    let received = last(&server)?;
    let lengths: Vec<_> = received.headers().get_all("content-length").iter().collect();
    ensure!(lengths == ["0"], "expected Content-Length 0, but it is {lengths:?}");
    ensure!(!received.headers().contains_key("transfer-encoding"), "an empty body arrived in chunks");
    Ok(())
}

async fn no_body(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.write(OK))?;
    responded(harness.transport(&server).send(get(&server, "/v1/x")).await)?;
    let received = last(&server)?;
    for name in ["content-length", "transfer-encoding", "content-type", "expect"] {
        ensure!(!received.headers().contains_key(name), "a GET arrived with a {name} header");
    }
    ensure!(received.body().is_empty(), "a GET arrived with a body of {} bytes", received.body().len());
    Ok(())
}
