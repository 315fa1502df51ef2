//! Verification of the requests in the journal.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use stripe_identity_core::types::CreateVerificationSession;
use stripe_identity_core::{BlockingClient, Config};
use stripe_identity_simulator::{Fault, RequestEntry, RequestPattern, Simulator, SimulatorTransport};

use super::http::{SESSIONS, create, id, send, send_with};

const KEY: &str = "sk_test_a";

fn create_with(stripe: &Simulator, key: &str, body: &str) {
    send_with(stripe, KEY, "POST", SESSIONS, body, &[("idempotency-key", key)]);
}

fn created() -> RequestPattern {
    RequestPattern::create_session()
}

fn numbers(entries: &[RequestEntry]) -> Vec<u64> {
    entries.iter().map(RequestEntry::number).collect()
}

/// Returns the text of the error, and the number of the nearest request.
fn error(stripe: &Simulator, pattern: RequestPattern) -> (String, Option<u64>) {
    let error = stripe.verify(pattern).unwrap_err();
    assert!(!error.is_unknown());
    (error.to_string(), error.nearest().map(RequestEntry::number))
}

#[test]
fn retried_request_counts_as_one_that_took_effect() {
    let stripe = SimulatorTransport::new();
    let client = BlockingClient::new(Config::new(KEY).unwrap(), stripe.clone()).verification_sessions();
    stripe.add_fault(Fault::respond(StatusCode::SERVICE_UNAVAILABLE).method(Method::POST).times(1));
    stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));
    client.create(CreateVerificationSession::document()).idempotency_key("order-1").send().unwrap();
    assert_eq!(stripe.requests().len(), 3);
    let pattern = created().idempotency_key("order-1").parameter("type");
    // A fault responded to the first request, and the third one is a replay.
    assert_eq!(numbers(&stripe.verify(pattern.clone().and_no_other()).unwrap()), [2]);
    assert_eq!(numbers(&stripe.verify(pattern.clone().replayed()).unwrap()), [3]);
    assert_eq!(numbers(&stripe.verify(pattern.clone().status(503)).unwrap()), [1]);
    assert_eq!(numbers(&stripe.verify(pattern.any_outcome().times(3)).unwrap()), [1, 2, 3]);
}

#[test]
fn error_names_the_nearest_request_and_its_differences() {
    let stripe = Simulator::new();
    assert_eq!(
        error(&stripe, created()),
        (format!("expected 1 request POST {SESSIONS} that took effect, and found 0; there is no other request"), None)
    );
    send(&stripe, KEY, "GET", SESSIONS, "");
    let text = format!(
        "expected 1 request POST {SESSIONS} that took effect, and found 0; the nearest is request 1: GET {SESSIONS}, \
         status 200: it is to another endpoint"
    );
    assert_eq!(error(&stripe, created()), (text, Some(1)));
    create_with(&stripe, "order-1", "type=document");
    create_with(&stripe, "order-3", "type=document&bogus=1&return_url=https://x.test");
    let pattern = created().idempotency_key("order-2").parameter("return_url");
    let text = format!(
        "expected 1 request POST {SESSIONS} with that idempotency key and the parameter return_url that took effect, and \
         found 0; the nearest is request 3: POST {SESSIONS}, status 400 (parameter_unknown): it has another idempotency key; it did not take \
         effect"
    );
    assert_eq!(error(&stripe, pattern.clone()), (text, Some(3)));
    create_with(&stripe, "order-4", "type=document");
    // Of two that are equally near, the last one.
    let (text, nearest) = error(&stripe, pattern);
    assert!(text.ends_with("it has another idempotency key; the parameter return_url was not sent"), "{text}");
    assert_eq!(nearest, Some(4));
    let cases = [
        (created().idempotency_key("order-1").replayed(), Some(2), "status 200: it is not a replay"),
        (created().idempotency_key("order-1").status(402), Some(2), "status 200: it has another status"),
        (created().idempotency_key("order-1").account("acct_1"), Some(2), "status 200: it has no account"),
        (
            created().idempotency_key("order-1").without_parameter("type"),
            Some(2),
            "status 200: the parameter type was sent",
        ),
        (created().times(3), Some(3), "it did not take effect"),
        (created().never(), Some(4), "and found 2: #2 (200), #4 (200)"),
        (created().idempotency_key("order-1").and_no_other(), Some(4), "status 200: it has another idempotency key"),
    ];
    for (pattern, number, end) in cases {
        let (text, nearest) = error(&stripe, pattern);
        assert!(text.ends_with(end) && nearest == number, "{text}");
        assert!(!text.contains("order-"), "{text}");
    }
}

