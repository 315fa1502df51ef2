use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use tracing::Span;

use crate::attempt::{self, Attempt};
use crate::config::Config;
use crate::decode::FromResponse;
use crate::error::Error;
use crate::headers;
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
pub struct SentCall<T> {
    plan: Box<Plan<T>>,
}

/// A call that waits before its next attempt.
#[must_use = "a call goes on only if it is resumed"]
pub struct WaitingCall<T> {
    plan: Box<Plan<T>>,
    /// What the call ends with if there is no time left for another attempt.
    last: Box<Result<Response<T>, Error>>,
}

/// A request, how often and how long it may be sent, and what became of it so far.
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
struct Progress {
    /// When the call and its last attempt began.
    call_began: Duration,
    attempt_began: Duration,
    attempts: u32,
    /// Attempts since the last success, of which a call that waits for something may have many.
    failures: u32,
    looks: u32,
    /// Whether any attempt may have reached the server.
    sent: bool,
}

impl<T> Plan<T> {
    pub(crate) fn new(request: http::Request<Bytes>, endpoint: &'static str, config: Config) -> Self {
        let settings = config.settings();
        Self {
            span: attempt::span(request.method(), endpoint),
            policy: settings.retry_policy,
            attempt_timeout: settings.timeout,
            deadline: settings.deadline,
            until: None,
            progress: Progress { call_began: config.now(), ..Progress::default() },
            request,
            endpoint,
            config,
        }
    }

    pub(crate) fn begin(self) -> Step<T> {
        Box::new(self).attempt()
    }

    /// The same request each time: same key, same bytes, same headers. Only the time that it may take shrinks.
    fn attempt(mut self: Box<Self>) -> Step<T> {
        let timeout = self.time_left().map_or(self.attempt_timeout, |left| left.min(self.attempt_timeout));
        self.progress.attempts = self.progress.attempts.saturating_add(1);
        self.progress.attempt_began = self.config.now();
        let mut request = self.request.clone();
        request.extensions_mut().insert(AttemptTimeout(timeout));
        Step::Send(request, SentCall { plan: self })
    }

    /// `None` if there is no deadline.
    fn time_left(&self) -> Option<Duration> {
        let within = self.until.as_ref().map(|until| until.within);
        let deadline = within.into_iter().chain(self.deadline).min()?;
        Some(deadline.saturating_sub(self.config.now().saturating_sub(self.progress.call_began)))
    }

    /// How long to wait before the request is sent again, in spite of this or because of it. `None` if it is not.
    fn wait_after(&self, result: &Result<Response<T>, Error>) -> Option<Duration> {
        let left = self.time_left();
        match (result, &self.until) {
            (Err(error), _) => {
                let wait = self.policy.wait_before(self.progress.failures, error, self.random())?;
                (left.is_none_or(|left| wait < left)).then_some(wait)
            }
            (Ok(response), Some(until)) if !until.is_met(response) => {
                until.wait_after(self.progress.looks, left.unwrap_or_default(), self.random())
            }
            (Ok(_), _) => None,
        }
    }

    fn random(&self) -> u16 {
        let [low, high, ..] = (self.config.settings().random)().unwrap_or_default().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    fn read(&self, outcome: Result<http::Response<Bytes>, TransportError>) -> Result<Response<T>, Error>
    where
        T: FromResponse,
    {
        let attempts = self.progress.attempts;
        let response = outcome.map_err(|error| Error::transport_failure(error, attempts, self.progress.sent))?;
        if !response.status().is_success() {
            return Err(Error::refusal(response, attempts));
        }
        match T::from_response(&response) {
            Ok(model) => Ok(Response::new(model, response)),
            Err(error) => Err(Error::undecodable(response, error, attempts)),
        }
    }

    /// What a call that sends nothing more has come to.
    fn end(&self, last: Result<Response<T>, Error>) -> Step<T> {
        let response = match last {
            Ok(response) => response,
            error => return Step::Done(error),
        };
        match &self.until {
            Some(until) if !until.is_met(&response) => {
                Step::Done(Err(Error::not_yet(response.into_http(), self.progress.attempts)))
            }
            _ => Step::Done(Ok(response)),
        }
    }

    fn tell(&self, result: &Result<Response<T>, Error>, wait: Option<Duration>) {
        let (status, headers) = match result {
            Ok(response) => (Some(response.status()), Some(response.headers())),
            Err(error) => (error.status(), error.headers()),
        };
        let attempt = Attempt {
            method: self.request.method(),
            endpoint: self.endpoint,
            number: self.progress.attempts,
            elapsed: self.config.now().saturating_sub(self.progress.attempt_began),
            status,
            request_id: headers.and_then(headers::request_id),
            error: result.as_ref().err(),
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
        plan.progress.sent |= outcome.as_ref().map_or_else(TransportError::was_sent, |_| true);
        let result = plan.read(outcome);
        if result.is_ok() {
            plan.progress.failures = 0;
            plan.progress.looks = plan.progress.looks.saturating_add(1);
        } else {
            plan.progress.failures = plan.progress.failures.saturating_add(1);
        }
        let wait = plan.wait_after(&result);
        plan.tell(&result, wait);
        match wait {
            Some(duration) => Step::Wait(duration, WaitingCall { plan, last: Box::new(result) }),
            None => plan.end(result),
        }
    }

    /// What happens while the request is on its way happens in here.
    pub(crate) fn span(&self) -> &Span {
        &self.plan.span
    }
}

impl<T> WaitingCall<T> {
    /// Goes on with the next attempt, once the wait is over; or ends, if it took so long that no time is left for one.
    pub fn resume(self) -> Step<T> {
        if self.plan.time_left().is_some_and(|left| left.is_zero()) {
            return self.plan.end(*self.last);
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
