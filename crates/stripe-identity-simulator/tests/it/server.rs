#![cfg(feature = "server")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use stripe_identity_simulator::{Server, Simulator};

use super::http;

/// Makes a request with the key `sk_test_123`.
fn exchange(address: SocketAddr, head: &str, body: &str) -> (u16, Value) {
    // Basic, with "sk_test_123:".
    let key = "Authorization: Basic c2tfdGVzdF8xMjM6\r\n";
    let (status, body) = http::exchange(address, &address.to_string(), head, key, body);
    (status, serde_json::from_str(&body).unwrap())
}

/// Takes sessions through all of their states, over HTTP.
pub(crate) fn life_of_a_session(address: SocketAddr) {
    const SESSIONS: &str = "/v1/identity/verification_sessions";
    let (status, session) = exchange(
        address,
        &format!("POST {SESSIONS}"),
        "type=document&metadata[case]=7&options[document][require_matching_selfie]=true",
    );
    assert_eq!((status, session["status"].as_str()), (200, Some("requires_input")), "{session}");
    let id = session["id"].as_str().unwrap().to_owned();

    let control = |action: &str, body: &str| {
        exchange(address, &format!("POST /_simulator/verification_sessions/{id}/{action}"), body)
    };
    let retrieve = || exchange(address, &format!("GET {SESSIONS}/{id}"), "").1;
    assert_eq!(control("submit", "outcome=selfie_manipulated").0, 200);
    assert_eq!(retrieve()["last_error"]["code"], "selfie_manipulated");
    assert_eq!(control("submit", "outcome=nonsense").0, 400);
    assert_eq!(control("submit?outcome=nonsense", "").0, 400);
    assert_eq!(control("submit?bogus=1", "").0, 400);
    assert_eq!(control("bogus", "").0, 404);
    assert_eq!(control("start_processing", "").0, 200);
    assert_eq!(retrieve()["status"], "processing");
    assert_eq!(control("finish_processing", "").0, 200);
    assert_eq!(retrieve()["status"], "verified");
    assert_eq!(exchange(address, &format!("POST {SESSIONS}/{id}/redact"), "").1["redaction"]["status"], "processing");
    assert_eq!(control("finish_redaction", "").0, 200);
    assert_eq!(retrieve()["redaction"]["status"], "redacted");
    assert_eq!(exchange(address, &format!("POST {SESSIONS}/{id}/cancel"), "").0, 400);

    let (_, other) = exchange(address, &format!("POST {SESSIONS}"), "type=id_number");
    let other = other["id"].as_str().unwrap();
    assert_eq!(exchange(address, &format!("POST {SESSIONS}/{other}"), "metadata[a]=b").1["metadata"]["a"], "b");
    assert_eq!(exchange(address, "POST /_simulator/clock/advance", "seconds=86400").0, 200);
    assert_eq!(exchange(address, "POST /_simulator/clock/advance", "seconds=-1").0, 400);
    assert_eq!(exchange(address, &format!("POST {SESSIONS}/{other}/cancel"), "").1["status"], "canceled");
    let (_, list) = exchange(address, &format!("GET {SESSIONS}?status=canceled"), "");
    assert_eq!((list["data"].as_array().unwrap().len(), &list["has_more"]), (1, &Value::Bool(false)));
}

#[test]
fn server_performs_the_six_operations_and_stops_when_dropped() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let address = server.address();
    life_of_a_session(address);

    let mut idle = TcpStream::connect(address).unwrap();
    idle.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    drop(server);
    // Another process may have the port by now, but this connection must have ended with the server.
    let end = idle.read(&mut [0]);
    let is_reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
    assert!(end.as_ref().is_ok_and(|&read| read == 0) || end.as_ref().is_err_and(is_reset), "{end:?}");
}

#[test]
fn body_beyond_limit_is_refused() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let body = "a".repeat(16 * 1024 * 1024 + 1);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "POST /v1/identity/verification_sessions HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server may have closed the connection before the end.
    let _ = stream.write_all(body.as_bytes());
    let mut status_line = String::new();
    BufReader::new(stream).read_line(&mut status_line).unwrap();
    assert_eq!(status_line, "HTTP/1.1 413 Payload Too Large\r\n");
}

#[test]
fn client_over_http2_sees_urls_of_its_authority() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let body = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = hyper::Request::post("http://simulator:12111/v1/identity/verification_sessions")
            .header("authorization", "Bearer sk_test_123")
            .body(Full::new(bytes::Bytes::from("type=document")))
            .unwrap();
        sender.send_request(request).await.unwrap().collect().await.unwrap().to_bytes()
    });
    let session: Value = serde_json::from_slice(&body).unwrap();
    assert!(session["url"].as_str().unwrap().starts_with("http://simulator:12111/start/"), "{session}");
}
