//! The six operations, driven in five ways, make the same requests to the byte and parse the same
//! responses.

use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Method, Request};
use stripe_identity::{
    BlockingClient, BlockingHttpTransport, Call, Client, Config, CreateVerificationSession, CreatedFilter,
    DocumentType, Endpoint, HttpTransport, ListVerificationSessions, Response, SessionExpand, Step, Timestamp,
    UpdateVerificationSession, VerificationSessionStatus, VerificationSessionType,
};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::{Recorder, ScriptedTransport};
use stripe_identity_simulator::{Simulator, SimulatorTransport};
use stripe_identity_ureq::UreqTransport;

use crate::wire::{Wire, WireServer};

/// The models that the calls returned, as JSON.
type Responses = Vec<serde_json::Value>;

/// The six operations with all of their parameters, on the first session of a simulator. `$call` makes one call.
macro_rules! six_operations {
    ($sessions:expr, $call:ident) => {{
        let sessions = $sessions;
        let create = CreateVerificationSession::document()
            .allowed_types([DocumentType::Passport, DocumentType::IdCard, DocumentType::DrivingLicense])
            .require_id_number(true)
            .require_live_capture(true)
            .require_matching_selfie(false)
            .client_reference_id("user 42 & co")
            .metadata("näme", "välue + 100%")
            .provided_email("robin@example.test")
            .provided_phone("+15550100000")
            .related_customer("cus_1")
            .related_customer_account("acct_2")
            .related_person("acct_1", "person_1")
            .return_url("https://example.test/done?a=b#c");
        let update = UpdateVerificationSession::new()
            .type_(VerificationSessionType::IdNumber)
            .clear_document_options()
            .metadata("a", "")
            .unset_metadata("näme")
            .provided_email("other@example.test");
        let list = ListVerificationSessions::new()
            .client_reference_id("user 42 & co")
            .created(CreatedFilter::new().gt(Timestamp::from_secs(1)).lte(Timestamp::from_secs(2_000_000_000)))
            .related_customer("cus_1")
            .related_customer_account("acct_2")
            .status(VerificationSessionStatus::Canceled)
            .limit(3);
        let expand = || [SessionExpand::VerifiedOutputs, SessionExpand::LastVerificationReport];
        let mut responses: Responses = Vec::new();

        let session = $call!(sessions.create(create).idempotency_key("key-1").expand(expand()));
        let id = session.id.clone();
        responses.push(serde_json::to_value(session.into_inner()).unwrap());
        let session = $call!(sessions.retrieve(&id).expand(expand()).header("x-trace", "1"));
        responses.push(serde_json::to_value(session.into_inner()).unwrap());
        let session = $call!(sessions.update(&id, update).idempotency_key("key-2").context("org_1"));
        responses.push(serde_json::to_value(session.into_inner()).unwrap());
        let session = $call!(sessions.cancel(&id).idempotency_key("key-3").api_version("2026-01-01.test"));
        responses.push(serde_json::to_value(session.into_inner()).unwrap());
        let page = $call!(sessions.list(list).expand(expand()));
        responses.push(serde_json::to_value(page.into_inner().data).unwrap());
        let second = CreateVerificationSession::verification_flow("vf_1");
        let second = $call!(sessions.create(second).idempotency_key("key-4"));
        let session = $call!(sessions.redact(&second.id).idempotency_key("key-5"));
        responses.push(serde_json::to_value(session.into_inner()).unwrap());
        responses
    }};
}

fn config(url: &str) -> Config {
    Config::builder("sk_test_123").base_url(url).app_name("five-ways/1").build().unwrap()
}

macro_rules! by_await {
    ($call:expr) => {
        $call.await.unwrap()
    };
}

macro_rules! by_send {
    ($call:expr) => {
        $call.send().unwrap()
    };
}

async fn asynchronous(config: Config, transport: impl HttpTransport + 'static) -> Responses {
    six_operations!(Client::new(config, transport).verification_sessions(), by_await)
}

fn blocking(config: Config, transport: impl BlockingHttpTransport + 'static) -> Responses {
    six_operations!(BlockingClient::new(config, transport).verification_sessions(), by_send)
}

/// Makes the calls without a client, step by step.
fn by_hand(config: &Config, transport: &impl BlockingHttpTransport) -> Responses {
    fn take_steps<E: Endpoint>(call: Call<Config, E>, transport: &impl BlockingHttpTransport) -> Response<E::Response> {
        let mut step = call.start();
        loop {
            step = match step {
                Step::Send(request, sent) => sent.reply(transport.send(request), Duration::ZERO),
                Step::Wait(_, waiting) => waiting.resume(Duration::ZERO),
                Step::Done(result) => return result.unwrap(),
            };
        }
    }
    macro_rules! by_steps {
        ($call:expr) => {
            take_steps($call, transport)
        };
    }
    six_operations!(config.verification_sessions(), by_steps)
}

