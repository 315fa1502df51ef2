//! Reports a call while it runs: a `tracing` span for the call, and for each attempt an event and a
//! call of the hook. No event, and no `Debug` of an [`Attempt`], holds a key, a query, a body or a
//! path that a caller wrote.

use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use tracing::Span;

use crate::error::Error;
use crate::error::loggable::LogId;
use crate::retry::{GiveUpReason, RetryDecision};

const TARGET: &str = "stripe_identity";
/// A separate target, so that notices can be filtered out.
const NOTICE_TARGET: &str = "stripe_identity::notice";

/// One attempt of a call: the argument of the hook [`on_attempt`](crate::ConfigBuilder::on_attempt).
///
/// `Debug` is safe to log.
///
/// ```
/// use stripe_identity_core::{Attempt, Config};
///
/// fn log(attempt: &Attempt<'_>) {
///     let status = attempt.status.map_or(0, |status| status.as_u16());
///     println!("{} {}: {status} in {:?}", attempt.method, attempt.path_template, attempt.elapsed);
/// }
///
/// let config = Config::builder("sk_test_123").on_attempt(log).build()?;
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The HTTP method.
    pub method: &'a Method,
    /// The path, with `{name}` for the segment that is an id; `/` for a raw request.
    pub path_template: &'static str,
    /// The number of the attempt within its call. The first is 1.
    pub number: u32,
    /// The duration of the attempt, by the clock of the transport, without waits.
    pub elapsed: Duration,
    /// The HTTP status, or `None` if no response arrived.
    pub status: Option<StatusCode>,
    /// The id that Stripe gave the request, or `None` if no response arrived or it has none.
    pub request_id: Option<&'a str>,
    /// The error of the attempt, or `None` if it did not fail. A poll whose condition is not met yet did not
    /// fail. The error is safe to log; its body and message are available through methods.
    pub error: Option<&'a Error>,
    /// The next step of the call, or `None` if it succeeded. If a wait takes longer than decided and
    /// overruns the deadline, no further attempt is made.
    pub decision: Option<RetryDecision>,
}

pub(crate) fn span(method: &Method, path_template: &'static str) -> Span {
    tracing::info_span!(target: TARGET, "stripe_call", %method, path_template)
}

impl Attempt<'_> {
    /// Emits the event of the attempt, within the span of the call.
    pub(crate) fn trace(&self) {
        let (attempt, elapsed_ms) = (self.number, millis(self.elapsed));
        let status = self.status.map(|status| status.as_u16());
        let request_id = self.request_id.map(|id| tracing::field::display(LogId(id)));
        let (wait_ms, reason) = match self.decision {
            Some(RetryDecision::RetryAfter(wait)) => (Some(millis(wait)), None),
            Some(RetryDecision::GiveUp(reason)) => (None, Some(reason.as_str())),
            None => (None, None),
        };
        match (self.error, wait_ms) {
            (None, None) => {
                tracing::info!(target: TARGET, attempt, status, request_id, elapsed_ms, "response");
            }
            (None, Some(wait_ms)) => {
                tracing::debug!(target: TARGET, attempt, status, request_id, elapsed_ms, wait_ms, "not met yet");
            }
            (Some(error), Some(wait_ms)) => {
                let cause = cause(error);
                tracing::warn!(target: TARGET, attempt, status, request_id, elapsed_ms, wait_ms, %error, cause, "retrying");
            }
            (Some(error), None) => {
                let cause = cause(error);
                tracing::warn!(target: TARGET, attempt, status, request_id, elapsed_ms, reason, %error, cause, "failed");
            }
        }
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("method", self.method)
            .field("path_template", &self.path_template)
            .field("number", &self.number)
            .field("elapsed", &self.elapsed)
            .field("status", &self.status.map(|status| status.as_u16()))
            .field("request_id", &self.request_id.map(LogId))
            .field("error", &self.error)
            .field("decision", &self.decision)
            .finish()
    }
}

/// Returns the kind of the transport's failure. Its source is left out, since another crate wrote it.
fn cause(error: &Error) -> Option<tracing::field::DebugValue<crate::TransportErrorKind>> {
    error.transport().map(|error| tracing::field::debug(error.kind()))
}

/// Emits the event of a call that ends after a wait.
pub(crate) fn trace_overrun(reason: GiveUpReason) {
    tracing::warn!(target: TARGET, reason = reason.as_str(), "failed: the wait took too long");
}

pub(crate) fn trace_notice() {
    tracing::warn!(target: NOTICE_TARGET, "Stripe sent a notice: see `Meta::notice`");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
