use std::time::Duration;

use bytes::Bytes;
use stripe_identity_types::VerificationSession;

use super::alphabet::Reply;
use super::{History, KEY_LIFETIME, Setting, State};
use crate::step::Step;
use crate::{AttemptTimeout, Error, ErrorKind, Meta, Response, TransportError};

/// All attempts of a call have the same method, URL, headers, key and bytes.
pub(super) fn all_attempts_are_the_same_but_for_their_time(first: &http::Request<Bytes>, other: &http::Request<Bytes>) {
    assert_eq!((first.method(), first.uri(), first.version()), (other.method(), other.uri(), other.version()));
    assert_eq!((first.headers(), first.body()), (other.headers(), other.body()));
}

/// A call makes at most `max_retries + 1` attempts.
pub(super) fn there_are_never_more_attempts_than_allowed(setting: &Setting, history: &History) {
    assert!(history.attempts <= setting.max_retries + 1, "{history:?} {setting:?}");
}

/// No attempt but the first begins at the deadline or after it.
pub(super) fn no_attempt_but_the_first_begins_after_the_deadline(setting: &Setting, history: &History) {
    let is_in_time = setting.deadline.is_none_or(|deadline| history.began < deadline);
    assert!(history.attempts == 1 || is_in_time, "{history:?} {setting:?}");
}

/// An attempt gets its timeout, or the time left until the deadline or until the key expires, if that is less.
pub(super) fn no_attempt_gets_more_time_than_there_is(setting: &Setting, state: &State) {
    let left_of = |time: Duration| time.saturating_sub(state.history.began);
    let until_the_deadline = setting.deadline.map_or(Duration::MAX, left_of);
    let while_the_key_lives = if setting.has_key() { left_of(KEY_LIFETIME) } else { Duration::MAX };
    let timeout = state.request.extensions().get::<AttemptTimeout>().map(|timeout| timeout.0);
    let expected = setting.attempt_timeout.min(until_the_deadline).min(while_the_key_lives);
    assert_eq!(timeout, Some(expected), "{:?} {setting:?}", state.history);
}

/// If a wait takes far longer than asked, no attempt begins at the deadline or after it.
pub(super) fn a_wait_that_takes_too_long_leads_to_no_attempt_after_the_deadline(
    setting: &Setting,
    state: &State,
    woken: Duration,
    step: Step<VerificationSession>,
) {
    let is_late = setting.deadline.is_some_and(|deadline| woken >= deadline);
    match step {
        Step::Send(..) => assert!(!is_late, "{:?} {setting:?}", state.history),
        Step::Done(Err(error)) => {
            assert!(is_late, "{error:?} {:?} {setting:?}", state.history);
            assert_eq!(error.attempts(), state.history.attempts);
        }
        step => panic!("neither an attempt nor an error: {step:?}"),
    }
}

/// A call ends with the first success, or with an error that describes the last attempt and has a reason.
pub(super) fn check_end(
    setting: &Setting,
    state: &State,
    reply: &Reply,
    end: &Result<Response<VerificationSession>, Error>,
) {
    match end {
        Ok(session) => a_success_is_the_last_reply(state, reply, session),
        Err(error) => {
            assert!(!reply.is_success(), "a success is returned at once: {}", reply.name);
            the_error_describes_the_last_attempt(setting, state, reply, error);
            was_sent_is_false_only_if_no_attempt_can_have_reached_the_server(state, reply, error);
            a_call_gives_up_only_for_a_reason(setting, state, reply);
        }
    }
}

/// A success is the reply of the last attempt, and is returned only if that reply is one.
fn a_success_is_the_last_reply(state: &State, reply: &Reply, session: &Response<VerificationSession>) {
    assert!(reply.is_success(), "{}", reply.name);
    assert_eq!((session.id.as_str(), Some(session.meta().status().as_u16())), ("vs_1", reply.status()));
    assert_eq!((session.meta().attempts(), session.meta().request_id()), (state.history.attempts, Some("req_1")));
    assert_eq!(session.meta().idempotency_key(), key(state));
}

