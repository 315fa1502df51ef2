//! Faults in process.

use std::num::NonZeroU32;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{HeaderMap, Method, Request, StatusCode, header};
use stripe_identity_core::resources::verification_sessions::VerificationSessions;
use stripe_identity_core::types::{CreateVerificationSession, ErrorCode, ListVerificationSessions};
use stripe_identity_core::{
    AttemptTimeout, BlockingClient, BlockingHttpTransport, Client, Config, Error, ErrorKind, HttpTransport, Meta,
    TransportError, TransportErrorKind,
};
use stripe_identity_simulator::{Fault, FaultResponse, RateLimit, Simulator, SimulatorTransport};

use crate::start;

const SESSIONS: &str = "/v1/identity/verification_sessions";
const SECOND: Duration = Duration::from_secs(1);

/// Returns a simulator, and the sessions of a client that does not retry.
fn start_without_retries() -> (SimulatorTransport, VerificationSessions<BlockingClient>) {
    let stripe = SimulatorTransport::new();
    let config = Config::builder("sk_test_123").max_retries(0).build().unwrap();
    let client = BlockingClient::new(config, stripe.clone());
    (stripe, client.verification_sessions())
}

fn count(sessions: &VerificationSessions<BlockingClient>) -> usize {
    sessions.list(ListVerificationSessions::new()).send().unwrap().data.len()
}

fn create(sessions: &VerificationSessions<BlockingClient>) -> Result<(), Error> {
    sessions.create(CreateVerificationSession::document()).send().map(drop)
}

/// Sends a request to create a session, with a timeout of one second, and returns the response as it arrives.
fn post(stripe: &SimulatorTransport, key: &str) -> Result<(u16, HeaderMap, Bytes), TransportError> {
    let mut request = Request::post(SESSIONS).header(header::AUTHORIZATION, "Bearer sk_test_123");
    request = request.header("idempotency-key", key).extension(AttemptTimeout(SECOND));
    let response = BlockingHttpTransport::send(stripe, request.body(Bytes::from("type=document")).unwrap())?;
    let (parts, body) = response.into_parts();
    Ok((parts.status.as_u16(), parts.headers, body))
}

fn transport_kind(error: &Error) -> Option<TransportErrorKind> {
    error.transport().map(TransportError::kind)
}

fn code(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Polls futures in turn until each of them is ready. None of them needs to be woken.
fn in_turn<F: Future, const N: usize>(futures: [F; N]) -> [F::Output; N] {
    let mut context = Context::from_waker(Waker::noop());
    let mut futures = futures.map(|future| (Box::pin(future), None));
    while futures.iter().any(|(_, output)| output.is_none()) {
        for (future, output) in &mut futures {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(&mut context)
            {
                *output = Some(ready);
            }
        }
    }
    futures.map(|(_, output)| output.unwrap())
}

#[test]
fn lost_response_with_idempotency_key_creates_one_session() {
    let (stripe, sessions) = start();
    stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));
    let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
    assert!(session.meta().is_replayed());
    assert_eq!((session.meta().attempts(), count(&sessions)), (2, 1));
    assert_eq!(stripe.faults()[0].applied, 1);
}

#[test]
fn lost_response_without_idempotency_key_creates_two_sessions() {
    let (stripe, sessions) = start_without_retries();
    stripe.add_fault(Fault::lose_response().times(1));
    let error = create(&sessions).unwrap_err();
    assert_eq!(transport_kind(&error), Some(TransportErrorKind::Interrupted));
    create(&sessions).unwrap();
    assert_eq!(count(&sessions), 2);
}

#[test]
fn request_takes_effect_unless_the_fault_prevents_it() {
    for (fault, kind, effects) in [
        (Fault::reset(), TransportErrorKind::Interrupted, 0),
        (Fault::lose_response(), TransportErrorKind::Interrupted, 1),
        (Fault::cut_body(), TransportErrorKind::Interrupted, 1),
        (Fault::slow_body(SECOND * 3600), TransportErrorKind::Timeout, 1),
        (Fault::latency(SECOND * 3600), TransportErrorKind::Timeout, 1),
        (Fault::reset().with_latency(SECOND * 3600), TransportErrorKind::Timeout, 0),
    ] {
        let (stripe, sessions) = start_without_retries();
        stripe.add_fault(fault.clone().times(1));
        assert_eq!(transport_kind(&create(&sessions).unwrap_err()), Some(kind), "{fault:?}");
        assert_eq!(count(&sessions), effects, "{fault:?}");
    }
}

#[test]
fn delayed_response_advances_the_clock() {
    let (stripe, sessions) = start();
    for fault in [Fault::latency(SECOND * 7), Fault::slow_body(SECOND * 5).with_latency(SECOND * 2)] {
        stripe.add_fault(fault.times(1));
        let before = stripe.time().as_secs();
        create(&sessions).unwrap();
        assert_eq!(stripe.time().as_secs() - before, 7);
    }
}

