use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http;
use stripe_identity_core::http::Response;
use stripe_identity_core::types::{CreateVerificationSession, VerificationSession};
use stripe_identity_core::{AttemptTimeout, Error, ErrorKind, Step, TransportError, TransportErrorKind as Kind};

use super::{builder, config, reply, request_of};

type Outcome = Result<Response<Bytes>, TransportError>;

/// The result of a call, and its waits in milliseconds.
struct Run {
    end: Result<stripe_identity_core::Response<VerificationSession>, Error>,
    waits: Vec<u64>,
}

/// Creates a session while its attempts have these outcomes.
fn run(max_retries: u32, outcomes: impl IntoIterator<Item = Outcome>) -> Run {
    let call = config().verification_sessions().create(CreateVerificationSession::document());
    let mut step = call.max_retries(max_retries).start();
    let mut outcomes = outcomes.into_iter();
    let (mut first, mut waits) = (None, Vec::new());
    loop {
        step = match step {
            Step::Send(request, sent) => {
                let as_sent = (request.uri().clone(), request.headers().clone(), request.body().clone());
                assert_eq!(first.get_or_insert_with(|| as_sent.clone()), &as_sent, "an attempt differs from the first");
                sent.reply(outcomes.next().expect("one attempt too many"), Duration::ZERO)
            }
            Step::Wait(duration, waiting) => {
                waits.push(u64::try_from(duration.as_millis()).unwrap());
                waiting.resume(Duration::ZERO)
            }
            Step::Done(end) => {
                assert!(outcomes.next().is_none(), "one attempt too few");
                return Run { end, waits };
            }
        };
    }
}

fn is_replayed(error: &Error) -> bool {
    error.meta().unwrap().is_replayed()
}

fn fail(kind: Kind) -> Outcome {
    Err(kind.into())
}

