//! Deadlines of calls, and time limits of polling.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::resources::verification_sessions::{Create, Retrieve};
use stripe_identity_core::types::{CreateVerificationSession, VerificationSession};
use stripe_identity_core::{
    AttemptTimeout, BlockingClient, BlockingHttpTransport, Call, Config, Endpoint, Error, ErrorKind, Step,
    TransportError, TransportErrorKind as Kind,
};

use super::{builder, config, reply};

type Outcome = Result<Response<Bytes>, TransportError>;

type End<E> = Result<stripe_identity_core::Response<<E as Endpoint>::Response>, Error>;

const SECOND: Duration = Duration::from_secs(1);

/// A clock that stands still until it is advanced.
#[derive(Default)]
struct Clock(Mutex<Duration>);

impl Clock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn advance(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }

    /// Makes a call. `attempt` returns how long the attempt of a number takes, and its outcome. Returns the result,
    /// and of each attempt its start and its timeout, in seconds.
    fn run<E: Endpoint>(
        &self,
        call: Call<Config, E>,
        mut attempt: impl FnMut(usize) -> (Duration, Outcome),
    ) -> (End<E>, Vec<(f64, f64)>) {
        let (mut step, mut attempts) = (call.start(), Vec::new());
        loop {
            step = match step {
                Step::Send(request, sent) => {
                    let timeout = request.extensions().get::<AttemptTimeout>().unwrap().0;
                    attempts.push((self.now().as_secs_f64(), timeout.as_secs_f64()));
                    let (taken, outcome) = attempt(attempts.len());
                    self.advance(taken);
                    sent.reply(outcome, self.now())
                }
                Step::Wait(duration, waiting) => {
                    self.advance(duration);
                    waiting.resume(self.now())
                }
                Step::Done(end) => return (end, attempts),
            }
        }
    }
}

fn create(config: &Config) -> Call<Config, Create> {
    config.verification_sessions().create(CreateVerificationSession::document())
}

#[test]
fn last_attempt_gets_the_time_left_and_none_begins_after_the_deadline() {
    let clock = Clock::default();
    let config = builder().attempt_timeout(4 * SECOND).max_retries(9).deadline(10 * SECOND).build().unwrap();
    let (end, attempts) = clock.run(create(&config), |_| (4 * SECOND, Err(Kind::Timeout.into())));
    assert_eq!(attempts, [(0.0, 4.0), (4.5, 4.0), (9.5, 0.5)]);
    let error = end.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::Transport, 3, true));
}

#[test]
fn wait_that_would_end_after_the_deadline_is_not_begun() {
    let clock = Clock::default();
    let call = create(&config()).deadline(5 * SECOND);
    let busy = |_| (SECOND, Ok(reply(503, &[("retry-after", "4")], "")));
    let (end, attempts) = clock.run(call, busy);
    let error = end.unwrap_err();
    assert_eq!((attempts.len(), error.status().unwrap().as_u16(), clock.now()), (1, 503, SECOND));
    assert_eq!(error.retry_after(), Some(4 * SECOND));
}

#[test]
fn wait_that_overruns_the_deadline_ends_the_call_with_its_last_error() {
    let call = create(&config()).deadline(5 * SECOND);
    let Step::Send(_, sent) = call.start() else { panic!("it sends") };
    let Step::Wait(_, waiting) = sent.reply(Err(Kind::Interrupted.into()), Duration::ZERO) else { panic!("it waits") };
    let Step::Done(Err(error)) = waiting.resume(5 * SECOND) else { panic!("it is done") };
    assert_eq!((error.transport().unwrap().kind(), error.attempts()), (Kind::Interrupted, 1));
}