/// Returns a request as bytes: method, path and query, headers sorted by name, body.
fn bytes_of(request: &Request<Bytes>, url: &str) -> Vec<u8> {
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str().to_owned());
    let uri = request.uri().to_string();
    let mut bytes = format!("{} {}\n", request.method(), uri.strip_prefix(url).unwrap()).into_bytes();
    for (name, value) in headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
    }
    bytes.extend(request.body());
    bytes
}

fn all_bytes(requests: &[Request<Bytes>], url: &str) -> Vec<String> {
    requests.iter().map(|request| String::from_utf8(bytes_of(request, url)).unwrap()).collect()
}

const NOWHERE: &str = "http://localhost:1";

/// Returns a simulator with a fixed seed, whose URLs are the same with and without a socket.
fn simulator() -> SimulatorTransport {
    Simulator::builder().seed(1).public_url("https://id.example.test").unwrap().build().into()
}

fn simulated() -> Recorder<SimulatorTransport> {
    Recorder::new(simulator())
}

/// Asserts that the bytes on the wire are the requests of core, and that the transport added only `Host`.
fn assert_on_wire(wires: &[Wire], requests: &[Request<Bytes>], url: &str) {
    assert_eq!(wires.len(), requests.len());
    for (wire, request) in wires.iter().zip(requests) {
        let target = request.uri().to_string();
        assert_eq!(wire.line, format!("{} {} HTTP/1.1", request.method(), target.strip_prefix(url).unwrap()));
        assert_eq!(&wire.body[..], &request.body()[..]);
        let mut headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.push(("host".to_owned(), url.strip_prefix("http://").unwrap().to_owned()));
        headers.sort();
        assert_eq!(wire.headers, headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_ways_make_the_same_requests_and_parse_the_same_responses() {
    // (e) The simulator in process, with which the others are compared.
    let in_process = simulated();
    let expected_responses = asynchronous(config(NOWHERE), in_process.clone()).await;
    let expected = all_bytes(&in_process.requests(), NOWHERE);
    assert_eq!((expected.len(), expected_responses.len()), (7, 6));
    let blocking_in_process = simulated();
    assert_eq!(blocking(config(NOWHERE), blocking_in_process.clone()), expected_responses);
    assert_eq!(all_bytes(&blocking_in_process.requests(), NOWHERE), expected);

    // (a) The async client over hyper, to a real socket.
    let server = WireServer::start(simulator());
    let hyper = Recorder::new(HyperTransport::new().unwrap());
    assert_eq!(asynchronous(config(&server.url), hyper.clone()).await, expected_responses);
    assert_eq!(all_bytes(&hyper.requests(), &server.url), expected);
    assert_on_wire(&server.take(), &hyper.requests(), &server.url);

    // (b) The blocking client over ureq, to a real socket.
    let server = WireServer::start(simulator());
    let ureq = Recorder::new(UreqTransport::new().unwrap());
    let (url, transport) = (server.url.clone(), ureq.clone());
    let responses = tokio::task::spawn_blocking(move || blocking(config(&url), transport)).await.unwrap();
    assert_eq!(responses, expected_responses);
    assert_eq!(all_bytes(&ureq.requests(), &server.url), expected);
    assert_on_wire(&server.take(), &ureq.requests(), &server.url);

    // (c) A loop over the steps.
    let own = simulated();
    assert_eq!(by_hand(&config(NOWHERE), &own), expected_responses);
    assert_eq!(all_bytes(&own.requests(), NOWHERE), expected);

    // (d) A script with the responses of the simulator.
    let mock = ScriptedTransport::new();
    let replay = simulator();
    for request in in_process.requests() {
        let response = replay.handle(request.clone());
        mock.expect(request.method().clone(), request.uri().path()).reply(200, response.into_body());
    }
    assert_eq!(asynchronous(config(NOWHERE), mock.clone()).await, expected_responses);
    assert_eq!(all_bytes(&mock.requests(), NOWHERE), expected);
    mock.finish();
}

/// Returns the expected result of `bytes_of` for a request with the default headers. `headers` replaces some of them or
/// adds others.
fn written_out(target: &str, headers: &[(&str, &str)], body: &str) -> String {
    let user_agent = format!("stripe-identity-rust/{} five-ways/1", env!("CARGO_PKG_VERSION"));
    let length = body.len().to_string();
    let mut all = std::collections::BTreeMap::from([
        ("accept", "application/json"),
        ("authorization", "Bearer sk_test_123"),
        ("stripe-version", "2026-10-28.endive"),
        ("user-agent", &user_agent),
    ]);
    if target.starts_with("POST") {
        all.extend([("content-type", "application/x-www-form-urlencoded"), ("content-length", &length)]);
    }
    all.extend(headers.iter().copied());
    let headers: Vec<_> = all.into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    format!("{target}\n{}{body}", headers.concat())
}

/// Compares the requests with bytes written by hand: all five ways could be wrong in the same way.
#[tokio::test]
async fn requests_have_the_documented_bytes() {
    let recorder = simulated();
    let responses = asynchronous(config(NOWHERE), recorder.clone()).await;
    let id = responses[0]["id"].as_str().unwrap();
    let redacted = responses[5]["id"].as_str().unwrap();

    let sessions = "/v1/identity/verification_sessions";
    let expected = [
        written_out(
            &format!("POST {sessions}"),
            &[("idempotency-key", "key-1")],
            "client_reference_id=user%2042%20%26%20co&metadata[n%C3%A4me]=v%C3%A4lue%20%2B%20100%25\
             &options[document][allowed_types][0]=passport&options[document][allowed_types][1]=id_card\
             &options[document][allowed_types][2]=driving_license&options[document][require_id_number]=true\
             &options[document][require_live_capture]=true&options[document][require_matching_selfie]=false\
             &provided_details[email]=robin%40example.test&provided_details[phone]=%2B15550100000\
             &related_customer=cus_1&related_customer_account=acct_2&related_person[account]=acct_1\
             &related_person[person]=person_1&return_url=https%3A%2F%2Fexample.test%2Fdone%3Fa%3Db%23c&type=document\
             &expand[0]=verified_outputs&expand[1]=last_verification_report",
        ),
        written_out(
            &format!("GET {sessions}/{id}?expand[0]=verified_outputs&expand[1]=last_verification_report"),
            &[("x-trace", "1")],
            "",
        ),
        written_out(
            &format!("POST {sessions}/{id}"),
            &[("idempotency-key", "key-2"), ("stripe-context", "org_1")],
            "metadata[a]=&metadata[n%C3%A4me]=&options[document]=&provided_details[email]=other%40example.test\
             &type=id_number",
        ),
        written_out(
            &format!("POST {sessions}/{id}/cancel"),
            &[("idempotency-key", "key-3"), ("stripe-version", "2026-01-01.test")],
            "",
        ),
        written_out(
            &format!(
                "GET {sessions}?client_reference_id=user%2042%20%26%20co&created[gt]=1&created[lte]=2000000000&limit=3\
                 &related_customer=cus_1&related_customer_account=acct_2&status=canceled\
                 &expand[0]=data.verified_outputs&expand[1]=data.last_verification_report"
            ),
            &[],
            "",
        ),
        written_out(&format!("POST {sessions}"), &[("idempotency-key", "key-4")], "verification_flow=vf_1"),
        written_out(&format!("POST {sessions}/{redacted}/redact"), &[("idempotency-key", "key-5")], ""),
    ];
    let requests = all_bytes(&recorder.requests(), NOWHERE);
    for (request, expected) in requests.iter().zip(&expected) {
        assert_eq!(request, expected);
    }
    assert_eq!(requests.len(), expected.len());
}

#[tokio::test]
async fn post_carries_a_key_and_retries_with_the_same_bytes() {
    let transport = ScriptedTransport::new();
    for _ in 0..2 {
        transport
            .expect(Method::POST, "/v1/identity/verification_sessions")
            .reply(503, "<html>Service Unavailable</html>");
    }
    transport
        .expect(Method::POST, "/v1/identity/verification_sessions")
        .reply_header("idempotent-replayed", "true")
        .reply(200, r#"{"id": "vs_1"}"#);
    let client = Client::new(config(NOWHERE), transport.clone());
    let session = client.verification_sessions().create(CreateVerificationSession::document()).await.unwrap();
    assert!(session.meta().is_replayed());

    let requests = all_bytes(&transport.requests(), NOWHERE);
    assert!(requests[0].contains("\nidempotency-key: "));
    assert_eq!((&requests[0], &requests[0]), (&requests[1], &requests[2]));
    let waits = transport.sleeps();
    assert!(waits[0] == Duration::from_millis(500) && (500..=1000).contains(&waits[1].as_millis()), "{waits:?}");
    transport.finish();
}
