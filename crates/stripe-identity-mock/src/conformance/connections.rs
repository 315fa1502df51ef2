//! Connections are used again, but never beyond trust.

use std::time::{Duration, Instant};

use http::Method;
use stripe_identity_core::TransportErrorKind as Kind;

use super::bench::{Bench, Verdict, answered, at, checks, ensure, failed_as, get, request};
use crate::raw_server::RawServer;

checks! {
    All "connections are kept and used again" => kept,
    All "a connection that was closed meanwhile is not in the way" => closed_meanwhile,
    All "what comes after an answer is not taken for the next" => not_poisoned,
    Tls "a certificate that nobody vouches for is Tls" => unknown_certificate,
    Tls "a certificate for another name is Tls" => another_name,
    Tls "a handshake that breaks off is Connect or Tls, and not tried again" => handshake,
    Tls "an end without a farewell is Interrupted" => truncated,
    Plain "a reset is not the end of a body" => reset_is_no_end,
}

async fn kept(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let transport = bench.transport(&server);
    let (mut pause, mut connections) = (Duration::from_millis(50), 1);
    for _ in 0..4 {
        for request in [get(&server, "/v1/x"), request(&server, Method::POST, "/v1/x", "a=1")] {
            answered(transport.send(request).await)?;
            // One that was not given back in time may be so in more time.
            if server.connections() > connections {
                connections = server.connections();
                pause = (2 * pause).min(bench.slack);
            }
            bench.wait(&*transport, pause).await;
        }
    }
    let asked = server.requests().len();
    ensure!(asked == 8, "of 8 requests, {asked} were sent");
    let connections = server.connections();
    ensure!(connections <= 4, "8 requests, one after the other, took {connections} connections");
    Ok(())
}

async fn closed_meanwhile(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        exchange.respond("200 OK", "{}")?;
        exchange.close();
        Ok(())
    })?;
    let transport = bench.transport(&server);
    for _ in 0..3 {
        answered(transport.send(request(&server, Method::POST, "/v1/x", "a=1")).await)?;
        let answered = Instant::now();
        while server.open_connections() > 0 && answered.elapsed() < bench.allowance() {
            bench.wait(&*transport, Duration::from_millis(10)).await;
        }
        bench.a_moment(&*transport).await;
    }
    Ok(())
}

async fn not_poisoned(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        let good = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
        exchange.write(format!("{good}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
    })?;
    let transport = bench.transport(&server);
    for _ in 0..3 {
        // To fail is safe; to give the wrong answer is not.
        if let Ok(response) = transport.send(get(&server, "/v1/x")).await {
            ensure!(response.body() == "good", "a request got what came after the answer to another");
        }
        bench.a_moment(&*transport).await;
    }
    Ok(())
}

async fn unknown_certificate(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let another = bench.server(|_| Ok(()))?;
    let outcome = bench.transport(&another).send(get(&server, "/v1/x")).await;
    ensure!(server.requests().is_empty(), "the request was sent");
    failed_as(outcome, &[Kind::Tls])?;
    let outcome = (bench.make)(&bench.setup(None)).send(get(&server, "/v1/x")).await;
    failed_as(outcome, &[Kind::Tls])
}

async fn another_name(bench: &Bench<'_>) -> Verdict {
    let elsewhere = RawServer::start_tls_as("elsewhere.test", |exchange| exchange.respond("200 OK", "{}"));
    let elsewhere = elsewhere.map_err(|error| format!("the suite's own server does not start: {error}"))?;
    let outcome = bench.transport(&elsewhere).send(get(&elsewhere, "/v1/x")).await;
    ensure!(elsewhere.requests().is_empty(), "the request was sent to a server of another name");
    failed_as(outcome, &[Kind::Tls])?;

    let server = bench.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let by_address = server.url().replace("localhost", "127.0.0.1");
    let request = at(&by_address, Method::GET, "/v1/x", "");
    let outcome = bench.transport(&server).send(request).await;
    ensure!(server.requests().is_empty(), "the request was sent");
    failed_as(outcome, &[Kind::Tls])
}

async fn handshake(bench: &Bench<'_>) -> Verdict {
    // It takes the first bytes of a handshake for those of a request that makes no sense, and hangs up.
    let deaf =
        RawServer::start(|_| Ok(())).map_err(|error| format!("the suite's own server does not start: {error}"))?;
    let trusted = bench.server(|_| Ok(()))?;
    let base = format!("https://localhost:{}", deaf.address().port());
    let outcome = bench.transport(&trusted).send(at(&base, Method::POST, "/v1/x", "a=1")).await;
    let connections = deaf.connections();
    ensure!(connections == 1, "it connected {connections} times");
    failed_as(outcome, &[Kind::Connect, Kind::Tls])
}

async fn truncated(bench: &Bench<'_>) -> Verdict {
    let server = bench.server(|exchange| {
        exchange.write("HTTP/1.1 200 OK\r\n\r\nhalf of a bo")?;
        exchange.abandon();
        Ok(())
    })?;
    failed_as(bench.transport(&server).send(get(&server, "/v1/x")).await, &[Kind::Interrupted])
}

async fn reset_is_no_end(bench: &Bench<'_>) -> Verdict {
    // A reset takes back what was not read yet, so one of them waits until a busy machine has read it too.
    for moment in [Duration::from_millis(50), bench.timeout() / 2] {
        let server = bench.server(move |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\n\r\nhalf of a bo")?;
            exchange.wait(moment);
            exchange.reset();
            Ok(())
        })?;
        failed_as(bench.transport(&server).send(get(&server, "/v1/x")).await, &[Kind::Interrupted])?;
    }
    Ok(())
}
