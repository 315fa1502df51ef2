use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use stripe_identity_core::ErrorKind;
use stripe_identity_core::types::{CreateVerificationSession as Create, ErrorCode};
use stripe_identity_simulator::Simulator;

use super::start;

const SESSIONS: &str = "/v1/identity/verification_sessions";

fn request(method: &str, path: &str, body: &'static str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path).header("authorization", "Bearer sk_test_123");
    request.body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn error_of(response: &Response<Bytes>) -> Value {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["error"]["type"], "invalid_request_error", "{body}");
    body["error"].clone()
}

/// Returns the status, the code and the parameter of the response.
fn refusal(method: &str, path: &str, body: &'static str) -> (u16, Option<String>, Option<String>) {
    let simulator = Simulator::new();
    let response = simulator.handle(request(method, path, body));
    let error = error_of(&response);
    let text = |key: &str| error[key].as_str().map(str::to_owned);
    (response.status().as_u16(), text("code"), text("param"))
}

fn bad(code: Option<&str>, param: &str) -> (u16, Option<String>, Option<String>) {
    (400, code.map(str::to_owned), Some(param.to_owned()))
}

#[test]
fn unknown_missing_or_malformed_parameter_is_refused() {
    let create = |body| refusal("POST", SESSIONS, body);
    assert_eq!(create(""), bad(Some("parameter_missing"), "type"));
    assert_eq!(create("type=document&bogus=1"), bad(Some("parameter_unknown"), "bogus"));
    assert_eq!(
        create("type=document&options[documents][x]=1"),
        bad(Some("parameter_unknown"), "options[documents][x]")
    );
    assert_eq!(
        create("type=document&options[document][glare]=true"),
        bad(Some("parameter_unknown"), "options[document][glare]")
    );
    assert_eq!(create("type=verification_flow"), bad(None, "type"));
    assert_eq!(create("type="), bad(Some("parameter_invalid_empty"), "type"));
    assert_eq!(create("type[a]=document"), bad(None, "type"));
    assert_eq!(
        create("type=document&options[document][require_live_capture]=yes"),
        bad(None, "options[document][require_live_capture]")
    );
    assert_eq!(
        create("type=document&options[document][allowed_types][0]=visa"),
        bad(None, "options[document][allowed_types]")
    );
    assert_eq!(create("type=document&options=x"), bad(None, "options"));
    assert_eq!(create("type=document&metadata=x"), bad(None, "metadata"));
    assert_eq!(create("type=document&metadata[a][b]=x"), bad(None, "metadata[a]"));
    assert_eq!(
        create("type=document&related_person[account]=acct_1"),
        bad(Some("parameter_missing"), "related_person[person]")
    );
    assert_eq!(create("type=document&expand[0]=bogus"), bad(None, "expand"));
    assert_eq!(create("type=document&expand=x"), bad(None, "expand"));

    let list = |query: &str| refusal("GET", &format!("{SESSIONS}?{query}"), "");
    assert_eq!(list("limit=0"), bad(None, "limit"));
    assert_eq!(list("limit=101"), bad(None, "limit"));
    assert_eq!(list("limit=ten"), bad(Some("parameter_invalid_integer"), "limit"));
    assert_eq!(list("created=now"), bad(Some("parameter_invalid_integer"), "created"));
    assert_eq!(list("created[ge]=1"), bad(Some("parameter_unknown"), "created[ge]"));
    assert_eq!(list("status=open"), bad(None, "status"));
    assert_eq!(list("starting_after=a&ending_before=b"), bad(Some("parameters_exclusive"), "starting_after"));
    assert_eq!(list("starting_after=vs_none"), bad(Some("resource_missing"), "starting_after"));
    assert_eq!(list("ending_before=vs_none"), bad(Some("resource_missing"), "ending_before"));
    assert_eq!(list("expand[0]=verified_outputs"), bad(None, "expand"));
}

#[test]
fn metadata_beyond_its_limits_is_refused() {
    let (_stripe, sessions) = start();
    let create = |params: Create| sessions.create(params).send().map(|session| session.metadata.len());
    assert_eq!(create(Create::document().metadata("k".repeat(40), "v".repeat(500))).unwrap(), 1);
    assert!(create(Create::document().metadata("k".repeat(41), "v")).is_err());
    assert!(create(Create::document().metadata("k", "v".repeat(501))).is_err());
    let many = |count| (0..count).fold(Create::document(), |params, key| params.metadata(format!("k{key}"), "v"));
    assert_eq!(create(many(50)).unwrap(), 50);
    assert!(create(many(51)).is_err());
}

