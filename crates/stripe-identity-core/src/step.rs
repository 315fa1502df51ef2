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
use crate::decode::FromResponse;
use crate::error::Error;
use crate::error_kind::ErrorKind;
use crate::headers::{self, IDEMPOTENCY_KEY};
use crate::response::Response;
use crate::retry::RetryPolicy;
use crate::transport::{AttemptTimeout, TransportError};
use crate::until::Until;

/// What is next in a call.
///
/// Every policy (headers, idempotency, retries, errors) is behind these three; the clients only send and wait. So can
/// you, with whatever sends your bytes:
///
/// ```
/// use stripe_identity_core::{Config, Error, Response, Step};
/// use stripe_identity_core::types::VerificationSession;
/// # use stripe_identity_core::{bytes::Bytes, http, TransportError};
/// # fn my_http(_: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
/// #     Ok(http::Response::new(Bytes::from_static(br#"{"id": "vs_123"}"#)))
/// # }
///
/// fn retrieve(config: &Config) -> Result<Response<VerificationSession>, Error> {
///     let mut step = config.verification_sessions().retrieve("vs_123").start();
///     loop {
///         step = match step {
///             Step::Send(request, sent) => sent.reply(my_http(request)),
///             Step::Wait(duration, waiting) => {
///                 std::thread::sleep(duration);
///                 waiting.resume()
///             }
///             Step::Done(result) => return result,
///         };
///     }
/// }
/// # assert_eq!(retrieve(&Config::new("sk_test_123")?)?.id, "vs_123");
/// # Ok::<(), Error>(())
/// ```
#[must_use = "a call goes on only if its steps are taken"]
pub enum Step<T> {
    /// Send this request, and go on with [`SentCall::reply`].
    Send(http::Request<Bytes>, SentCall<T>),
    /// Wait that long, and go on with [`WaitingCall::resume`].
    Wait(Duration, WaitingCall<T>),
    /// The call has come to its end.
    Done(Result<Response<T>, Error>),
}

/// A call whose request is on its way.
#[must_use = "a call goes on only if its reply is handed in"]
#[cfg_attr(test, derive(Clone))]
pub struct SentCall<T> {
    plan: Box<Plan<T>>,
}

/// A call that waits before its next attempt.
#[must_use = "a call goes on only if it is resumed"]
pub struct WaitingCall<T> {
    plan: Box<Plan<T>>,
    /// What the call ends with if there is no time left for another attempt.
    last: Error,
    wait: Duration,
}

/// How long Stripe keeps an idempotency key, at least. Later, the same key makes the same thing once more.
const KEY_LIFETIME: Duration = Duration::from_secs(24 * 3600);
/// How long after a call's beginning an attempt may begin under its key, so that it has some time to arrive.
const LAST_BEGINNING: Duration = Duration::from_secs(24 * 3600 - 600);

/// A request, how often and how long it may be sent, and what became of it so far.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Plan<T> {
    pub(crate) request: http::Request<Bytes>,
    /// The path, with `{name}` for the segment that is an id.
    pub(crate) endpoint: &'static str,
    pub(crate) config: Config,
    pub(crate) policy: RetryPolicy,
    pub(crate) attempt_timeout: Duration,
    /// How long all attempts and waits may take together.
    pub(crate) deadline: Option<Duration>,
    pub(crate) until: Option<Until<T>>,
    progress: Progress,
    span: Span,
}

#[derive(Default)]
#[cfg_attr(test, derive(Clone, PartialEq, Eq, PartialOrd, Ord))]
struct Progress {
    /// How long the call has taken, up to some moment.
    taken: Duration,
    up_to: Duration,
    attempts: u32,
    /// Whether any attempt may have reached the server.
    sent: bool,
}

impl Progress {
    /// Time has passed until now. By the clock it may be less than it must have been, where a transport of a test only
    /// pretends to wait.
    fn pass(&mut self, now: Duration, at_least: Duration) -> Duration {
        let passed = now.saturating_sub(self.up_to).max(at_least);
        self.taken = self.taken.saturating_add(passed);
        self.up_to = now;
        passed
    }
}

impl<T> Plan<T> {
    pub(crate) fn new(request: http::Request<Bytes>, endpoint: &'static str, config: Config) -> Self {
        let settings = config.settings();
        Self {
            policy: settings.retry_policy,
            attempt_timeout: settings.timeout,
            deadline: settings.deadline,
            until: None,
            progress: Progress::default(),
            span: Span::none(),
            request,
            endpoint,
            config,
        }
    }

    /// From here on the time counts.
    pub(crate) fn begin(mut self) -> Step<T> {
        self.span = attempt::span(self.request.method(), self.endpoint);
        self.progress.up_to = self.config.now();
        Box::new(self).attempt()
    }

    /// The same request each time: same key, same bytes, same headers. Only the time that it may take shrinks.
    fn attempt(mut self: Box<Self>) -> Step<T> {
        let key_lives = self.idempotency_key().map(|_| KEY_LIFETIME.saturating_sub(self.progress.taken));
        let limits = [Some(self.attempt_timeout), self.time_left(), key_lives];
        let timeout = limits.into_iter().flatten().min().unwrap_or_default();
        self.progress.attempts = self.progress.attempts.saturating_add(1);
        let mut request = self.request.clone();
        request.extensions_mut().insert(AttemptTimeout(timeout));
        Step::Send(request, SentCall { plan: self })
    }

    /// `None` if there is no deadline.
    fn time_left(&self) -> Option<Duration> {
        let within = self.until.as_ref().map(|until| until.within);
        let deadline = within.into_iter().chain(self.deadline).min()?;
        Some(deadline.saturating_sub(self.progress.taken))
    }