/// The error has the status, the request id and the kind of the last attempt, the number of attempts, and the key
/// of the call.
fn the_error_describes_the_last_attempt(setting: &Setting, state: &State, reply: &Reply, error: &Error) {
    let name = &reply.name;
    assert_eq!(error.status().map(|status| status.as_u16()), reply.status(), "{name}");
    assert_eq!(error.transport().map(TransportError::kind), reply.failure(), "{name}");
    assert_eq!(error.kind() == ErrorKind::Transport, reply.failure().is_some(), "{name}");
    assert_eq!(error.kind() == ErrorKind::Decode, matches!(reply.status(), Some(200..=299)), "{name}");
    assert_eq!(error.request_id(), reply.status().map(|_| "req_1"), "{name}");
    assert_eq!((error.attempts(), error.idempotency_key()), (state.history.attempts, key(state)), "{name}");
    assert!(error.meta().is_some_and(Meta::is_replayed) || !reply.is_stored(setting), "{name}");
    assert_eq!(
        error.to_string().contains("use a new key"),
        reply.is_stored(setting) && !error.is_retryable(),
        "{name}"
    );
    let patient = Setting { retry_rate_limits: true, ..setting.clone() };
    assert_eq!(error.is_retryable(), reply.may_be_repeated(&patient), "{name} {setting:?}");
}

/// `was_sent` is `false` only if no attempt of the call can have reached the server, and `true` if one can.
fn was_sent_is_false_only_if_no_attempt_can_have_reached_the_server(state: &State, reply: &Reply, error: &Error) {
    assert_eq!(error.was_sent(), state.history.reached || reply.may_have_reached_the_server(), "{}", reply.name);
}

/// A call gives up only if the reply is final, no retries are left, or no time is left for another attempt.
fn a_call_gives_up_only_for_a_reason(setting: &Setting, state: &State, reply: &Reply) {
    let is_final = !reply.may_be_repeated(setting);
    let is_out_of_retries = state.history.attempts > setting.max_retries;
    let end_of_wait = state.history.began + reply.takes + expected_wait(setting, state, reply);
    let is_out_of_time = setting.deadline.is_some_and(|deadline| end_of_wait >= deadline);
    assert!(is_final || is_out_of_retries || is_out_of_time, "{} {:?} {setting:?}", reply.name, state.history);
}

/// A call makes another attempt only after a reply that is not final, with retries left, and after a wait within
/// its bounds.
pub(super) fn check_retry(setting: &Setting, state: &State, reply: &Reply, wait: Duration) {
    assert!(!reply.is_success(), "a success is returned at once: {}", reply.name);
    a_final_reply_is_never_retried(setting, reply);
    assert!(state.history.attempts <= setting.max_retries, "{} {:?}", reply.name, state.history);
    each_wait_is_within_its_bounds(setting, state, reply, wait);
}

/// No retry follows a reply that the server marks as final (`Stripe-Should-Retry: false`, or a failure that is
/// stored under the key without `Stripe-Should-Retry: true`), or a failure that another attempt would repeat.
fn a_final_reply_is_never_retried(setting: &Setting, reply: &Reply) {
    assert_ne!(reply.should_retry(), Some(false), "{}", reply.name);
    assert!(!reply.is_stored(setting) || reply.should_retry() == Some(true), "{}", reply.name);
    assert!(reply.may_be_repeated(setting), "{} {setting:?}", reply.name);
}

/// Each wait is within its bounds: 0.5 s, doubled with each attempt, up to 5 s, less up to half of it at random but
/// not less than 0.5 s; or the wait that the server asks for, up to a minute, if that is longer.
fn each_wait_is_within_its_bounds(setting: &Setting, state: &State, reply: &Reply, wait: Duration) {
    assert_eq!(wait, expected_wait(setting, state, reply), "{} {:?} {setting:?}", reply.name, state.history);
}

/// Returns the longest or the shortest wait, depending on the random source of the setting.
fn expected_wait(setting: &Setting, state: &State, reply: &Reply) -> Duration {
    let longest = [500, 1000, 2000, 4000][state.history.attempts as usize - 1];
    let millis = if setting.random == 0 { longest } else { (longest / 2).max(500) };
    let asked = reply.retry_after().unwrap_or_default().min(Duration::from_secs(60));
    Duration::from_millis(millis).max(asked)
}

fn key(state: &State) -> Option<&str> {
    state.request.headers().get("idempotency-key").map(|key| key.to_str().unwrap())
}