#[test]
fn deadline_of_a_call_overrides_the_settings() {
    let clock = Clock::default();
    let call = create(&builder().deadline(SECOND).build().unwrap()).deadline(7 * SECOND);
    let (_, attempts) = clock.run(call, |_| (Duration::ZERO, Ok(reply(200, &[], r#"{"id": "vs_1"}"#))));
    assert_eq!(attempts, [(0.0, 7.0)]);
}

const PROCESSING: &str = r#"{"id": "vs_1", "status": "processing"}"#;
const VERIFIED: &str = r#"{"id": "vs_1", "status": "verified"}"#;

fn wait(config: &Config, within: Duration) -> Call<Config, Retrieve> {
    config.verification_sessions().retrieve("vs_1").wait_until(VerificationSession::is_decided, within)
}

#[test]
fn wait_until_polls_until_the_condition_is_met() {
    let clock = Clock::default();
    let respond = |number| (Duration::ZERO, Ok(reply(200, &[], if number < 6 { PROCESSING } else { VERIFIED })));
    let (end, attempts) = clock.run(wait(&config(), 600 * SECOND), respond);
    assert!(end.unwrap().is_decided());
    let began: Vec<_> = attempts.iter().map(|attempt| attempt.0).collect();
    assert_eq!(began, [0.0, 1.0, 3.0, 7.0, 13.0, 19.0]);
}

#[test]
fn wait_until_ends_at_its_time_limit() {
    let clock = Clock::default();
    let respond = |_| (SECOND / 10, Ok(reply(200, &[("request-id", "req_1")], PROCESSING)));
    let (end, attempts) = clock.run(wait(&config(), 20 * SECOND), respond);
    let error = end.unwrap_err();
    assert_eq!(
        (error.kind(), error.request_id(), error.is_retryable()),
        (ErrorKind::WaitTimedOut, Some("req_1"), true)
    );
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (200, u32::try_from(attempts.len()).unwrap()));
    assert_eq!(error.meta().unwrap().body(), PROCESSING);
    assert!((19 * SECOND..=20 * SECOND).contains(&clock.now()), "{:?}", clock.now());
    // The timeout of the last poll ends at the time limit.
    let (began, timeout) = attempts.last().unwrap();
    assert!((began + timeout - 20.0).abs() < 0.001, "{attempts:?}");
}

#[test]
fn poll_that_fails_transiently_counts_as_not_met() {
    let clock = Clock::default();
    let outages = |number| {
        let outcome = match number {
            1 => Ok(reply(200, &[], PROCESSING)),
            2..=20 => Err(Kind::Interrupted.into()),
            21..=25 => Ok(reply(503, &[], "")),
            26 => Ok(reply(429, &[("retry-after", "40")], "")),
            _ => Ok(reply(200, &[], VERIFIED)),
        };
        (Duration::ZERO, outcome)
    };
    let (end, attempts) = clock.run(wait(&builder().max_retries(0).build().unwrap(), 600 * SECOND), outages);
    assert!(end.unwrap().is_decided());
    let [.., before, after] = attempts[..] else { panic!("{attempts:?}") };
    assert_eq!((attempts.len(), after.0 - before.0), (27, 40.0));
}

#[test]
fn wait_until_at_its_limit_returns_the_error_of_the_last_poll() {
    let clock = Clock::default();
    let outage =
        |number| (Duration::ZERO, if number < 4 { Ok(reply(200, &[], PROCESSING)) } else { Ok(reply(503, &[], "")) });
    let (end, attempts) = clock.run(wait(&config(), 60 * SECOND), outage);
    let error = end.unwrap_err();
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Api, 503));
    assert!(attempts.len() > 10 && clock.now() > 58 * SECOND);
}

#[test]
fn condition_is_checked_once_per_poll() {
    let clock = Clock::default();
    let checks = Arc::new(Mutex::new(0));
    let counter = checks.clone();
    // True at the third check only.
    let is_third = move |_: &VerificationSession| {
        let mut checks = counter.lock().unwrap();
        *checks += 1;
        *checks == 3
    };
    let config = config();
    let call = config.verification_sessions().retrieve("vs_1").wait_until(is_third, 60 * SECOND);
    let (end, attempts) = clock.run(call, |_| (Duration::ZERO, Ok(reply(200, &[], PROCESSING))));
    assert!(end.is_ok());
    assert_eq!((attempts.len(), *checks.lock().unwrap()), (3, 3));
}

#[test]
fn wait_until_of_a_missing_session_ends_at_once() {
    let clock = Clock::default();
    let (end, attempts) = clock.run(wait(&config(), 60 * SECOND), |_| (Duration::ZERO, Ok(reply(404, &[], ""))));
    assert_eq!((end.unwrap_err().kind(), attempts.len()), (ErrorKind::InvalidRequest, 1));
}

#[test]
fn shorter_of_deadline_and_time_limit_counts() {
    let clock = Clock::default();
    let call = wait(&config(), 600 * SECOND).deadline(10 * SECOND);
    let (end, _) = clock.run(call, |_| (Duration::ZERO, Ok(reply(200, &[], PROCESSING))));
    assert_eq!(end.unwrap_err().kind(), ErrorKind::WaitTimedOut);
    assert!(clock.now() <= 10 * SECOND);
}

/// A transport for tests may return from a wait at once, and have a clock that stands still.
#[test]
fn wait_counts_in_full_if_the_clock_stands_still() {
    let mut waits = Vec::new();
    let mut step = wait(&config(), 8 * SECOND).start();
    let error = loop {
        step = match step {
            Step::Send(_, sent) => sent.reply(Ok(reply(200, &[], PROCESSING)), Duration::ZERO),
            Step::Wait(duration, waiting) => {
                waits.push(duration);
                waiting.resume(Duration::ZERO)
            }
            Step::Done(end) => break end.unwrap_err(),
        };
    };
    assert_eq!((error.kind(), waits), (ErrorKind::WaitTimedOut, vec![SECOND, 2 * SECOND, 4 * SECOND]));
}

#[test]
fn zero_duration_is_refused_before_anything_is_sent() {
    let retrieve = || config().verification_sessions().retrieve("vs_1");
    let none = Duration::ZERO;
    for call in [retrieve().attempt_timeout(none), retrieve().deadline(none), retrieve().wait_until(|_| true, none)] {
        let Step::Done(Err(error)) = call.start() else { panic!("it is done") };
        assert_eq!((error.kind(), error.attempts(), error.was_sent()), (ErrorKind::InvalidInput, 0, false));
    }
    let clock = Clock::default();
    let call = wait(&config(), Duration::from_nanos(1));
    let (end, attempts) = clock.run(call, |_| (Duration::ZERO, Ok(reply(200, &[], VERIFIED))));
    assert_eq!((end.is_ok(), attempts.len()), (true, 1));
}

#[derive(Debug)]
struct SlowTransport;

impl BlockingHttpTransport for SlowTransport {
    fn send(&self, _: Request<Bytes>) -> Outcome {
        std::thread::sleep(Duration::from_millis(1600));
        Err(Kind::Interrupted.into())
    }

    fn sleep(&self, _: Duration) {
        panic!("it waits, although half a second would end after the deadline");
    }
}

#[test]
fn deadline_of_a_transport_without_a_clock_follows_the_system_clock() {
    let client = BlockingClient::new(config(), SlowTransport);
    let sessions = client.verification_sessions();
    let error = sessions.create(CreateVerificationSession::document()).deadline(2 * SECOND).send().unwrap_err();
    assert_eq!((error.transport().unwrap().kind(), error.attempts()), (Kind::Interrupted, 1));
}

/// A transport whose attempts take ten seconds, and whose clock is set back during the first attempt.
#[derive(Debug, Default)]
struct SetBack(Mutex<(u32, Duration)>);

impl BlockingHttpTransport for SetBack {
    fn send(&self, _: Request<Bytes>) -> Outcome {
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        state.1 = if state.0 == 1 { Duration::ZERO } else { state.1 + 10 * SECOND };
        Err(Kind::Interrupted.into())
    }

    fn sleep(&self, duration: Duration) {
        self.0.lock().unwrap().1 += duration;
    }

    fn now(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}

#[test]
fn clock_that_is_set_back_loses_one_attempt_and_not_the_deadline() {
    let transport = SetBack(Mutex::new((0, 1000 * SECOND)));
    let client = BlockingClient::new(config(), transport);
    let sessions = client.verification_sessions();
    let call = sessions.create(CreateVerificationSession::document()).max_retries(9).deadline(25 * SECOND);
    // The first attempt counts as no time, each other attempt as ten seconds.
    assert_eq!(call.send().unwrap_err().attempts(), 4);
}