#[test]
fn unknown_id_or_url_is_not_found() {
    let missing = |method, path| refusal(method, path, "");
    let not_found = (404, Some("resource_missing".to_owned()), Some("session".to_owned()));
    assert_eq!(missing("GET", "/v1/identity/verification_sessions/vs_none"), not_found);
    assert_eq!(missing("POST", "/v1/identity/verification_sessions/vs_none"), not_found);
    assert_eq!(missing("POST", "/v1/identity/verification_sessions/vs_none/cancel"), not_found);
    assert_eq!(missing("POST", "/v1/identity/verification_sessions/vs%2Fnone/redact"), not_found);
    for (method, path) in [
        ("GET", "/v1/identity/nothing"),
        ("DELETE", SESSIONS),
        ("PUT", "/v1/identity/verification_sessions/vs_1"),
        ("GET", "/v1/identity/verification_sessions/vs_1/cancel"),
        ("GET", "/v1/identity/verification_sessions/"),
        ("GET", "/v1/identity/verification_sessions/vs_1/"),
        ("GET", "/v1/identity/verification_sessions/vs_%FF"),
    ] {
        assert_eq!(missing(method, path), (404, None, None), "{method} {path}");
    }
}

#[test]
fn missing_or_wrong_key_is_unauthorized() {
    let simulator = Simulator::new();
    let status = |authorization: Option<&str>| {
        let mut request = request("GET", SESSIONS, "");
        request.headers_mut().remove("authorization");
        if let Some(authorization) = authorization {
            request.headers_mut().insert("authorization", authorization.parse().unwrap());
        }
        let response = simulator.handle(request);
        let challenged = response.headers().contains_key("www-authenticate");
        assert!(!String::from_utf8_lossy(response.body()).contains("sk_live_"));
        (response.status().as_u16(), challenged)
    };
    assert_eq!(status(None), (401, true));
    assert_eq!(status(Some("Bearer nonsense")), (401, true));
    assert_eq!(status(Some("Bearer sk_live_123")), (401, true));
    assert_eq!(status(Some("Bearer sk_test_123")), (200, false));
}

#[test]
fn body_of_another_type_is_refused() {
    let simulator = Simulator::new();
    let mut request = request("POST", SESSIONS, r#"{"type": "document"}"#);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    assert_eq!(simulator.handle(request).status(), 400);
}

#[test]
fn idempotency_key_replays_its_response_for_a_day() {
    let (stripe, sessions) = start();
    let create = |params: Create| sessions.create(params).idempotency_key("key-1").send();

    let first = create(Create::document()).unwrap();
    let again = create(Create::document()).unwrap();
    assert_eq!((first.meta().is_replayed(), again.meta().is_replayed()), (false, true));
    assert_eq!(first.meta().body(), again.meta().body());

    let other = create(Create::id_number()).unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Idempotency);
    let other_account = sessions.create(Create::document()).idempotency_key("key-1").account("acct_1").send().unwrap();
    assert_ne!(other_account.id, first.id);

    stripe.advance(Duration::from_secs(24 * 60 * 60));
    let next_day = create(Create::document()).unwrap();
    assert!(!next_day.meta().is_replayed() && next_day.id != first.id);
}

#[test]
fn replay_requires_the_same_kind_of_key_and_ignores_order() {
    let simulator = Simulator::new();
    let response = |key: &str, body: &'static str| {
        let mut request = request("POST", SESSIONS, body);
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        request.headers_mut().insert("idempotency-key", "key-1".parse().unwrap());
        let response = simulator.handle(request);
        let id = serde_json::from_slice::<Value>(response.body()).unwrap()["id"].to_string();
        (response.status().as_u16(), response.headers().contains_key("idempotent-replayed"), id)
    };
    let (status, _, id) = response("rk_test_1", "type=document&metadata[a]=1");
    assert_eq!(status, 200);
    assert_eq!(response("rk_test_1", "metadata%5Ba%5D=1&type=document"), (200, true, id.clone()));
    assert_eq!(response("rk_test_1", "type=document&metadata[a]=2").0, 400);
    assert_eq!(response("rk_test_1", "metadata[a]=1&type=id_number&type=document").0, 400);
    let (status, is_replayed, other) = response("sk_test_1", "type=document&metadata[a]=1");
    assert!(status == 200 && !is_replayed && other != id);
}

#[test]
fn refused_request_has_no_effect_and_leaves_its_key_unused() {
    let (_stripe, sessions) = start();
    let refused = sessions.create(Create::new("bogus")).idempotency_key("key-1").send().unwrap_err();
    assert_eq!(refused.param(), Some("type"));
    let session = sessions.create(Create::document()).idempotency_key("key-1").send().unwrap();
    assert!(!session.meta().is_replayed());
    assert_eq!(
        sessions.list(stripe_identity_core::types::ListVerificationSessions::new()).send().unwrap().data.len(),
        1
    );
}

#[test]
fn response_has_a_request_id_and_the_requested_version() {
    let (_stripe, sessions) = start();
    let created = sessions.create(Create::document()).api_version("2025-01-01.acacia").send().unwrap();
    assert_eq!(created.meta().headers()["stripe-version"], "2025-01-01.acacia");
    assert!(created.meta().request_id().unwrap().starts_with("req_"));
    let error = sessions.retrieve("vs_none").send().unwrap_err();
    assert!(error.request_id().unwrap().starts_with("req_"));
    assert_eq!(error.code(), Some(&ErrorCode::ResourceMissing));
    assert_eq!(error.message(), Some("No such VerificationSession: 'vs_none'"));
}
