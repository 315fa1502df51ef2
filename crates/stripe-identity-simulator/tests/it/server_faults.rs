//! Faults over a socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use stripe_identity_simulator::{Fault, Server, Simulator};

use crate::http::{SESSIONS, exchange};

const SHORT: Duration = Duration::from_millis(300);

fn start() -> Server {
    Server::start("127.0.0.1:0", Simulator::new()).unwrap()
}

/// Sends a request to create a session under an idempotency key.
fn send(address: SocketAddr, key: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(
        stream,
        "POST {SESSIONS} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer sk_test_a\r\nConnection: close\r\n\
         Idempotency-Key: {key}\r\nContent-Length: 13\r\n\r\ntype=document"
    )
    .unwrap();
    stream
}

/// Reads all that comes until the connection ends.
fn receive(mut stream: TcpStream) -> (String, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let error = stream.read_to_end(&mut bytes).err().map(|error| error.kind());
    (String::from_utf8(bytes).unwrap(), error)
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or(response)
}

/// Returns how many sessions there are.
fn count(address: SocketAddr) -> usize {
    let (status, body) = exchange(address, "x", &format!("GET {SESSIONS}"), "Authorization: Bearer sk_test_a\r\n", "");
    assert_eq!(status, 200);
    serde_json::from_str::<serde_json::Value>(&body).unwrap()["data"].as_array().unwrap().len()
}

#[test]
fn lost_response_ends_the_connection_after_the_work() {
    let server = start();
    server.add_fault(Fault::lose_response().method(Method::POST).times(1));
    assert_eq!(receive(send(server.address(), "k")), (String::new(), None));
    assert_eq!(count(server.address()), 1);
    let (response, _) = receive(send(server.address(), "k"));
    assert!(response.starts_with("HTTP/1.1 200") && response.contains("idempotent-replayed: true"), "{response}");
}

#[test]
fn reset_comes_before_the_work() {
    let server = start();
    server.add_fault(Fault::reset().method(Method::POST).times(1));
    assert_eq!(receive(send(server.address(), "k")), (String::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(count(server.address()), 0);
}

#[test]
fn cut_body_is_shorter_than_it_says() {
    let server = start();
    server.add_fault(Fault::cut_body().method(Method::POST).times(1));
    let (response, _) = receive(send(server.address(), "k"));
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let length: usize = length.parse().unwrap();
    assert_eq!((status(head), body.len()), ("200", length / 2), "{response}");
    assert_eq!(count(server.address()), 1);
}

#[test]
fn slow_body_takes_its_time_and_is_whole() {
    let server = start();
    server.add_fault(Fault::slow_body(SHORT).method(Method::POST).times(1));
    let start = Instant::now();
    let (slow, error) = receive(send(server.address(), "k"));
    assert!(start.elapsed() >= SHORT && error.is_none(), "{error:?}");
    let (replay, _) = receive(send(server.address(), "k"));
    let body = |response: &str| response.split_once("\r\n\r\n").unwrap().1.to_owned();
    assert_eq!(body(&slow), body(&replay));
}

#[test]
fn latency_is_real_while_the_clock_of_the_world_stands() {
    let server = start();
    server.add_fault(Fault::latency(SHORT).method(Method::POST).times(1));
    let (start, time) = (Instant::now(), server.time());
    assert_eq!(status(&receive(send(server.address(), "k")).0), "200");
    assert!(start.elapsed() >= SHORT);
    assert_eq!(server.time(), time);
}

#[test]
fn key_is_in_use_until_the_slow_response_leaves() {
    let server = start();
    server.add_fault(Fault::latency(Duration::from_secs(3)).method(Method::POST).times(2));
    let slow = send(server.address(), "k");
    // The client of this one does not wait for the response.
    let gone = send(server.address(), "gone");
    let deadline = Instant::now() + Duration::from_secs(60);
    while server.faults().first().is_none_or(|rule| rule.applied < 2) {
        assert!(Instant::now() < deadline, "the requests do not arrive");
        thread::sleep(Duration::from_millis(1));
    }
    gone.shutdown(Shutdown::Both).unwrap();
    for key in ["k", "gone"] {
        let (response, _) = receive(send(server.address(), key));
        assert!(status(&response) == "409" && response.contains("idempotency_key_in_use"), "{response}");
    }
    assert_eq!(status(&receive(slow).0), "200");
    let (response, _) = receive(send(server.address(), "k"));
    assert!(status(&response) == "200" && response.contains("idempotent-replayed"), "{response}");
}

#[test]
fn faults_end_what_they_name_over_http2() {
    let server = start();
    server.add_fault(Fault::lose_response().path("/v1/lost"));
    server.add_fault(Fault::cut_body().path("/v1/cut"));
    server.add_fault(Fault::reset().path("/v1/reset"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let get = async |path: &str| {
            let uri = format!("http://{}{path}", server.address());
            let request = http::Request::get(uri).header("authorization", "Bearer sk_test_a");
            let response = sender.clone().send_request(request.body(Empty::<Bytes>::new()).unwrap()).await?;
            let status = response.status().as_u16();
            response.into_body().collect().await.map(|_| status)
        };
        assert!(get("/v1/lost").await.is_err());
        assert!(get("/v1/cut").await.is_err());
        assert_eq!(get(SESSIONS).await.unwrap(), 200, "only the streams ended");
        assert!(get("/v1/reset").await.is_err());
        // The whole connection ended.
        let _ = connection.await;
        assert!(get(SESSIONS).await.is_err());
    });
}
