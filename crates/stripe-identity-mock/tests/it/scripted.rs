use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use stripe_identity_core::http::Method;
use stripe_identity_core::types::CreateVerificationSession;
use stripe_identity_core::{BlockingClient, Config, ErrorKind, TransportErrorKind};
use stripe_identity_mock::ScriptedTransport;

const SESSIONS: &str = "/v1/identity/verification_sessions";

fn client(stripe: &ScriptedTransport) -> BlockingClient {
    BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe.clone())
}

/// Returns the message of a panic and the line of its location.
fn panic_of(code: impl FnOnce()) -> (String, u32) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = Arc::new(Mutex::new((String::new(), 0)));
    let hook = std::panic::take_hook();
    let seen_by_hook = seen.clone();
    std::panic::set_hook(Box::new(move |info| {
        let message = info.payload().downcast_ref::<String>().cloned().unwrap_or_default();
        *seen_by_hook.lock().unwrap() = (message, info.location().map_or(0, Location::line));
    }));
    let outcome = catch_unwind(AssertUnwindSafe(code));
    std::panic::set_hook(hook);
    assert!(outcome.is_err(), "the code did not panic");
    let seen = seen.lock().unwrap();
    seen.clone()
}

#[test]
fn followed_script_passes() {
    let stripe = ScriptedTransport::new();
    stripe
        .expect(Method::POST, SESSIONS)
        .params([("type", "document"), ("metadata[a]", "b c")])
        .header("idempotency-key", "key-1")
        .reply_header("request-id", "req_1")
        .reply(200, r#"{"id": "vs_1"}"#);
    stripe.expect(Method::GET, "/v1/identity/verification_sessions/vs_1").fail(TransportErrorKind::Timeout);
    stripe.expect(Method::GET, "/v1/identity/verification_sessions/vs_1").reply(200, r#"{"id": "vs_1"}"#);

    let sessions = client(&stripe).verification_sessions();
    let params = CreateVerificationSession::document().metadata("a", "b c");
    let session = sessions.create(params).idempotency_key("key-1").send().unwrap();
    assert_eq!(session.meta().request_id(), Some("req_1"));
    sessions.retrieve(&session.id).send().unwrap();

    assert_eq!((stripe.requests().len(), stripe.sleeps().len()), (3, 1));
    stripe.finish();
}

#[test]
fn difference_is_in_the_error_and_fails_finish() {
    let stripe = ScriptedTransport::new();
    let expected_at = line!() + 2;
    stripe
        .expect(Method::POST, SESSIONS)
        .params([("type", "id_number")])
        .header("stripe-account", "acct_1")
        .reply(200, "");

    let error =
        client(&stripe).verification_sessions().create(CreateVerificationSession::document()).send().unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1));

    let difference = format!(
        "scripted.rs:{expected_at}:10:\n    params: - type=id_number\n    params: + type=document\n    \
         stripe-account: - acct_1\n"
    );
    assert!(format!("{error:?}").contains(&difference), "{error:?}");
    let (message, line) = panic_of(|| stripe.finish());
    assert!(message.contains(&difference), "{message}");
    assert_eq!(line, line!() - 2);
}

#[test]
fn single_difference_is_detected() {
    let session = || "/v1/identity/verification_sessions/vs_1".to_owned();
    let difference = |method: Method, path: String, params: &[(&str, &str)], header: (&str, &str)| {
        let stripe = ScriptedTransport::new();
        stripe.expect(method, path).params(params.iter().copied()).header(header.0, header.1).reply(200, "{}");
        let error = client(&stripe).verification_sessions().retrieve("vs_1").expand(["a"]).send().unwrap_err();
        let _ = panic_of(|| stripe.finish());
        let shown = format!("{error:?}");
        ["method", "path", "params", "accept"].map(|what| shown.contains(&format!("    {what}: -")))
    };
    let (a, accept) = (("expand[0]", "a"), ("accept", "application/json"));
    assert_eq!(difference(Method::POST, session(), &[a], accept), [true, false, false, false]);
    assert_eq!(difference(Method::GET, session() + "2", &[a], accept), [false, true, false, false]);
    assert_eq!(difference(Method::GET, session(), &[a, ("b", "1")], accept), [false, false, true, false]);
    assert_eq!(difference(Method::GET, session(), &[a, a], accept), [false, false, true, false]);
    assert_eq!(difference(Method::GET, session(), &[a], ("accept", "*/*")), [false, false, false, true]);
}

#[test]
fn extra_and_missing_requests_are_detected() {
    let stripe = ScriptedTransport::new();
    let error = client(&stripe).verification_sessions().cancel("vs_1").send().unwrap_err();
    assert!(format!("{error:?}").contains("POST /v1/identity/verification_sessions/vs_1/cancel"), "{error:?}");
    let (message, _) = panic_of(|| stripe.finish());
    assert!(message.contains("unexpected request after the end of the script"), "{message}");

    let stripe = ScriptedTransport::new();
    stripe.expect(Method::GET, "/v1/files").reply(200, "");
    let (message, _) = panic_of(|| drop(stripe));
    assert!(message.contains("was not sent:\n    GET /v1/files"), "{message}");
}
