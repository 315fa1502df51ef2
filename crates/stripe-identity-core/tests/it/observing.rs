//! What can be seen of a call while it runs.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use stripe_identity_core::http::Method;
use stripe_identity_core::types::{CreateVerificationSession, VerificationSession};
use stripe_identity_core::{Call, Config, Endpoint, ErrorKind, Step, TransportErrorKind as Kind};

use super::{config, reply, request_of};

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread. A subscriber for each thread would be simpler, but `tracing` remembers for all of them
/// whether anyone listens, and may remember wrongly while others come and go.
struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| ThreadLog)
            .without_time()
            .with_ansi(false)
            .init();
    });
}

/// The lines that are logged while a call has these outcomes. Times are left out.
fn log<E: Endpoint>(
    call: Call<Config, E>,
    outcomes: impl IntoIterator<Item = Result<(u16, &'static str), Kind>>,
) -> Vec<String> {
    listen();
    let (mut step, mut outcomes) = (call.start(), outcomes.into_iter());
    loop {
        step = match step {
            Step::Send(_, sent) => {
                let outcome = outcomes.next().expect("an outcome for each attempt");
                let headers = [("request-id", "req_1"), ("stripe-notice", "Robin's API is old")];
                // A notice comes with the successes alone.
                let headers = |status| if status == 200 { &headers[..] } else { &headers[..1] };
                sent.reply(outcome.map(|(status, body)| reply(status, headers(status), body)).map_err(Into::into))
            }
            Step::Wait(_, waiting) => waiting.resume(),
            Step::Done(_) => break,
        }
    }
    let text = String::from_utf8(LOG.take()).unwrap();
    text.lines().map(|line| line.trim().replace(" elapsed_ms=0", "")).collect()
}

/// A config whose clock stands still.
fn timeless() -> Config {
    config().clock(Duration::default)
}

fn create(config: &Config) -> Call<Config, CreateVerificationSession> {
    let params = CreateVerificationSession::document().client_reference_id("robin").return_url("https://robin.test");
    config.verification_sessions().create(params).idempotency_key("robin").header("x-robin", "robin")
}

const QUOTING: &str = r#"{"error": {"message": "robin", "code": "lock_timeout", "param": "robin@example.test"}}"#;
const SPAN: &str = r#"stripe_call{method=POST endpoint="/v1/identity/verification_sessions"}: stripe_identity: "#;
/// A target of its own, so that it can be silenced alone.
const NOTICE: &str =
    r#"stripe_call{method=POST endpoint="/v1/identity/verification_sessions"}: stripe_identity::notice: "#;

#[test]
fn a_call_is_a_span_and_an_attempt_is_an_event() {
    let lines = log(create(&timeless()), [Err(Kind::Timeout), Ok((429, QUOTING)), Ok((200, r#"{"id": "vs_1"}"#))]);
    let expected = [
        format!(
            "WARN {SPAN}trying again attempt=1 wait_ms=500 error=no response from api.stripe.com: the attempt took \
             too long cause=Timeout"
        ),
        format!(
            "WARN {SPAN}trying again attempt=2 status=429 request_id=req_1 wait_ms=1000 error=too many requests: \
             status 429, code lock_timeout, param [hidden], request req_1, after 2 attempts"
        ),
        format!("INFO {SPAN}answered attempt=3 status=200 request_id=req_1"),
        format!("WARN {NOTICE}Stripe sent a notice along: see `notice()` of the response or the error"),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_failure_is_told_once_and_without_what_was_sent() {
    let lines = log(create(&timeless()), [Ok((400, QUOTING))]);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with(&format!("WARN {SPAN}failed attempt=1 status=400")), "{lines:?}");
    assert!(!lines[0].to_lowercase().contains("robin"), "{lines:?}");
}

#[test]
fn a_path_that_the_caller_wrote_is_not_shown() {
    let call = timeless().raw(Method::GET, "/v1/customers/robin", serde_json::json!({"email": "robin@example.test"}));
    let lines = log(call, [Ok((200, "{}"))]);
    assert!(lines[0].contains(r#"stripe_call{method=GET endpoint="/"}"#), "{lines:?}");
    assert!(!lines[0].to_lowercase().contains("robin"), "{lines:?}");
}

#[test]
fn a_request_id_that_is_none_is_not_shown() {
    listen();
    let told = Arc::new(Mutex::new(String::new()));
    let hook = told.clone();
    let config = timeless().on_attempt(move |attempt| *hook.lock().unwrap() = format!("{attempt:?}"));
    let (_, sent) = request_of(create(&config).start());
    let answer = reply(200, &[("request-id", "robin@example.test")], r#"{"id": "vs_1"}"#);
    let Step::Done(Ok(session)) = sent.reply(Ok(answer)) else { panic!("it is done") };
    let log = String::from_utf8(LOG.take()).unwrap();
    assert!(log.contains("request_id=[hidden]") && !log.contains("robin"), "{log}");
    assert!(!format!("{session:?}").contains("robin"));
    let told = told.lock().unwrap();
    assert!(told.contains("request_id: Some([hidden])") && !told.contains("robin"), "{told}");
}

#[test]
fn an_end_for_lack_of_time_is_told() {
    listen();
    let time = Arc::new(Mutex::new(Duration::ZERO));
    let clock = time.clone();
    let config = config().clock(move || *clock.lock().unwrap());
    let (_, sent) = request_of(create(&config).deadline(Duration::from_secs(5)).start());
    let Step::Wait(_, waiting) = sent.reply(Err(Kind::Connect.into())) else { panic!("it waits") };
    *time.lock().unwrap() = Duration::from_secs(5);
    assert!(matches!(waiting.resume(), Step::Done(Err(_))));
    let log = String::from_utf8(LOG.take()).unwrap();
    assert!(log.lines().count() == 2 && log.trim_end().ends_with("no time is left"), "{log}");
}

#[test]
fn looking_again_is_no_warning() {
    let call = timeless().verification_sessions().retrieve("vs_1");
    let call = call.wait_until(VerificationSession::is_decided, Duration::from_secs(60));
    let lines = log(call, [Ok((200, r#"{"id": "vs_1"}"#)), Ok((200, r#"{"id": "vs_1", "status": "verified"}"#))]);
    assert!(lines[0].starts_with("DEBUG") && lines[0].contains("not yet attempt=1 status=200"), "{lines:?}");
    assert!(lines[2].starts_with("INFO") && lines[2].contains("answered attempt=2"), "{lines:?}");
}

#[test]
fn the_hook_is_told_of_every_attempt() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let (list, time) = (told.clone(), Arc::new(Mutex::new(0)));
    let clock = move || {
        *time.lock().unwrap() += 10;
        Duration::from_millis(*time.lock().unwrap())
    };
    let config = config().clock(clock).on_attempt(move |attempt| {
        let error = attempt.error.map(stripe_identity_core::Error::kind);
        let status = attempt.status.map(|status| status.as_u16());
        assert_eq!((attempt.method, attempt.endpoint), (&Method::POST, "/v1/identity/verification_sessions"));
        // The clock goes on by this much each time that it is looked at.
        assert_eq!(attempt.elapsed, Duration::from_millis(10));
        list.lock().unwrap().push((attempt.number, status, error, attempt.wait.map(|wait| wait.as_millis())));
    });
    log(create(&config), [Err(Kind::Connect), Ok((500, "")), Ok((200, r#"{"id": "vs_1"}"#))]);
    log(create(&config), [Ok((403, ""))]);
    let expected = [
        (1, None, Some(ErrorKind::Transport), Some(500)),
        (2, Some(500), Some(ErrorKind::Api), Some(1000)),
        (3, Some(200), None, None),
        (1, Some(403), Some(ErrorKind::Permission), None),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

#[test]
fn a_notice_is_there_to_be_read() {
    let (_, sent) = request_of(create(&config()).start());
    let Step::Done(Ok(session)) = sent.reply(Ok(reply(200, &[("Stripe-Notice", "Old.")], r#"{"id": "vs_1"}"#))) else {
        panic!("it is done")
    };
    assert_eq!(session.notice(), Some("Old."));
    let (_, sent) = request_of(create(&config()).start());
    let Step::Done(Err(error)) = sent.reply(Ok(reply(400, &[("stripe-notice", "Old.")], ""))) else {
        panic!("it is done")
    };
    assert_eq!((error.notice(), error.retry_after()), (Some("Old."), None));
}
