#[cfg(test)]
mod exhaustive;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::uri::Authority;
use tracing::Span;

use crate::attempt::{self, Attempt};
use crate::config::Config;
use crate::endpoint::FromResponse;
use crate::error::{Error, ErrorKind};
use crate::headers::IDEMPOTENCY_KEY;
use crate::response::{Meta, Response};
use crate::retry::{Failure, GiveUpReason, Jitter, PollUntil, RetryDecision, RetryPolicy};
use crate::transport::{AttemptTimeout, TransportError};

/// The next step of a call.
///
/// [`Call::start`](crate::Call::start) returns the first step. Every policy (headers, idempotency,
/// retries, errors) is behind these three variants: the clients only send and wait, and a loop over any
/// HTTP library can do the same. The state machine reads no clock. The caller passes the time since the
/// call was started.
///
/// The loop takes the place of a transport, so it keeps to the
/// [contract of one](crate::HttpTransport#contract): the request has its timeout in an
/// [`AttemptTimeout`], any status is `Ok`, redirects are not followed, and a failure has the kind that
/// fits.
///
/// ```
/// use std::time::Instant;
///
/// use stripe_identity_core::{Config, Error, Response, Step};
/// use stripe_identity_core::types::VerificationSession;
/// # use stripe_identity_core::{bytes::Bytes, http, TransportError};
/// # fn my_http(_: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
/// #     Ok(http::Response::new(Bytes::from_static(br#"{"id": "vs_123"}"#)))
/// # }
///
/// /// `my_http` sends one request over an HTTP library.
/// fn retrieve(config: &Config) -> Result<Response<VerificationSession>, Error> {
///     let mut step = config.verification_sessions().retrieve("vs_123").start();
///     let start = Instant::now();
///     loop {
///         step = match step {
///             Step::Send(request, sent) => sent.reply(my_http(request), start.elapsed()),
///             Step::Wait(duration, waiting) => {
///                 std::thread::sleep(duration);
///                 waiting.resume(start.elapsed())
///             }
///             Step::Done(result) => return result,
///         };
///     }
/// }
/// # assert_eq!(retrieve(&Config::new("sk_test_123")?)?.id, "vs_123");
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a call makes progress only if its steps are taken"]
#[allow(clippy::exhaustive_enums, reason = "a loop must handle every step, so a new one breaks it in any case")]
pub enum Step<T> {
    /// Send this request, then continue with [`SentCall::reply`].
    Send(http::Request<Bytes>, SentCall<T>),
    /// Wait this long, then continue with [`WaitingCall::resume`].
    Wait(Duration, WaitingCall<T>),
    /// The call is over, with this result.
    Done(Result<Response<T>, Error>),
}

/// A call whose request is to be sent. [`Step::Send`] has one.
///
/// [`Step`] shows the loop that drives a call.
#[must_use = "a call makes progress only if its reply is handed in"]
#[cfg_attr(test, derive(Clone))]
pub struct SentCall<T> {
    state: Box<CallState<T>>,
}

/// A call that waits before its next attempt. [`Step::Wait`] has one.
///
/// [`Step`] shows the loop that drives a call.
#[must_use = "a call makes progress only if it is resumed"]
pub struct WaitingCall<T> {
    state: Box<CallState<T>>,
    /// The error of the call if no time is left for another attempt.
    last_error: Error,
    wait: Duration,
}

/// How long Stripe keeps an idempotency key, at least. After that, a retry may take effect again.
const KEY_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// The latest time after the start of a call at which an attempt with a key may begin, so that it
/// arrives in time.
const LAST_ATTEMPT: Duration = Duration::from_secs(24 * 3600 - 600);

/// The state of a call: its request, its limits, and its progress.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct CallState<T> {
    request: http::Request<Bytes>,
    /// The path, with `{name}` for the segment that is an id.
    path_template: &'static str,
    config: Config,
    policy: RetryPolicy,
    attempt_timeout: Duration,
    /// How long all attempts and waits may take together.
    deadline: Option<Duration>,
    poll: Option<PollUntil<T>>,
    progress: Progress,
    span: Span,
}