#[test]
fn and_no_other_ignores_requests_that_did_not_take_effect() {
    let stripe = Simulator::new();
    create_with(&stripe, "order-1", "type=document");
    create_with(&stripe, "order-2", "type=bogus");
    create_with(&stripe, "order-1", "type=document");
    let pattern = created().idempotency_key("order-1").and_no_other();
    stripe.verify(pattern.clone()).unwrap();
    create_with(&stripe, "order-3", "type=document");
    let text = format!(
        "expected 1 request POST {SESSIONS} with that idempotency key that took effect and no other, and found another \
         one: request 4: POST {SESSIONS}, status 200: it has another idempotency key"
    );
    assert_eq!(error(&stripe, pattern), (text, Some(4)));
}

#[test]
fn pattern_with_an_id_or_an_account_matches_only_those() {
    let stripe = Simulator::new();
    let (first, second) = (id(&create(&stripe, KEY)), id(&create(&stripe, KEY)));
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{first}/cancel"), "");
    let cancel = RequestPattern::cancel_session;
    stripe.verify(cancel().id(&first).and_no_other()).unwrap();
    stripe.verify(RequestPattern::new(Method::POST, format!("{SESSIONS}/{first}/cancel"))).unwrap();
    stripe.verify(RequestPattern::new(Method::POST, format!("{SESSIONS}/{{any}}/cancel"))).unwrap();
    stripe.verify(cancel().id(&second).never()).unwrap();
    for pattern in [cancel().id(&second), RequestPattern::new(Method::POST, format!("{SESSIONS}/{second}/cancel"))] {
        let (text, nearest) = error(&stripe, pattern);
        assert!(text.ends_with("status 200: it has another id") && nearest == Some(3), "{text}");
    }
    for account in ["acct_1", "made up"] {
        send_with(&stripe, KEY, "GET", SESSIONS, "", &[("stripe-account", account)]);
    }
    stripe.verify(RequestPattern::list_sessions().account("acct_1")).unwrap();
    stripe.verify(RequestPattern::list_sessions().at_least(2)).unwrap();
    let (text, _) = error(&stripe, RequestPattern::list_sessions().account("acct_2"));
    assert!(text.ends_with("it has another account"), "{text}");
}

#[test]
fn handle_to_a_world_verifies_only_its_requests() {
    let stripe = Simulator::new();
    create(&stripe, KEY);
    create(&stripe, "sk_test_b");
    stripe.world(KEY).unwrap().verify(created().and_no_other()).unwrap();
    stripe.verify(created().times(2)).unwrap();
    stripe.world(KEY).unwrap().clear_requests();
    stripe.world(KEY).unwrap().verify(created().never()).unwrap();
    stripe.world("sk_test_b").unwrap().verify(created()).unwrap();
    stripe.clear_requests();
    stripe.verify(created().never()).unwrap();
}

#[test]
fn verification_that_lost_requests_could_decide_is_unknown() {
    let stripe = Simulator::builder().journal(2).build();
    let unknown = |pattern: RequestPattern| stripe.verify(pattern).unwrap_err();
    (0..2).for_each(|_| drop(send(&stripe, KEY, "GET", SESSIONS, "")));
    create_with(&stripe, "order-1", "type=document");
    create_with(&stripe, "order-2", "type=document");
    // Only requests to another endpoint are lost.
    stripe.verify(created().times(2).and_no_other()).unwrap();
    create_with(&stripe, "order-3", "type=document");
    for pattern in [
        created().times(2),
        created().times(3),
        created().at_least(3),
        created().idempotency_key("order-1"),
        created().idempotency_key("order-1").never(),
    ] {
        let error = unknown(pattern);
        assert!(error.is_unknown() && error.nearest().is_none());
        assert!(error.to_string().contains("cannot know") && error.to_string().contains("has lost 1 "), "{error}");
    }
    // The requests that are kept decide these.
    stripe.verify(created().at_least(2)).unwrap();
    assert!(
        !unknown(created().never()).is_unknown()
            && !unknown(created().idempotency_key("order-2").and_no_other()).is_unknown()
    );
    stripe.clear_requests();
    stripe.verify(created().never()).unwrap();
    let off = Simulator::builder().journal(0).build();
    create(&off, KEY);
    assert!(off.verify(created()).unwrap_err().is_unknown());
}

