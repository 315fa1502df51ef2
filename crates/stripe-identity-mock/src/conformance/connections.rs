//! Connections are reused where that is safe, and TLS is verified.

use std::time::{Duration, Instant};

use http::Method;
use stripe_identity_core::TransportErrorKind as Kind;

use super::harness::{Harness, at, checks, ensure, failed_as, get, request, responded, started};
use super::report::Failure;
use crate::raw_server::RawServer;

checks! {
    All "connections are reused" => reused,
    All "a connection closed while idle does not fail the next request" => closed_while_idle,
    All "bytes after a response are not returned for the next request" => surplus_bytes,
    Tls "an untrusted certificate is Tls" => unknown_certificate,
    Tls "a certificate for another name is Tls" => another_name,
    Tls "a broken TLS handshake is Connect or Tls, and is not retried" => handshake,
    Tls "a TLS connection closed without close_notify is Interrupted" => no_close_notify,
    Plain "a reset connection does not complete a body" => reset,
}

async fn reused(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let transport = harness.transport(&server);
    let (mut pause, mut connections) = (Duration::from_millis(50), 1);
    for _ in 0..4 {
        for request in [get(&server, "/v1/x"), request(&server, Method::POST, "/v1/x", "a=1")] {
            responded(transport.send(request).await)?;
            // A connection that did not return to the pool in time may do so in more time.
            if server.connections() > connections {
                connections = server.connections();
                pause = (2 * pause).min(harness.slack);
            }
            harness.wait(&*transport, pause).await;
        }
    }
    let received = server.requests().len();
    ensure!(received == 8, "8 requests were sent, but {received} arrived");
    let connections = server.connections();
    ensure!(connections <= 4, "8 requests, one after another, took {connections} connections instead of 4 at most");
    Ok(())
}

async fn closed_while_idle(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| {
        exchange.respond("200 OK", "{}")?;
        exchange.close();
        Ok(())
    })?;
    let transport = harness.transport(&server);
    for _ in 0..3 {
        responded(transport.send(request(&server, Method::POST, "/v1/x", "a=1")).await)?;
        let responded_at = Instant::now();
        while server.open_connections() > 0 && responded_at.elapsed() < harness.allowance() {
            harness.wait(&*transport, Duration::from_millis(10)).await;
        }
        harness.pause(&*transport).await;
    }
    Ok(())
}

async fn surplus_bytes(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| {
        let good = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
        exchange.write(format!("{good}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
    })?;
    let transport = harness.transport(&server);
    for _ in 0..3 {
        // A failure is safe; a wrong response is not.
        if let Ok(response) = transport.send(get(&server, "/v1/x")).await {
            ensure!(response.body() == "good", "a request got bytes that followed the response to another");
        }
        harness.pause(&*transport).await;
    }
    Ok(())
}

async fn unknown_certificate(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let another = harness.server(|_| Ok(()))?;
    let outcome = harness.transport(&another).send(get(&server, "/v1/x")).await;
    ensure!(server.requests().is_empty(), "the request was sent to an untrusted server");
    failed_as(outcome, &[Kind::Tls])?;
    let outcome = (harness.make)(&harness.setup(None)).send(get(&server, "/v1/x")).await;
    failed_as(outcome, &[Kind::Tls])
}

async fn another_name(harness: &Harness<'_>) -> Result<(), Failure> {
    let elsewhere = started(RawServer::start_tls_as("elsewhere.test", |exchange| exchange.respond("200 OK", "{}")))?;
    let outcome = harness.transport(&elsewhere).send(get(&elsewhere, "/v1/x")).await;
    ensure!(elsewhere.requests().is_empty(), "the request was sent to a server with another name");
    failed_as(outcome, &[Kind::Tls])?;

    let server = harness.server(|exchange| exchange.respond("200 OK", "{}"))?;
    let by_address = server.url().replace("localhost", "127.0.0.1");
    let request = at(&by_address, Method::GET, "/v1/x", "");
    let outcome = harness.transport(&server).send(request).await;
    ensure!(server.requests().is_empty(), "the request was sent to an untrusted server");
    failed_as(outcome, &[Kind::Tls])
}

async fn handshake(harness: &Harness<'_>) -> Result<(), Failure> {
    // It parses the first bytes of the handshake as a malformed request, and closes the connection.
    let plain = started(RawServer::start(|_| Ok(())))?;
    let trusted = harness.server(|_| Ok(()))?;
    let base = format!("https://localhost:{}", plain.address().port());
    let outcome = harness.transport(&trusted).send(at(&base, Method::POST, "/v1/x", "a=1")).await;
    let connections = plain.connections();
    ensure!(connections == 1, "the transport connected {connections} times instead of once");
    failed_as(outcome, &[Kind::Connect, Kind::Tls])
}

async fn no_close_notify(harness: &Harness<'_>) -> Result<(), Failure> {
    let server = harness.server(|exchange| {
        exchange.write("HTTP/1.1 200 OK\r\n\r\nhalf of a bo")?;
        exchange.abandon();
        Ok(())
    })?;
    failed_as(harness.transport(&server).send(get(&server, "/v1/x")).await, &[Kind::Interrupted])
}

async fn reset(harness: &Harness<'_>) -> Result<(), Failure> {
    // A reset discards bytes that were not read yet, so the second wait is long enough for a busy
    // machine to read them.
    for pause in [Duration::from_millis(50), harness.timeout() / 2] {
        let server = harness.server(move |exchange| {
            exchange.write("HTTP/1.1 200 OK\r\n\r\nhalf of a bo")?;
            exchange.wait(pause);
            exchange.reset();
            Ok(())
        })?;
        failed_as(harness.transport(&server).send(get(&server, "/v1/x")).await, &[Kind::Interrupted])?;
    }
    Ok(())
}