#[derive(Default)]
#[cfg_attr(test, derive(Clone, PartialEq, Eq, PartialOrd, Ord))]
struct Progress {
    /// How long the call has taken until `last_tick`.
    elapsed: Duration,
    /// The last time that the caller passed.
    last_tick: Duration,
    attempts: u32,
    /// Whether any attempt may have reached the server.
    was_sent: bool,
}

impl Progress {
    /// Advances to the caller's present time, by at least `at_least`. Returns by how much.
    ///
    /// The differences are added up, so that a clock that is set back loses no more than one of them.
    /// `at_least` makes a wait count in full even if a transport for tests returns from it at once.
    fn advance(&mut self, now: Duration, at_least: Duration) -> Duration {
        let passed = now.saturating_sub(self.last_tick).max(at_least);
        self.elapsed = self.elapsed.saturating_add(passed);
        self.last_tick = now;
        passed
    }
}

impl<T> CallState<T> {
    pub(crate) fn boxed(
        request: http::Request<Bytes>,
        path_template: &'static str,
        config: Config,
        policy: RetryPolicy,
        attempt_timeout: Duration,
        deadline: Option<Duration>,
        poll: Option<PollUntil<T>>,
    ) -> Box<Self> {
        let progress = Progress::default();
        let span = Span::none();
        Box::new(Self { request, path_template, config, policy, attempt_timeout, deadline, poll, progress, span })
    }

    /// Starts the call. Its time counts from `now`, by the caller's clock.
    pub(crate) fn begin(mut self: Box<Self>, now: Duration) -> Step<T> {
        self.progress.last_tick = now;
        self.span = attempt::span(self.request.method(), self.path_template);
        self.attempt()
    }

    /// Begins an attempt: the same request each time, with whatever timeout is left.
    fn attempt(mut self: Box<Self>) -> Step<T> {
        let key_lives = self.idempotency_key().map(|_| KEY_LIFETIME.saturating_sub(self.progress.elapsed));
        let limits = [Some(self.attempt_timeout), self.time_left(), key_lives];
        let timeout = limits.into_iter().flatten().min().unwrap_or_default();
        self.progress.attempts = self.progress.attempts.saturating_add(1);
        let mut request = self.request.clone();
        request.extensions_mut().insert(AttemptTimeout(timeout));
        Step::Send(request, SentCall { state: self })
    }

    /// Returns how much time is left until the deadline, or `None` if there is no deadline.
    fn time_left(&self) -> Option<Duration> {
        let within = self.poll.as_ref().map(|poll| poll.within);
        let deadline = within.into_iter().chain(self.deadline).min()?;
        Some(deadline.saturating_sub(self.progress.elapsed))
    }

    fn decide(&self, error: &Error) -> RetryDecision {
        let is_poll = self.poll.is_some();
        let failure = Failure {
            attempt: self.progress.attempts,
            is_transient: error.kind() == ErrorKind::WaitTimedOut
                || error.is_transient(is_poll || self.policy.rate_limits),
            retry_after: error.retry_after(),
            time_left: self.time_left(),
        };
        let decision = match &self.poll {
            Some(poll) => poll.decide(failure, self.jitter()),
            None => self.policy.decide(failure, self.jitter()),
        };
        match decision {
            RetryDecision::RetryAfter(wait) if self.key_expires_within(wait) => {
                RetryDecision::GiveUp(GiveUpReason::KeyExpired)
            }
            decision => decision,
        }
    }

    fn jitter(&self) -> Jitter {
        let [low, high, ..] = (self.config.settings().random)().unwrap_or_default().to_le_bytes();
        Jitter(u16::from_le_bytes([low, high]))
    }

    fn read(&self, outcome: Result<http::Response<Bytes>, TransportError>) -> Result<Response<T>, Error>
    where
        T: FromResponse,
    {
        let (attempts, key) = (self.progress.attempts, self.idempotency_key().cloned());
        let meta = match outcome {
            Ok(response) => Meta::new(response, attempts, key),
            Err(failure) => {
                let host = self.request.uri().authority().map(Authority::as_str);
                return Err(Error::no_response(failure, attempts, self.progress.was_sent, key, host));
            }
        };
        if !meta.status().is_success() {
            return Err(Error::from_response(meta));
        }
        match T::decode(&meta) {
            Err(error) => Err(Error::undecodable(meta, error)),
            Ok(model) if self.poll.as_ref().is_none_or(|poll| poll.is_met(&model)) => Ok(Response::new(model, meta)),
            Ok(_) => Err(Error::after_success(ErrorKind::WaitTimedOut, meta)),
        }
    }

