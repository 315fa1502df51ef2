//! The crate with its own features only. The tests of the facade enable more of reqwest.
#![cfg(feature = "rustls")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use stripe_identity_core::{AttemptTimeout, HttpTransport as _, TransportErrorKind, bytes::Bytes, http};
use stripe_identity_reqwest::{ReqwestTransport, reqwest};

/// Fails to compile if reqwest has no TLS, since the method then does not exist.
#[test]
fn other_client_of_the_program_has_tls_and_a_provider() {
    reqwest::Client::builder().tls_info(true).build().unwrap();
    let _ = reqwest::Client::new();
}

/// The environment of a running process cannot be changed safely, so another process sends the
/// request.
#[test]
fn https_request_through_a_forwarding_proxy_is_not_sent_in_plain_text() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let record = heard.clone();
    // The thread ends with the process.
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = client.read(&mut bytes) {
                record.lock().unwrap().extend_from_slice(&bytes[..read]);
                if client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").is_err() {
                    break;
                }
            }
        }
    });
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "send_through_the_proxy_of_the_environment", "--ignored", "--nocapture"]);
    let output = child.env_clear().env("HTTPS_PROXY", proxy).output().unwrap();
    let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
    assert!(heard.starts_with("CONNECT stripe.test:443 "), "{heard}");
    assert!(!heard.contains("secret"), "{heard}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "run by the test above, with another environment"]
fn send_through_the_proxy_of_the_environment() {
    let transport = ReqwestTransport::new(ReqwestTransport::client_builder().build().unwrap());
    let request = http::Request::post("https://stripe.test/v1/secret")
        .header("authorization", "Bearer secret")
        .extension(AttemptTimeout(Duration::from_secs(20)))
        .body(Bytes::from("secret"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(transport.send(request.unwrap())).unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Tls, "{error:?}");
}
