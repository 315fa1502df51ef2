//! What comes back is what was answered.

use std::time::Duration;

use super::bench::{Bench, Verdict, answered, checks, ensure, get};

checks! {
    All "any status is a response" => statuses,
    All "headers come back, also of the same name" => headers,
    All "a body comes back to the byte" => body,
    All "a body in chunks comes back whole" => chunks,
    All "an answer in small pieces comes back whole" => pieces,
    All "a body that ends with the connection comes back whole" => until_close,
    All "a body that says to be compressed comes back as it is" => compressed,
    All "answers for the time being are passed over" => informational,
    All "redirects are not followed" => redirects,
    All "a refusal is not tried again" => no_retries,
    All "cookies are not kept" => cookies,
}

async fn statuses(bench: &Bench<'_>) -> Verdict {
    for status in [200, 201, 204, 304, 400, 401, 402, 404, 407, 409, 429, 500, 503, 599] {
        let has_body = !matches!(status, 204 | 304);
        let rest = if has_body { "Content-Length: 4\r\n\r\nbody" } else { "\r\n" };
        let (_, outcome) = bench.ask(format!("HTTP/1.1 {status} Any Reason\r\n{rest}")).await?;
        let response = answered(outcome).map_err(|seen| format!("of {status}, {seen}"))?;
        ensure!(response.status() == status, "{status} came back as {}", response.status());
        ensure!(response.body().is_empty() != has_body, "the body of {status} has {} bytes", response.body().len());
    }
    Ok(())
}

async fn headers(bench: &Bench<'_>) -> Verdict {
    let answer = b"HTTP/1.1 200 OK\r\nREQUEST-ID: req_1\r\nX-Many: 1\r\nX-Many: 2\r\nX-Empty:\r\nX-Name: caf\xe9\r\n\
        Content-Length: 0\r\n\r\n";
    let response = answered(bench.ask(answer.to_vec()).await?.1)?;
    let values = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
    ensure!(values("request-id") == ["req_1"], "request-id came back as {:?}", values("request-id"));
    ensure!(values("x-many") == ["1", "2"], "x-many: 1, 2 came back as {:?}", values("x-many"));
    ensure!(values("x-empty") == [""], "the empty x-empty came back as {:?}", values("x-empty"));
    let is_there = values("x-name").first().is_some_and(|value| value.as_bytes() == b"caf\xe9");
    ensure!(is_there, "a header that is no ASCII came back as {:?}", values("x-name"));
    Ok(())
}

fn all_bytes(count: usize) -> Vec<u8> {
    (0..=255).cycle().take(count).collect()
}

async fn body(bench: &Bench<'_>) -> Verdict {
    for count in [1, 256, 100_000] {
        let body = all_bytes(count);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {count}\r\n\r\n");
        let response = answered(bench.ask([head.as_bytes(), &body].concat()).await?.1)?;
        ensure!(*response.body() == body, "{count} bytes came back as {}, or others", response.body().len());
    }
    Ok(())
}

async fn chunks(bench: &Bench<'_>) -> Verdict {
    let body = all_bytes(50_000);
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(777) {
        answer.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
    }
    answer.extend(b"0\r\nX-Trailer: 1\r\n\r\n");
    let response = answered(bench.ask(answer).await?.1)?;
    ensure!(*response.body() == body, "50000 bytes came back as {}, or others", response.body().len());
    Ok(())
}

async fn pieces(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        for byte in b"HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n" {
            exchange.write([*byte])?;
            if b"\r\n".contains(byte) {
                exchange.wait(Duration::from_millis(2));
            }
        }
        Ok(())
    })?;
    let response = answered(bench.transport(&server).send(get(&server, "/v1/x")).await)?;
    ensure!(response.body() == "body", "{} bytes came back", response.body().len());
    ensure!(response.headers().contains_key("x-a"), "its header did not come back");
    Ok(())
}

async fn until_close(bench: &Bench<'_>) -> Verdict {
    for version in ["1.0", "1.1"] {
        let server = bench.server(move |exchange| {
            exchange.write(format!("HTTP/{version} 200 OK\r\n\r\nbody"))?;
            exchange.close();
            Ok(())
        })?;
        let response = answered(bench.transport(&server).send(get(&server, "/v1/x")).await)?;
        ensure!(response.body() == "body", "HTTP/{version}: {} bytes came back", response.body().len());
    }
    Ok(())
}

async fn compressed(bench: &Bench<'_>) -> Verdict {
    let answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain";
    let response = answered(bench.ask(answer).await?.1)?;
    ensure!(response.body() == "plain", "it came back as {} bytes", response.body().len());
    ensure!(response.headers().contains_key("content-encoding"), "its header did not come back");
    Ok(())
}

async fn informational(bench: &Bench<'_>) -> Verdict {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n";
    let answer =
        format!("{early}HTTP/1.1 102 Processing\r\n\r\n{early}HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{{}}");
    let response = answered(bench.ask(answer).await?.1)?;
    ensure!(response.status() == 201 && response.body() == "{}", "{} came back", response.status());
    Ok(())
}

async fn redirects(bench: &Bench<'_>) -> Verdict {
    let elsewhere = bench.server(|exchange| exchange.respond("200 OK", "elsewhere"))?;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/v1/y", elsewhere.url());
        let answer = format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let (server, outcome) = bench.ask(answer).await?;
        ensure!(elsewhere.connections() == 0 && server.requests().len() <= 1, "a {status} was followed");
        let response = answered(outcome)?;
        ensure!(response.status() == status, "{status} came back as {}", response.status());
        ensure!(response.headers().get("location").is_some_and(|it| *it == location), "its location did not come back");
    }
    Ok(())
}

async fn no_retries(bench: &Bench<'_>) -> Verdict {
    for status in [408, 409, 421, 425, 429, 500, 502, 503, 504] {
        let answer = format!("HTTP/1.1 {status} X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
        let (server, outcome) = bench.ask(answer).await?;
        answered(outcome)?;
        let asked = server.requests().len();
        ensure!(asked == 1, "after a {status} it asked {asked} times");
    }
    Ok(())
}

async fn cookies(bench: &Bench<'_>) -> Verdict {
    let server =
        bench.server(|exchange| exchange.write("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))?;
    let transport = bench.transport(&server);
    for _ in 0..2 {
        answered(transport.send(get(&server, "/v1/x")).await)?;
    }
    let kept = server.requests().iter().any(|request| request.headers().contains_key("cookie"));
    ensure!(!kept, "a cookie was sent back");
    Ok(())
}
