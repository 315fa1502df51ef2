//! No key, secret or personal data in any `Debug`, `Display` or error.

use std::error::Error as StdError;
use std::fmt::Debug;

use stripe_identity::http::Method;
use stripe_identity::{
    ApiKey, BlockingClient, Client, Config, CreateVerificationSession, Error, ErrorKind, ListVerificationSessions,
    SessionExpand, Step, UpdateVerificationSession,
};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::ScriptedTransport;
use stripe_identity_simulator::{Document, Person, Plan, Simulator, SimulatorTransport, Submission};
use stripe_identity_ureq::UreqTransport;

use crate::backends::REFUSING;

/// The secrets and the personal data in these tests.
const SECRETS: &[&str] = &[
    "sk_test_topsecret",
    "rk_test_topsecret",
    "_secret_test_",
    "verify.stripe.com/start",
    "Robin",
    "robin",
    "Sample",
    "1990",
    "X0000000",
    "000000000",
    "5550100",
    "user-42",
    "token=abc",
    "case-7",
    "key-of-user",
];

#[track_caller]
fn assert_clean(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in: {shown}");
    }
}

#[track_caller]
fn clean(value: &dyn Debug) {
    assert_clean(&format!("{value:?}"));
    assert_clean(&format!("{value:#?}"));
}

#[track_caller]
fn clean_error(error: &Error) {
    clean(error);
    let mut cause: Option<&dyn StdError> = Some(error);
    while let Some(error) = cause {
        assert_clean(&error.to_string());
        clean(&error);
        cause = error.source();
    }
}

fn config() -> Config {
    Config::builder("sk_test_topsecret").account("acct_1").build().unwrap()
}

fn personal() -> CreateVerificationSession {
    CreateVerificationSession::document()
        .client_reference_id("user-42")
        .metadata("case-7", "robin")
        .provided_email("robin@example.test")
        .provided_phone("+15550100000")
        .return_url("https://example.test/?token=abc")
}

#[test]
fn debug_of_models_and_responses_hides_personal_data() {
    clean(&personal());
    clean(&UpdateVerificationSession::new().metadata("case-7", "robin").provided_email("robin@example.test"));
    clean(&ListVerificationSessions::new().client_reference_id("user-42"));

    let stripe = SimulatorTransport::from(Simulator::new());
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let created = sessions.create(personal()).idempotency_key("key-of-user-42").send().unwrap();
    assert!(created.client_secret.is_some() && created.url.is_some());
    clean(&created);

    let person = Person::from_seed(7).named("Robin", "Sample").born(1990, 6, 5);
    let submission = Submission::verified().person(person).document(Document::from_seed(7).number("X0000000"));
    clean(&submission);
    clean(&Plan::from(submission.clone()));
    stripe.submit(&created.id, submission).unwrap();
    let everything = sessions.retrieve(&created.id).expand(SessionExpand::KNOWN.iter().cloned());
    let verified = everything.api_key(ApiKey::new("rk_test_topsecret").unwrap()).send().unwrap();
    let body = String::from_utf8_lossy(verified.meta().body()).into_owned();
    assert!(
        body.contains("1990") && body.contains("X0000000"),
        "the response should have the personal data that `Debug` hides"
    );
    clean(&verified);
    clean(&verified.into_inner());
    clean(&sessions.list(ListVerificationSessions::new()).send().unwrap());
    clean(&stripe);
    clean(&*stripe);
}

#[test]
fn debug_of_settings_clients_and_calls_hides_keys_and_parameters() {
    let config = config();
    clean(&config);
    clean(&ApiKey::new("sk_test_topsecret").unwrap());
    let client = Client::new(config.clone(), HyperTransport::new().unwrap());
    clean(&client);
    clean(&BlockingClient::new(config.clone(), UreqTransport::new().unwrap()));
    clean(&client.verification_sessions());
    clean(&client.verification_sessions().create(personal()).idempotency_key("key-of-user-42"));

    let step = config.verification_sessions().create(personal()).idempotency_key("key-of-user-42").start();
    clean(&step);
    let Step::Send(request, sent) = step else { panic!("the first step is a request") };
    clean(&sent);
    // A plain `http::Request` shows its body in `Debug`, but its sensitive headers are marked.
    clean(request.headers());
}