#[test]
fn error_with_a_cut_body_arrives_in_part() {
    let stripe = SimulatorTransport::new();
    stripe.add_fault(Fault::cut_body());
    let request = Request::get("/v1/bogus").header(header::AUTHORIZATION, "Bearer sk_test_123");
    let response = BlockingHttpTransport::send(&stripe, request.body(Bytes::new()).unwrap()).unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.body().starts_with(b"{") && !response.body().ends_with(b"}\n"));
}

#[test]
fn request_that_a_fault_responds_to_has_no_effect_and_its_retry_succeeds() {
    let (stripe, sessions) = start();
    stripe.add_fault(Fault::respond(StatusCode::SERVICE_UNAVAILABLE).path(SESSIONS).times(2));
    let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
    assert_eq!((session.meta().attempts(), session.meta().is_replayed()), (3, false));
    assert_eq!(count(&sessions), 1);
}

#[test]
fn error_of_a_fault_has_its_status_code_and_body() {
    let (stripe, sessions) = start_without_retries();
    let declined = FaultResponse::new(StatusCode::PAYMENT_REQUIRED).code("made_up").message("Made up.");
    stripe.add_fault(Fault::respond(declined).times(1));
    let error = create(&sessions).unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Card, Some(StatusCode::PAYMENT_REQUIRED)));
    assert_eq!(error.code(), Some(&ErrorCode::from("made_up")));
    assert!(error.request_id().is_some());

    // The response of a proxy does not come from Stripe.
    let bad_gateway = FaultResponse::new(StatusCode::BAD_GATEWAY).body("<h1>Bad gateway</h1>");
    stripe.add_fault(Fault::respond(bad_gateway).times(1));
    let error = create(&sessions).unwrap_err();
    assert_eq!((error.status(), error.request_id()), (Some(StatusCode::BAD_GATEWAY), None));
}

#[test]
fn rate_limit_has_the_reason_and_lock_timeout_asks_for_a_retry() {
    let stripe = SimulatorTransport::new();
    let limit = FaultResponse::rate_limit().header(header::RETRY_AFTER, 2.into());
    stripe.add_fault(Fault::respond(limit).times(1));
    stripe.add_fault(Fault::respond(FaultResponse::lock_timeout()).times(1));
    let (status, headers, body) = post(&stripe, "a").unwrap();
    assert_eq!((status, code(&body).as_str()), (429, "rate_limit"));
    assert!(headers["stripe-rate-limited-reason"] == "global-rate" && headers["retry-after"] == "2");
    assert!(!headers.contains_key("stripe-should-retry"));
    let (status, headers, body) = post(&stripe, "a").unwrap();
    assert_eq!((status, code(&body).as_str()), (429, "lock_timeout"));
    assert!(!headers.contains_key("stripe-rate-limited-reason") && headers["stripe-should-retry"] == "true");
    assert_eq!(post(&stripe, "a").unwrap().0, 200, "neither response is stored under the key");
}

#[test]
fn stored_error_is_replayed_to_its_key_and_the_request_has_no_effect() {
    let (stripe, sessions) = start();
    let stored = FaultResponse::from(StatusCode::INTERNAL_SERVER_ERROR).stored();
    stripe.add_fault(Fault::respond(stored.clone()).times(1));
    let error = create(&sessions).unwrap_err();
    assert_eq!(
        (error.status(), error.meta().is_some_and(Meta::is_replayed)),
        (Some(StatusCode::INTERNAL_SERVER_ERROR), true)
    );
    assert_eq!(count(&sessions), 0);

    // A new key succeeds, and a later fault does not replace the stored response.
    assert_eq!(post(&stripe, "b").unwrap().0, 200);
    stripe.add_fault(Fault::respond(stored).times(1));
    assert_eq!(post(&stripe, "b").unwrap().0, 200);
    assert_eq!((post(&stripe, "c").unwrap().0, post(&stripe, "c").unwrap().0), (500, 500));
    // After a day the key is new.
    stripe.advance(SECOND * 24 * 3600);
    assert_eq!(post(&stripe, "c").unwrap().0, 200);
}

#[test]
fn idempotency_key_of_a_delayed_request_is_in_use_until_its_response_leaves() {
    let stripe = SimulatorTransport::new();
    stripe.add_fault(Fault::latency(SECOND * 10).times(1));
    assert_eq!(post(&stripe, "a").unwrap_err().kind(), TransportErrorKind::Timeout);
    // A second has passed, and nine are left.
    for _ in 0..2 {
        let (status, _, body) = post(&stripe, "a").unwrap();
        assert_eq!((status, code(&body).as_str()), (409, "idempotency_key_in_use"));
    }
    assert_eq!(post(&stripe, "b").unwrap().0, 200, "another key is not in use");
    stripe.advance(SECOND * 8);
    assert_eq!(post(&stripe, "a").unwrap().0, 409);
    stripe.advance(SECOND);
    let (status, headers, _) = post(&stripe, "a").unwrap();
    assert_eq!((status, headers.contains_key("idempotent-replayed")), (200, true));
}

