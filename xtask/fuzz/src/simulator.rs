//! The inputs of the simulator: forms and multipart bodies.

use stripe_identity_core::BlockingHttpTransport as _;
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, StatusCode};
use stripe_identity_simulator::SimulatorTransport;

/// Sends a request. Returns the body of the response, which must be JSON with the status 200 or 4xx.
fn post(stripe: &SimulatorTransport, path: &str, content_type: &str, body: &[u8]) -> serde_json::Value {
    let request = Request::post(format!("http://localhost{path}"))
        .header("authorization", "Bearer sk_test_123")
        .header("content-type", content_type)
        .header("content-length", body.len())
        .body(Bytes::copy_from_slice(body))
        .unwrap();
    let response = stripe.send(request).unwrap();
    assert!(response.status() == StatusCode::OK || response.status().is_client_error(), "{}", response.status());
    assert!(response.headers().contains_key("request-id"));
    serde_json::from_slice(response.body()).unwrap()
}

pub(crate) fn form(body: &[u8]) {
    const FORM: &str = "application/x-www-form-urlencoded";
    let stripe = SimulatorTransport::new();
    for path in ["/v1/identity/verification_sessions", "/v1/file_links", "/v1/ephemeral_keys"] {
        post(&stripe, path, FORM, body);
    }
    let session = post(&stripe, "/v1/identity/verification_sessions", FORM, b"type=document");
    let path = format!("/v1/identity/verification_sessions/{}", session["id"].as_str().unwrap());
    post(&stripe, &path, FORM, body);
}

pub(crate) fn multipart(body: &[u8]) {
    let stripe = SimulatorTransport::new();
    post(&stripe, "/v1/files", "multipart/form-data; boundary=B", body);
    // The boundary comes first, and the body after a zero byte.
    let mut parts = body.splitn(2, |&byte| byte == 0);
    let (boundary, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(boundary) = std::str::from_utf8(boundary)
        && boundary.bytes().all(|byte| (b' '..0x7f).contains(&byte))
    {
        post(&stripe, "/v1/files", &format!("multipart/form-data; boundary={boundary}"), body);
    }
}