#[test]
fn debug_of_a_scripted_transport_hides_requests() {
    let transport = ScriptedTransport::new();
    transport.expect(Method::POST, "/v1/identity/verification_sessions").reply(200, r#"{"id": "vs_1"}"#);
    let client = BlockingClient::new(config(), transport.clone());
    client.verification_sessions().create(personal()).send().unwrap();
    clean(&transport);
    transport.finish();
}

#[test]
fn error_of_every_kind_hides_what_was_sent() {
    let quoting = r#"{"error": {"type": "invalid_request_error", "message": "No such user: 'user-42' (robin@example.test)",
        "param": "metadata[case-7]", "code": "robin@example.test", "doc_url": "https://x/?token=abc",
        "request_log_url": "https://x/?token=abc", "user_message": "Robin"}}"#;
    let undecodable = [
        r#"{"id": 5550100}"#,
        r#"{"id": "vs_1", "status": {"robin": 1}}"#,
        r#"{"id": "vs_1", "created": "robin"}"#,
        r#"{"id": "vs_1", "metadata": {"case-7": ["robin"]}}"#,
        r#"{"id": "vs_1", "verified_outputs": {"first_name": {"Robin": 1}}}"#,
        r#"{"id": "vs_1", "verified_outputs": {"dob": {"year": "1990"}}}"#,
        r#"{"id": "vs_1", "client_secret": "vs_1_secret_test_"#,
        r#"{"id": "vs_1"} robin"#,
        "\"robin\"",
        "",
    ];
    let replies = [(400, quoting), (401, quoting), (500, "<html>robin"), (302, "robin"), (429, quoting)];
    for (status, body) in replies.into_iter().chain(undecodable.map(|body| (200, body))) {
        let transport = ScriptedTransport::new();
        let expectation = transport.expect(Method::GET, "/v1/identity/verification_sessions/vs_1");
        expectation
            .reply_header("request-id", "req_1")
            .reply_header("location", "https://x/?token=abc")
            .reply(status, body);
        let client = BlockingClient::new(config().to_builder().max_retries(0).build().unwrap(), transport.clone());
        let error = client.verification_sessions().retrieve("vs_1").send().unwrap_err();
        assert_eq!((error.status().unwrap().as_u16(), error.request_id()), (status, Some("req_1")), "{body}");
        assert_eq!(error.kind() == ErrorKind::Decode, status == 200, "{body}");
        assert_eq!(error.meta().unwrap().body(), body.as_bytes());
        clean_error(&error);
        transport.finish();
    }
}

#[test]
fn error_of_an_unsent_request_hides_its_input() {
    let transport = ScriptedTransport::new();
    let sessions = BlockingClient::new(config(), transport.clone()).verification_sessions();
    let calls = [
        sessions.retrieve("").send().unwrap_err(),
        sessions.retrieve(".").send().unwrap_err(),
        sessions.retrieve("..").send().unwrap_err(),
        sessions.cancel("vs_1").idempotency_key("key-of-user 42").send().unwrap_err(),
        sessions.cancel("vs_1").account("user-42\n").send().unwrap_err(),
        sessions.cancel("vs_1").header("x-robin\n", "x").send().unwrap_err(),
        sessions.cancel("vs_1").header("x", "robin\n").send().unwrap_err(),
        sessions.cancel("vs_1").header("Authorization", "robin").send().unwrap_err(),
        sessions.retrieve("robin".repeat(20_000)).send().unwrap_err(),
        Config::new("sk_test_topsecret\n").unwrap_err(),
        Config::builder("sk_test_topsecret").base_url("https://robin@example.test").build().unwrap_err(),
        Config::builder("sk_test_topsecret").base_url("http://robin.example.test").build().unwrap_err(),
    ];
    for error in calls {
        assert_eq!(
            (error.kind(), error.was_sent(), error.attempts()),
            (ErrorKind::InvalidInput, false, 0),
            "{error:?}"
        );
        clean_error(&error);
    }
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn error_of_a_backend_hides_what_was_sent() {
    let config = config().to_builder().base_url(REFUSING).max_retries(0).build().unwrap();
    let list = || ListVerificationSessions::new().client_reference_id("user-42");
    let client = Client::new(config.clone(), HyperTransport::new().unwrap());
    let error = client.verification_sessions().list(list()).await.unwrap_err();
    assert!(!error.was_sent());
    clean_error(&error);
    let client = BlockingClient::new(config, UreqTransport::new().unwrap());
    let error = tokio::task::spawn_blocking(move || client.verification_sessions().list(list()).send().unwrap_err());
    let error = error.await.unwrap();
    assert!(!error.was_sent());
    clean_error(&error);
}