#[test]
fn idempotency_key_of_a_slow_request_is_in_use_for_other_tasks() {
    let stripe = SimulatorTransport::new();
    let sessions = Client::new(Config::new("sk_test_123").unwrap(), stripe.clone()).verification_sessions();
    stripe.add_fault(Fault::latency(SECOND * 10).times(1));
    let call = || {
        let call = sessions.create(CreateVerificationSession::document()).idempotency_key("a");
        IntoFuture::into_future(call)
    };
    let [slow, other] = in_turn([call(), call()]).map(Result::unwrap);
    assert_eq!(slow.id, other.id);
    assert_eq!((slow.meta().attempts(), slow.meta().is_replayed()), (1, false));
    assert!(other.meta().attempts() > 1 && other.meta().is_replayed(), "{} attempts", other.meta().attempts());
}

#[test]
fn fault_with_conditions_applies_only_to_requests_that_meet_them() {
    let stripe = SimulatorTransport::new();
    stripe
        .add_fault(Fault::respond(StatusCode::BAD_GATEWAY).method(Method::GET).path("/v1/identity/*/{id}").key("rk_"));
    let status = |method: Method, path: &str, key: &str| {
        let request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
        BlockingHttpTransport::send(&stripe, request.body(Bytes::new()).unwrap()).unwrap().status().as_u16()
    };
    assert_eq!(status(Method::GET, "/v1/identity/verification_sessions/vs_1", "rk_test_a"), 502);
    assert_eq!(status(Method::GET, "/v1/identity/bogus/x", "rk_test_b_1"), 502, "in every world");
    assert_eq!(status(Method::GET, "/v1/identity/verification_sessions/vs_1", "sk_test_a"), 404);
    assert_eq!(status(Method::POST, "/v1/identity/verification_sessions/vs_1", "rk_test_a"), 404);
    assert_eq!(status(Method::GET, SESSIONS, "rk_test_a"), 200);
    assert_eq!(stripe.faults().iter().map(|rule| rule.applied).sum::<u64>(), 2);
}

#[test]
fn fault_of_one_world_does_not_apply_in_another() {
    let stripe = SimulatorTransport::new();
    let world = stripe.world("sk_test_other").unwrap();
    world.add_fault(Fault::reset());
    assert_eq!(post(&stripe, "a").unwrap().0, 200);
    assert_eq!((world.faults().len(), world.faults()[0].applied), (1, 0));
    let id = stripe.faults()[0].id.clone();
    assert!(stripe.remove_fault(&id) && !stripe.remove_fault(&id));
    stripe.add_fault(Fault::reset());
    stripe.clear_faults();
    assert!(stripe.faults().is_empty());
    assert!(stripe.world("sk_test_new").unwrap().faults().is_empty());
}

#[test]
fn random_faults_are_the_same_for_the_same_seed() {
    let run = |seed| {
        let stripe: SimulatorTransport = Simulator::with_seed(seed).into();
        stripe.add_fault(Fault::respond(StatusCode::BAD_GATEWAY).probability(0.5));
        (0..64).map(|number| post(&stripe, &number.to_string()).unwrap().0).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    assert!(run(1).contains(&200) && run(1).contains(&502));
}

#[test]
fn request_beyond_the_rate_limit_is_refused_until_time_passes() {
    let stripe = SimulatorTransport::new();
    let mut settings = stripe.settings();
    settings.rate_limit = RateLimit::PerSecond(NonZeroU32::new(3).unwrap());
    stripe.set_settings(&settings);
    let statuses = |count: usize| (0..count).map(|_| post(&stripe, "a").unwrap().0).collect::<Vec<_>>();
    assert_eq!(statuses(4), [200, 200, 200, 429]);
    let (_, headers, body) = post(&stripe, "a").unwrap();
    assert_eq!(code(&body), "rate_limit");
    assert_eq!(headers["stripe-rate-limited-reason"], "global-rate");
    stripe.advance(SECOND / 2);
    assert_eq!(statuses(2), [200, 429]);
}

#[test]
fn delay_of_an_async_client_in_process_passes_in_virtual_time() {
    let stripe = SimulatorTransport::new();
    stripe.add_fault(Fault::latency(SECOND * 3600));
    let request =
        Request::get(SESSIONS).header(header::AUTHORIZATION, "Bearer sk_test_123").body(Bytes::new()).unwrap();
    let before = HttpTransport::now(&stripe);
    let [response] = in_turn([HttpTransport::send(&stripe, request)]).map(Result::unwrap);
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(HttpTransport::now(&stripe), before + SECOND * 3600);
}
