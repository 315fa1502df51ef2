//! Helpers that send requests, with and without a socket.

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use stripe_identity_simulator::Simulator;

pub(crate) const SESSIONS: &str = "/v1/identity/verification_sessions";

/// Sends a request in process. Without a key, it has no `Authorization`.
pub(crate) fn send(stripe: &Simulator, key: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
    send_with(stripe, key, method, path, body, &[])
}

pub(crate) fn send_with(
    stripe: &Simulator,
    key: &str,
    method: &str,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> (u16, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if !key.is_empty() {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = stripe.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap());
    assert!(response.headers()["request-id"].to_str().unwrap().starts_with("req_"));
    let json = serde_json::from_slice(response.body());
    (response.status().as_u16(), json.unwrap_or_else(|_| String::from_utf8_lossy(response.body()).into_owned().into()))
}

/// Creates a session and returns it.
pub(crate) fn create(stripe: &Simulator, key: &str) -> Value {
    let (status, session) = send(stripe, key, "POST", SESSIONS, "type=document");
    assert_eq!(status, 200, "{session}");
    session
}

/// Returns the id of an object.
pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// Sends one request on a new connection, with a `Host` header. Returns the status and the body.
#[cfg(feature = "server")]
pub(crate) fn exchange(
    address: std::net::SocketAddr,
    host: &str,
    head: &str,
    headers: &str,
    body: &str,
) -> (u16, String) {
    use std::io::{Read as _, Write as _};

    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let response = String::from_utf8_lossy(&response);
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
