//! What `tracing` and the hook get of a call while it runs.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use stripe_identity_core::http::Method;
use stripe_identity_core::resources::verification_sessions::Create;
use stripe_identity_core::types::{CreateVerificationSession, VerificationSession};
use stripe_identity_core::{
    Attempt, Call, Config, Endpoint, ErrorKind, GiveUpReason, RetryDecision, Step, TransportErrorKind as Kind,
};

use super::{builder, config, reply, request_of};

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread. A subscriber for each thread would be simpler, but `tracing` caches for all
/// threads whether an event is enabled, and the cache may be wrong while subscribers are added and removed.
struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn init_log() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| ThreadLog)
            .without_time()
            .with_ansi(false)
            .init();
    });
}

/// Returns the lines that are logged while a call has these outcomes, without times.
fn log<E: Endpoint>(
    call: Call<Config, E>,
    outcomes: impl IntoIterator<Item = Result<(u16, &'static str), Kind>>,
) -> Vec<String> {
    init_log();
    let (mut step, mut outcomes) = (call.start(), outcomes.into_iter());
    loop {
        step = match step {
            Step::Send(_, sent) => {
                let outcome = outcomes.next().expect("an outcome for each attempt");
                let headers = [("request-id", "req_1"), ("stripe-notice", "Robin's API is old")];
                // Only a success has a notice.
                let headers = |status| if status == 200 { &headers[..] } else { &headers[..1] };
                sent.reply(
                    outcome.map(|(status, body)| reply(status, headers(status), body)).map_err(Into::into),
                    Duration::ZERO,
                )
            }
            Step::Wait(_, waiting) => waiting.resume(Duration::ZERO),
            Step::Done(_) => break,
        }
    }
    let text = String::from_utf8(LOG.take()).unwrap();
    text.lines().map(|line| line.trim().replace(" elapsed_ms=0", "")).collect()
}

fn create(config: &Config) -> Call<Config, Create> {
    let params = CreateVerificationSession::document().client_reference_id("robin").return_url("https://robin.test");
    config.verification_sessions().create(params).idempotency_key("robin").header("x-robin", "robin")
}

const QUOTING: &str = r#"{"error": {"message": "robin", "code": "lock_timeout", "param": "robin@example.test"}}"#;
const SPAN: &str = r#"stripe_call{method=POST path_template="/v1/identity/verification_sessions"}: stripe_identity: "#;
/// A separate target, so that it can be filtered out.
const NOTICE: &str =
    r#"stripe_call{method=POST path_template="/v1/identity/verification_sessions"}: stripe_identity::notice: "#;

#[test]
fn call_is_a_span_and_attempt_an_event() {
    let lines = log(create(&config()), [Err(Kind::Timeout), Ok((429, QUOTING)), Ok((200, r#"{"id": "vs_1"}"#))]);
    let expected = [
        format!(
            "WARN {SPAN}retrying attempt=1 wait_ms=500 error=no response arrived from api.stripe.com: the attempt took \
             too long, may have taken effect cause=Timeout"
        ),
        format!(
            "WARN {SPAN}retrying attempt=2 status=429 request_id=req_1 wait_ms=1000 error=too many requests: \
             status 429, code lock_timeout, param [hidden], request req_1, after 2 attempts"
        ),
        format!("INFO {SPAN}response attempt=3 status=200 request_id=req_1"),
        format!("WARN {NOTICE}Stripe sent a notice: see `Meta::notice`"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn failure_is_logged_once_without_what_was_sent() {
    let lines = log(create(&config()), [Ok((400, QUOTING))]);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with(&format!("WARN {SPAN}failed attempt=1 status=400")), "{lines:?}");
    assert!(!lines[0].to_lowercase().contains("robin"), "{lines:?}");
}

#[test]
fn path_of_a_raw_request_is_not_logged() {
    let call = config().raw(Method::GET, "/v1/customers/robin", serde_json::json!({"email": "robin@example.test"}));
    let lines = log(call, [Ok((200, "{}"))]);
    assert!(lines[0].contains(r#"stripe_call{method=GET path_template="/"}"#), "{lines:?}");
    assert!(!lines[0].to_lowercase().contains("robin"), "{lines:?}");
}

#[test]
fn request_id_of_another_form_is_not_logged() {
    init_log();
    let seen = Arc::new(Mutex::new(String::new()));
    let hook = seen.clone();
    let hook = move |attempt: &Attempt<'_>| *hook.lock().unwrap() = format!("{attempt:?}");
    let config = builder().on_attempt(hook).build().unwrap();
    let (_, sent) = request_of(create(&config).start());
    let response = reply(200, &[("request-id", "robin@example.test")], r#"{"id": "vs_1"}"#);
    let Step::Done(Ok(session)) = sent.reply(Ok(response), Duration::ZERO) else { panic!("it is done") };
    let log = String::from_utf8(LOG.take()).unwrap();
    assert!(log.contains("request_id=[hidden]") && !log.contains("robin"), "{log}");
    assert!(!format!("{session:?}").contains("robin"));
    let seen = seen.lock().unwrap();
    assert!(seen.contains("request_id: Some([hidden])") && !seen.contains("robin"), "{seen}");
}

#[test]
fn overrun_of_a_wait_is_logged() {
    init_log();
    let (_, sent) = request_of(create(&config()).deadline(Duration::from_secs(5)).start());
    let Step::Wait(_, waiting) = sent.reply(Err(Kind::Connect.into()), Duration::ZERO) else { panic!("it waits") };
    assert!(matches!(waiting.resume(Duration::from_secs(5)), Step::Done(Err(_))));
    let log = String::from_utf8(LOG.take()).unwrap();
    assert!(
        log.lines().count() == 2 && log.trim_end().ends_with("the wait took too long reason=\"no time left\""),
        "{log}"
    );
}

#[test]
fn unmet_condition_is_logged_at_debug() {
    let call = config().verification_sessions().retrieve("vs_1");
    let call = call.wait_until(VerificationSession::is_decided, Duration::from_secs(60));
    let lines = log(call, [Ok((200, r#"{"id": "vs_1"}"#)), Ok((200, r#"{"id": "vs_1", "status": "verified"}"#))]);
    assert!(lines[0].starts_with("DEBUG") && lines[0].contains("not met yet attempt=1 status=200"), "{lines:?}");
    assert!(lines[2].starts_with("INFO") && lines[2].contains("response attempt=2"), "{lines:?}");
}

#[test]
fn hook_gets_every_attempt_and_decision() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    let config = builder()
        .on_attempt(move |attempt| {
            let error = attempt.error.map(stripe_identity_core::Error::kind);
            let status = attempt.status.map(|status| status.as_u16());
            assert_eq!((attempt.method, attempt.path_template), (&Method::POST, "/v1/identity/verification_sessions"));
            list.lock().unwrap().push((attempt.number, status, error, attempt.decision));
        })
        .build()
        .unwrap();
    log(create(&config), [Err(Kind::Connect), Ok((500, "")), Ok((200, r#"{"id": "vs_1"}"#))]);
    log(create(&config), [Ok((403, ""))]);
    log(create(&config).max_retries(0), [Ok((503, ""))]);
    log(create(&config).deadline(Duration::from_millis(500)), [Ok((503, ""))]);
    let (after, give_up) = (|millis| RetryDecision::RetryAfter(Duration::from_millis(millis)), RetryDecision::GiveUp);
    let expected = [
        (1, None, Some(ErrorKind::Transport), Some(after(500))),
        (2, Some(500), Some(ErrorKind::Api), Some(after(1000))),
        (3, Some(200), None, None),
        (1, Some(403), Some(ErrorKind::Permission), Some(give_up(GiveUpReason::NotRetryable))),
        (1, Some(503), Some(ErrorKind::Api), Some(give_up(GiveUpReason::RetriesExhausted))),
        (1, Some(503), Some(ErrorKind::Api), Some(give_up(GiveUpReason::NoTimeLeft))),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn elapsed_of_an_attempt_excludes_the_waits() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    let config = builder().on_attempt(move |attempt| list.lock().unwrap().push(attempt.elapsed)).build().unwrap();
    let millis = Duration::from_millis;
    let (_, sent) = request_of(create(&config).start());
    let Step::Wait(_, waiting) = sent.reply(Err(Kind::Connect.into()), millis(10)) else { panic!("it waits") };
    let (_, sent) = request_of(waiting.resume(millis(520)));
    assert!(matches!(sent.reply(Ok(reply(200, &[], r#"{"id": "vs_1"}"#)), millis(550)), Step::Done(Ok(_))));
    assert_eq!(*seen.lock().unwrap(), [millis(10), millis(30)]);
}

#[test]
fn notice_is_in_meta_of_responses_and_errors() {
    let (_, sent) = request_of(create(&config()).start());
    let Step::Done(Ok(session)) =
        sent.reply(Ok(reply(200, &[("Stripe-Notice", "Old.")], r#"{"id": "vs_1"}"#)), Duration::ZERO)
    else {
        panic!("it is done")
    };
    assert_eq!(session.meta().notice(), Some("Old."));
    let (_, sent) = request_of(create(&config()).start());
    let Step::Done(Err(error)) = sent.reply(Ok(reply(400, &[("stripe-notice", "Old.")], "")), Duration::ZERO) else {
        panic!("it is done")
    };
    assert_eq!((error.meta().unwrap().notice(), error.retry_after()), (Some("Old."), None));
}

#[test]
fn debug_of_a_step_shows_no_request_and_no_personal_data() {
    let step = create(&config()).max_retries(1).start();
    assert_eq!(format!("{step:?}"), "Send(POST …)");
    let (_, sent) = request_of(step);
    assert_eq!(format!("{sent:?}"), "SentCall { attempts: 1, .. }");
    let step = sent.reply(Ok(reply(503, &[], QUOTING)), Duration::ZERO);
    assert_eq!(format!("{step:?}"), "Wait(500ms, ..)");
    let Step::Wait(_, waiting) = step else { panic!("it waits") };
    assert_eq!(format!("{waiting:?}"), "WaitingCall { attempts: 1, .. }");
    let (_, sent) = request_of(waiting.resume(Duration::ZERO));
    let step = sent.reply(Ok(reply(400, &[], QUOTING)), Duration::ZERO);
    let debug = format!("{step:?}");
    assert!(debug.starts_with("Done(Err(Error { kind: RateLimit, status: 400"), "{debug}");
    assert!(!debug.contains("robin"), "{debug}");
}