    /// How long to wait before the request is sent again; `None` if it is not.
    fn wait_after(&self, error: &Error) -> Option<Duration> {
        let (left, random) = (self.time_left(), self.random());
        let Some(until) = &self.until else {
            let wait = self.policy.wait_before(self.progress.attempts, error, random)?;
            return left.is_none_or(|left| wait < left).then_some(wait);
        };
        // Whoever waits for days outlasts every failure that may mend.
        let may_mend = error.kind() == ErrorKind::NotYet || error.is_worth_repeating(true);
        let asked = if may_mend { error.retry_after().unwrap_or_default() } else { return None };
        until.wait_after(self.progress.attempts, left.unwrap_or_default(), random, asked)
    }

    fn random(&self) -> u16 {
        let [low, high, ..] = (self.config.settings().random)().unwrap_or_default().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    fn read(&self, outcome: Result<http::Response<Bytes>, TransportError>) -> Result<Response<T>, Error>
    where
        T: FromResponse,
    {
        let (attempts, key) = (self.progress.attempts, self.idempotency_key());
        let response = outcome.map_err(|error| {
            let host = self.request.uri().authority().map(Authority::as_str);
            Error::transport_failure(error, attempts, self.progress.sent).at_host(host)
        })?;
        if !response.status().is_success() {
            return Err(Error::refusal(response, attempts));
        }
        let response = match T::from_response(&response) {
            Ok(model) => Response::new(model, response, attempts, key),
            Err(error) => return Err(Error::undecodable(response, error, attempts)),
        };
        match &self.until {
            Some(until) if !until.is_met(&response) => Err(Error::in_spite_of(&response, ErrorKind::NotYet)),
            _ => Ok(response),
        }
    }

    /// Whether Stripe may no longer know the call's key when an attempt arrives that begins after a wait.
    fn has_expired_key(&self, wait: Duration) -> bool {
        self.idempotency_key().is_some() && self.progress.taken.saturating_add(wait) > LAST_BEGINNING
    }

    fn idempotency_key(&self) -> Option<&HeaderValue> {
        self.request.headers().get(IDEMPOTENCY_KEY)
    }

    fn tell(&self, elapsed: Duration, result: &Result<Response<T>, Error>, wait: Option<Duration>) {
        let (status, headers) = match result {
            Ok(response) => (Some(response.status()), Some(response.headers())),
            Err(error) => (error.status(), error.headers()),
        };
        let attempt = Attempt {
            method: self.request.method(),
            endpoint: self.endpoint,
            number: self.progress.attempts,
            elapsed,
            status,
            request_id: headers.and_then(headers::request_id),
            // To look again is no failure.
            error: result.as_ref().err().filter(|error| error.kind() != ErrorKind::NotYet || wait.is_none()),
            wait,
        };
        self.span.in_scope(|| {
            attempt.trace();
            if headers.and_then(headers::notice).is_some() {
                attempt::trace_notice();
            }
            if let Some(hook) = &self.config.settings().on_attempt {
                hook(&attempt);
            }
        });
    }
}

impl<T> SentCall<T> {
    /// Goes on with what came back.
    pub fn reply(self, outcome: Result<http::Response<Bytes>, TransportError>) -> Step<T>
    where
        T: FromResponse,
    {
        let mut plan = self.plan;
        let elapsed = plan.progress.pass(plan.config.now(), Duration::ZERO);
        plan.progress.sent |= outcome.as_ref().map_or_else(TransportError::was_sent, |_| true);
        let mut result = plan.read(outcome).map_err(|error| error.under_key(plan.idempotency_key()));
        let mut wait = result.as_ref().err().and_then(|error| plan.wait_after(error));
        if wait.is_some_and(|wait| plan.has_expired_key(wait)) {
            wait = None;
            result = result.map_err(Error::with_expired_key);
        }
        plan.tell(elapsed, &result, wait);
        match (result, wait) {
            (Err(last), Some(wait)) => Step::Wait(wait, WaitingCall { plan, last, wait }),
            (result, _) => Step::Done(result),
        }
    }

    /// What happens while the request is on its way happens in here.
    pub(crate) fn span(&self) -> &Span {
        &self.plan.span
    }
}

impl<T> WaitingCall<T> {
    /// Goes on with the next attempt, once the wait is over; or ends, if it took so long that no time is left for one.
    pub fn resume(mut self) -> Step<T> {
        self.plan.progress.pass(self.plan.config.now(), self.wait);
        if self.plan.time_left().is_some_and(|left| left.is_zero()) {
            self.plan.span.in_scope(attempt::trace_no_time_left);
            return Step::Done(Err(self.last));
        }
        if self.plan.has_expired_key(Duration::ZERO) {
            self.plan.span.in_scope(attempt::trace_expired_key);
            return Step::Done(Err(self.last.with_expired_key()));
        }
        self.plan.attempt()
    }
}

impl<T: fmt::Debug> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The request's own Debug would show its query and its body.
            Self::Send(request, _) => write!(f, "Send({} …)", request.method()),
            Self::Wait(duration, _) => f.debug_tuple("Wait").field(duration).finish_non_exhaustive(),
            Self::Done(result) => f.debug_tuple("Done").field(result).finish(),
        }
    }
}

impl<T> fmt::Debug for SentCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentCall").field("attempts", &self.plan.progress.attempts).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WaitingCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingCall").field("attempts", &self.plan.progress.attempts).finish_non_exhaustive()
    }
}
