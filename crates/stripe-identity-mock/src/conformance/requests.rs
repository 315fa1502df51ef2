//! What goes out is what was handed in.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::bench::{Bench, Verdict, answered, checks, ensure, get, last, request};

checks! {
    All "the method arrives" => method,
    All "path and query arrive to the letter" => path_and_query,
    All "headers arrive, also of the same name" => headers,
    All "the host header is there once, and nothing is said twice" => host,
    All "no compression is asked for" => no_compression,
    All "a body arrives to the byte, with its length" => body,
    All "an empty body of a POST says so" => empty_body,
    All "a GET has no body" => no_body,
}

const FINE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

async fn method(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    let transport = bench.transport(&server);
    for method in [Method::GET, Method::POST, Method::DELETE] {
        answered(transport.send(request(&server, method.clone(), "/v1/x", Bytes::new())).await)?;
        let seen = last(&server)?;
        ensure!(seen.method() == method, "{method} arrived as {}", seen.method());
    }
    Ok(())
}

async fn path_and_query(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    let transport = bench.transport(&server);
    for target in ["/v1/a%2Fb/..%2Fc%20d?x[y][0]=%20%2B&z=%C3%A9&empty=&a=1&a=2", "/v1/x?", "/", "/v1/x//y/?q=a/b?c"] {
        answered(transport.send(get(&server, target)).await)?;
        let seen = last(&server)?;
        ensure!(*seen.uri() == target, "{target} arrived as {}", seen.uri());
    }
    Ok(())
}

async fn headers(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    let mut request = get(&server, "/v1/x");
    for (name, value) in [("x-many", "1"), ("x-many", "2"), ("user-agent", "mine/1"), ("accept", "application/json")] {
        request.headers_mut().append(name, http::HeaderValue::from_static(value));
    }
    let sent = request.headers().clone();
    answered(bench.transport(&server).send(request).await)?;
    let seen = last(&server)?;
    for name in sent.keys() {
        let values = |headers: &HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
        let (sent, seen) = (values(&sent), values(seen.headers()));
        ensure!(sent == seen, "of {name}, {} were sent and {} arrived, or others", sent.len(), seen.len());
    }
    Ok(())
}

async fn host(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    answered(bench.transport(&server).send(request(&server, Method::POST, "/v1/x", "a=1")).await)?;
    let seen = last(&server)?;
    let authority = server.url().split_once("//").map_or("", |(_, authority)| authority);
    let hosts: Vec<_> = seen.headers().get_all("host").iter().collect();
    ensure!(hosts == [authority], "the host is {authority}, and the header says {hosts:?}");
    for name in seen.headers().keys() {
        ensure!(seen.headers().get_all(name).iter().count() == 1, "{name} arrived more than once");
    }
    Ok(())
}

async fn no_compression(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    answered(bench.transport(&server).send(get(&server, "/v1/x")).await)?;
    let seen = last(&server)?;
    ensure!(!seen.headers().contains_key("accept-encoding"), "it sent an accept-encoding");
    Ok(())
}

async fn body(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    let transport = bench.transport(&server);
    let bytes: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    for body in [&b"type=document"[..], &bytes[..100_000], &bytes] {
        answered(transport.send(request(&server, Method::POST, "/v1/x", body.to_vec())).await)?;
        let seen = last(&server)?;
        ensure!(seen.body() == body, "{} bytes were sent and {} arrived, or others", body.len(), seen.body().len());
        let lengths: Vec<_> = seen.headers().get_all("content-length").iter().collect();
        ensure!(lengths == [&body.len().to_string()], "{} bytes have the length {lengths:?}", body.len());
        ensure!(!seen.headers().contains_key("transfer-encoding"), "it arrived in chunks, in spite of its length");
    }
    Ok(())
}

async fn empty_body(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    answered(bench.transport(&server).send(request(&server, Method::POST, "/v1/x", Bytes::new())).await)?;
    let seen = last(&server)?;
    let lengths: Vec<_> = seen.headers().get_all("content-length").iter().collect();
    ensure!(lengths == ["0"], "the length of nothing is {lengths:?}");
    ensure!(!seen.headers().contains_key("transfer-encoding"), "nothing arrived in chunks");
    Ok(())
}

async fn no_body(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.write(FINE))?;
    answered(bench.transport(&server).send(get(&server, "/v1/x")).await)?;
    let seen = last(&server)?;
    for name in ["content-length", "transfer-encoding", "content-type", "expect"] {
        ensure!(!seen.headers().contains_key(name), "it has a {name}");
    }
    ensure!(seen.body().is_empty(), "it has {} bytes", seen.body().len());
    Ok(())
}