    /// Returns whether Stripe may have forgotten the call's key when an attempt arrives that begins
    /// after a wait.
    fn key_expires_within(&self, wait: Duration) -> bool {
        self.idempotency_key().is_some() && self.progress.elapsed.saturating_add(wait) > LAST_ATTEMPT
    }

    fn idempotency_key(&self) -> Option<&HeaderValue> {
        self.request.headers().get(IDEMPOTENCY_KEY)
    }

    /// Reports the attempt to `tracing` and to the hook.
    fn report(&self, elapsed: Duration, result: &Result<Response<T>, Error>, decision: Option<RetryDecision>) {
        let meta = result.as_ref().map_or_else(Error::meta, |response| Some(response.meta()));
        // An unmet condition is not an error while polling continues.
        let is_unmet = matches!(decision, Some(RetryDecision::RetryAfter(_)));
        let attempt = Attempt {
            method: self.request.method(),
            path_template: self.path_template,
            number: self.progress.attempts,
            elapsed,
            status: meta.map(Meta::status),
            request_id: meta.and_then(Meta::request_id),
            error: result.as_ref().err().filter(|error| error.kind() != ErrorKind::WaitTimedOut || !is_unmet),
            decision,
        };
        self.span.in_scope(|| {
            attempt.trace();
            if meta.and_then(Meta::notice).is_some() {
                attempt::trace_notice();
            }
            if let Some(hook) = &self.config.settings().on_attempt {
                hook(&attempt);
            }
        });
    }
}

impl<T> SentCall<T> {
    /// Continues with the outcome of the request. `elapsed` is the time since the call was started, by
    /// a clock that does not go back.
    pub fn reply(self, outcome: Result<http::Response<Bytes>, TransportError>, elapsed: Duration) -> Step<T>
    where
        T: FromResponse,
    {
        let mut state = self.state;
        let attempt_took = state.progress.advance(elapsed, Duration::ZERO);
        state.progress.was_sent |= outcome.as_ref().map_or_else(TransportError::was_sent, |_| true);
        let mut result = state.read(outcome);
        let decision = result.as_ref().err().map(|error| state.decide(error));
        if decision == Some(RetryDecision::GiveUp(GiveUpReason::KeyExpired)) {
            result = result.map_err(Error::with_expired_key);
        }
        state.report(attempt_took, &result, decision);
        match (result, decision) {
            (Err(last_error), Some(RetryDecision::RetryAfter(wait))) => {
                Step::Wait(wait, WaitingCall { state, last_error, wait })
            }
            (result, _) => Step::Done(result),
        }
    }

    /// Returns the span of the call, which the attempt belongs to.
    pub(crate) fn span(&self) -> &Span {
        &self.state.span
    }
}

impl<T> WaitingCall<T> {
    /// Continues after the wait. `elapsed` is the time since the call was started.
    ///
    /// If the wait took longer than asked, and overran the deadline or the life of the idempotency key,
    /// the call ends with the error of its last attempt.
    pub fn resume(mut self, elapsed: Duration) -> Step<T> {
        self.state.progress.advance(elapsed, self.wait);
        if self.state.time_left().is_some_and(|left| left.is_zero()) {
            self.state.span.in_scope(|| attempt::trace_overrun(GiveUpReason::NoTimeLeft));
            return Step::Done(Err(self.last_error));
        }
        if self.state.key_expires_within(Duration::ZERO) {
            self.state.span.in_scope(|| attempt::trace_overrun(GiveUpReason::KeyExpired));
            return Step::Done(Err(self.last_error.with_expired_key()));
        }
        self.state.attempt()
    }
}

impl<T: fmt::Debug> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // `Debug` of the request would show its query and its body.
            Self::Send(request, _) => write!(f, "Send({} …)", request.method()),
            Self::Wait(duration, _) => f.debug_tuple("Wait").field(duration).finish_non_exhaustive(),
            Self::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

impl<T> fmt::Debug for SentCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentCall").field("attempts", &self.state.progress.attempts).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WaitingCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingCall").field("attempts", &self.state.progress.attempts).finish_non_exhaustive()
    }
}