#[test]
fn pattern_without_such_an_endpoint_or_parameter_is_an_error() {
    let stripe = Simulator::new();
    for pattern in [
        RequestPattern::new(Method::PUT, SESSIONS),
        RequestPattern::new(Method::GET, "/v1/bogus"),
        created().parameter("bogus").never(),
        created().without_parameter("").never(),
    ] {
        let error = stripe.verify(pattern).unwrap_err();
        assert!(!error.is_unknown() && error.nearest().is_none());
        assert!(error.to_string().contains("expected") && !error.to_string().contains("bogus"), "{error}");
    }
}

#[test]
fn verification_over_http_responds_with_requests_or_differences() {
    let stripe = Simulator::new();
    create_with(&stripe, "order-1", "type=document&metadata[a]=b");
    create_with(&stripe, "order-1", "type=document&metadata[a]=b");
    let verify = |key: &str, body: &str| send(&stripe, key, "POST", "/_simulator/verify", body);
    let ok = |body: &str| {
        let (status, done) = verify(KEY, body);
        assert_eq!((status, &done["object"]), (200, &"simulator.verification".into()), "{done}");
        let data = done["data"].as_array().unwrap();
        assert_eq!(done["count"], data.len());
        data.iter().map(|entry| entry["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let path = format!("path={SESSIONS}");
    assert_eq!(ok(&format!("{path}&idempotency_key=order-1&no_other=true&parameters[]=metadata")), [1]);
    assert_eq!(ok(&format!("{path}&outcome=replayed&without_parameters[]=return_url")), [2]);
    assert_eq!(ok(&format!("{path}&outcome=any&times=2")), [1, 2]);
    assert_eq!(ok(&format!("{path}&status=200&at_least=1")), [1, 2]);
    assert_eq!(ok(&format!("{path}&account=acct_1&times=0")), [0_u64; 0]);
    assert_eq!(ok("method=GET&path=/v1/events&times=0"), [0_u64; 0]);

    let (status, error) = verify(KEY, &format!("{path}&idempotency_key=order-2"));
    let error = &error["error"];
    assert_eq!((status, &error["code"], &error["nearest"]["number"]), (422, &"verification_failed".into(), &1.into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.ends_with("status 200: it has another idempotency key"), "{message}");
    assert_eq!((&error["nearest"]["path"], &error["nearest"]["idempotency"]), (&SESSIONS.into(), &"new".into()));
    assert_eq!(verify("sk_test_b", &path).1["error"]["nearest"], Value::Null);
    assert_eq!(verify("", &path).0, 200);
    for body in [
        "",
        "path=/v1/bogus",
        "method=a b&path=/v1/events",
        &format!("{path}&parameters[]=bogus"),
        &format!("{path}&times=1&at_least=1"),
        &format!("{path}&times=-1"),
        &format!("{path}&status=70000"),
        &format!("{path}&outcome=bogus"),
        &format!("{path}&bogus=1"),
    ] {
        let (status, error) = verify(KEY, body);
        assert_eq!((status, &error["error"]["type"]), (400, &"invalid_request_error".into()), "{body}");
    }
    stripe.advance(Duration::from_secs(1));
    assert_eq!(stripe.requests().len(), 2, "verifying is not in the journal");
    let small = Simulator::builder().journal(1).build();
    (0..2).for_each(|_| drop(create(&small, KEY)));
    let (status, error) = send(&small, KEY, "POST", "/_simulator/verify", &path);
    assert_eq!((status, &error["error"]["code"]), (422, &"verification_unknown".into()));
}