#[expect(clippy::unnecessary_wraps, reason = "it is used beside `fail`")]
fn respond(status: u16, headers: &[(&str, &str)]) -> Outcome {
    let body = if status == 200 { r#"{"id": "vs_1"}"# } else { "{}" };
    Ok(reply(status, headers, body))
}

#[test]
fn lost_attempt_is_retried_until_it_succeeds() {
    for kind in [Kind::Dns, Kind::Connect, Kind::Timeout, Kind::Interrupted] {
        let run = run(2, [fail(kind), respond(500, &[]), respond(200, &[])]);
        let session = run.end.unwrap();
        assert_eq!((session.id.as_str(), session.meta().attempts(), run.waits), ("vs_1", 3, vec![500, 1000]));
    }
}

#[test]
fn attempts_end_when_retries_are_exhausted() {
    let run = run(4, [409, 500, 502, 503, 504].map(|status| respond(status, &[])));
    let error = run.end.unwrap_err();
    assert_eq!((error.attempts(), error.status().unwrap().as_u16()), (5, 504));
    assert_eq!(run.waits, [500, 1000, 2000, 4000]);
    assert!(error.was_sent() && error.is_retryable());
    assert!(error.to_string().ends_with("after 5 attempts"), "{error}");
}

#[test]
fn jitter_shortens_the_wait() {
    let config = builder().random_source(|| Ok(u64::MAX)).build().unwrap();
    let (_, sent) = request_of(config.verification_sessions().retrieve("vs_1").start());
    let Step::Wait(_, waiting) = sent.reply(fail(Kind::Connect), Duration::ZERO) else { panic!("it waits") };
    let (_, sent) = request_of(waiting.resume(Duration::ZERO));
    let Step::Wait(duration, _) = sent.reply(fail(Kind::Connect), Duration::ZERO) else { panic!("it waits") };
    assert_eq!(duration, Duration::from_millis(500), "a second, less half of it");
}

#[test]
fn status_alone_decides_success() {
    let body = r#"{"id": "vs_1", "error": {"type": "api_error"}}"#;
    let of = |status| run(0, [Ok(reply(status, &[], body))]).end.map(|session| session.into_inner().id);
    assert_eq!(of(200).unwrap(), "vs_1");
    assert_eq!(of(500).unwrap_err().kind(), ErrorKind::Api);
}

#[test]
fn default_call_makes_three_attempts() {
    let mut step = config().verification_sessions().retrieve("vs_1").start();
    for _ in 0..2 {
        let (_, sent) = request_of(step);
        let Step::Wait(_, waiting) = sent.reply(fail(Kind::Connect), Duration::ZERO) else { panic!("it waits") };
        step = waiting.resume(Duration::ZERO);
    }
    let (_, sent) = request_of(step);
    assert!(matches!(sent.reply(fail(Kind::Connect), Duration::ZERO), Step::Done(Err(_))));
}

#[test]
fn zero_retries_means_one_attempt() {
    let error = run(0, [respond(500, &[])]).end.unwrap_err();
    assert_eq!((error.attempts(), error.kind()), (1, ErrorKind::Api));
    let error = run(0, [fail(Kind::Timeout)]).end.unwrap_err();
    assert_eq!((error.attempts(), error.kind()), (1, ErrorKind::Transport));
}

#[test]
fn permanent_failure_is_not_retried() {
    for kind in [Kind::Tls, Kind::BodyTooLarge, Kind::Other] {
        let error = run(2, [fail(kind)]).end.unwrap_err();
        assert_eq!((error.transport().unwrap().kind(), error.attempts(), error.is_retryable()), (kind, 1, false));
    }
    for status in [301, 304, 400, 401, 402, 403, 404, 422, 424] {
        let error = run(2, [respond(status, &[])]).end.unwrap_err();
        assert_eq!((error.attempts(), error.is_retryable()), (1, false), "{status}");
    }
    let unreadable = run(2, [Ok(reply(200, &[], "not JSON"))]).end.unwrap_err();
    assert_eq!((unreadable.kind(), unreadable.attempts(), unreadable.is_retryable()), (ErrorKind::Decode, 1, false));
    // A success took effect, whatever a header says.
    let unreadable = run(2, [Ok(reply(200, &[("stripe-should-retry", "true")], "not JSON"))]).end.unwrap_err();
    assert_eq!((unreadable.attempts(), unreadable.is_retryable()), (1, false));
}

#[test]
fn should_retry_header_decides() {
    let yes = [("Stripe-Should-Retry", "true")];
    let no = [("Stripe-Should-Retry", "false")];
    assert!(run(1, [respond(400, &yes), respond(200, &[])]).end.is_ok());
    assert_eq!(run(1, [respond(500, &no)]).end.unwrap_err().attempts(), 1);
    assert_eq!(run(0, [respond(400, &yes)]).end.unwrap_err().attempts(), 1);
}

#[test]
fn replayed_failure_is_final_and_needs_a_new_key() {
    let replayed = ("Idempotent-Replayed", "true");
    for status in [500, 502, 503, 599, 600] {
        let error = run(2, [respond(status, &[replayed])]).end.unwrap_err();
        assert_eq!((error.attempts(), error.is_retryable(), is_replayed(&error)), (1, false, true), "{status}");
        assert!(error.to_string().ends_with("to try again, use a new key"), "{error}");
    }
    let after_a_loss = run(2, [fail(Kind::Timeout), respond(500, &[replayed])]).end.unwrap_err();
    assert_eq!(after_a_loss.attempts(), 2);
    // `Stripe-Should-Retry` overrides the replay.
    let yes = [replayed, ("Stripe-Should-Retry", "true")];
    let run_on = run(2, [respond(500, &yes), respond(200, &[])]);
    assert!(run_on.end.is_ok());
    let error = run(0, [respond(500, &yes)]).end.unwrap_err();
    assert!(error.is_retryable() && !error.to_string().contains("new key"), "{error}");
    // A success took effect, even if it does not parse. Below 500, the status decides.
    let unreadable = run(2, [Ok(reply(200, &[replayed], "<html>"))]).end.unwrap_err();
    assert_eq!((unreadable.kind(), is_replayed(&unreadable)), (ErrorKind::Decode, true));
    assert!(!unreadable.to_string().contains("new key"), "{unreadable}");
    for status in [301, 400, 409] {
        let error = run(0, [respond(status, &[replayed])]).end.unwrap_err();
        assert!(!error.to_string().contains("new key"), "{error}");
    }
    assert!(run(2, [respond(409, &[replayed]), respond(200, &[])]).end.is_ok());
    // Only `true` marks a replay, and without a key nothing is stored.
    assert_eq!(run(1, [respond(500, &[("Idempotent-Replayed", "false")]), respond(200, &[])]).waits, [500]);
    let (_, sent) = request_of(config().verification_sessions().retrieve("vs_1").start());
    assert!(matches!(sent.reply(respond(500, &[replayed]), Duration::ZERO), Step::Wait(..)));
}

#[test]
fn no_attempt_begins_after_the_key_may_have_expired() {
    let mut step = config()
        .verification_sessions()
        .create(CreateVerificationSession::document())
        .max_retries(u32::MAX)
        .attempt_timeout(Duration::MAX)
        .start();
    let mut waited = Duration::ZERO;
    let day = Duration::from_secs(24 * 3600);
    let error = loop {
        step = match step {
            Step::Send(request, sent) => {
                // No attempt runs beyond the day, whatever its timeout.
                let timeout = request.extensions().get::<AttemptTimeout>().unwrap().0;
                assert_eq!(waited + timeout, day);
                sent.reply(respond(503, &[("retry-after", "60")]), Duration::ZERO)
            }
            Step::Wait(duration, waiting) => {
                waited += duration;
                waiting.resume(Duration::ZERO)
            }
            Step::Done(end) => break end.unwrap_err(),
        };
    };
    // The last attempt begins ten minutes before the end of the day, so that it arrives in time.
    assert_eq!(waited, Duration::from_secs(24 * 3600 - 600));
    assert_eq!((error.status().unwrap().as_u16(), error.is_retryable()), (503, false));
    assert!(error.to_string().ends_with("its idempotency key may have expired"), "{error}");

    // If a wait overruns because the machine was suspended, no attempt with a key follows it.
    let config = config();
    for (is_post, begins) in [(true, false), (false, true)] {
        let (method, id) = if is_post { (http::Method::POST, "a") } else { (http::Method::GET, "b") };
        let (_, sent) = request_of(config.raw(method, format!("/v1/{id}"), ()).start());
        let Step::Wait(_, waiting) = sent.reply(fail(Kind::Timeout), Duration::ZERO) else { panic!("it waits") };
        let step = waiting.resume(Duration::from_secs(25 * 3600));
        assert_eq!(matches!(step, Step::Send(..)), begins, "{step:?}");
        if let Step::Done(Err(error)) = step {
            assert!(!error.is_retryable() && error.was_sent());
        }
    }
}

#[test]
fn rate_limit_is_retried_only_for_a_lock() {
    let error = run(2, [respond(429, &[("retry-after", "7")])]).end.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::RateLimit, 1, true));
    let locked = || Ok(reply(429, &[], r#"{"error": {"code": "lock_timeout"}}"#));
    assert_eq!(run(2, [locked(), respond(200, &[])]).waits, [500]);
    let locked = Ok(reply(429, &[("retry-after", "7")], r#"{"error": {"code": "lock_timeout"}}"#));
    assert_eq!(run(2, [locked, respond(200, &[])]).waits, [7000]);
}

#[test]
fn rate_limit_is_retried_if_set() {
    let call = || config().verification_sessions().create(CreateVerificationSession::document());
    let patient = builder().retry_rate_limits(true).build().unwrap();
    let too_many = |headers: &[(&str, &str)]| Ok(reply(429, headers, "{}"));
    for (step, waits) in [
        (call().retry_rate_limits(true).start(), true),
        (call().start(), false),
        (patient.verification_sessions().retrieve("vs_1").start(), true),
        (patient.verification_sessions().retrieve("vs_1").retry_rate_limits(false).start(), false),
    ] {
        let (_, sent) = request_of(step);
        assert_eq!(matches!(sent.reply(too_many(&[]), Duration::ZERO), Step::Wait(..)), waits);
    }
    // `Stripe-Should-Retry: false` still counts.
    let (_, sent) = request_of(call().retry_rate_limits(true).start());
    let Step::Done(Err(error)) = sent.reply(too_many(&[("stripe-should-retry", "false")]), Duration::ZERO) else {
        panic!("it is done")
    };
    assert!(!error.is_retryable(), "Stripe says so");
}

#[test]
fn was_sent_covers_every_attempt() {
    let sent = |outcomes: [Outcome; 2]| run(1, outcomes).end.unwrap_err().was_sent();
    assert!(!sent([fail(Kind::Connect), fail(Kind::Dns)]));
    assert!(!sent([fail(Kind::Connect), fail(Kind::Tls)]));
    assert!(sent([fail(Kind::Timeout), fail(Kind::Connect)]));
    assert!(sent([respond(500, &[]), fail(Kind::Connect)]));
    assert!(sent([fail(Kind::Connect), fail(Kind::Interrupted)]));
}

#[test]
fn missing_randomness_refuses_a_request_without_a_given_key() {
    let config = builder().random_source(|| Err(std::io::Error::other("no entropy"))).build().unwrap();
    let step = config.verification_sessions().create(CreateVerificationSession::document()).start();
    let Step::Done(Err(error)) = step else { panic!("{step:?}") };
    assert_eq!((error.kind(), error.was_sent()), (ErrorKind::InvalidInput, false));
    // A given key needs no randomness, and waits have no jitter without it.
    let call = config.verification_sessions().create(CreateVerificationSession::document()).idempotency_key("key-1");
    let (_, sent) = request_of(call.start());
    let Step::Wait(duration, _) = sent.reply(fail(Kind::Connect), Duration::ZERO) else { panic!("it waits") };
    assert_eq!(duration, Duration::from_millis(500));
}

#[test]
fn random_keys_differ() {
    let config = stripe_identity_core::Config::new("sk_test_123").unwrap();
    let keys: std::collections::HashSet<_> = (0..100)
        .map(|_| {
            let call = config.verification_sessions().create(CreateVerificationSession::document());
            let (request, _) = request_of(call.start());
            request.headers()["idempotency-key"].to_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 100);
    assert!(keys.iter().all(|key| key.len() == 36));
}

#[test]
fn random_key_is_in_the_result_and_can_be_reused() {
    let config = stripe_identity_core::Config::new("sk_test_123").unwrap();
    let create = || config.verification_sessions().create(CreateVerificationSession::document()).max_retries(0);
    let (request, sent) = request_of(create().start());
    let key = request.headers()["idempotency-key"].to_str().unwrap();
    let Step::Done(Err(error)) = sent.reply(fail(Kind::Timeout), Duration::ZERO) else { panic!("it is done") };
    assert_eq!(error.idempotency_key(), Some(key));
    assert!(!format!("{error} {error:?}").contains(key));

    let (again, sent) = request_of(create().idempotency_key(key).start());
    assert_eq!((again.headers(), again.body()), (request.headers(), request.body()));
    let Step::Done(Ok(session)) = sent.reply(respond(200, &[]), Duration::ZERO) else { panic!("it is done") };
    assert_eq!(session.meta().idempotency_key(), Some(key));

    let (_, sent) = request_of(config.verification_sessions().retrieve("vs_1").start());
    let Step::Done(Err(error)) = sent.reply(respond(404, &[]), Duration::ZERO) else { panic!("it is done") };
    assert_eq!(error.idempotency_key(), None);
}

#[test]
fn error_from_a_transport_error_has_its_was_sent() {
    assert!(Error::from(TransportError::from(Kind::Timeout)).was_sent());
    assert!(!Error::from(TransportError::from(Kind::Tls)).was_sent());
}
