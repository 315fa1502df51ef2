//! What can be seen of a call from outside while it runs: a span for the call and an event for each attempt, through
//! `tracing` and through a hook. No event, and no `Debug` of what the hook is given, holds a key, a query, a body or a path that
//! a caller wrote.

use std::fmt;
use std::time::Duration;

use http::{Method, StatusCode};
use tracing::Span;

use crate::error::Error;
use crate::shown::Token;

const TARGET: &str = "stripe_identity";
/// Of its own, so that it can be silenced alone.
const NOTICE_TARGET: &str = "stripe_identity::notice";

/// One attempt of a call, just over, as [`Config::on_attempt`](crate::Config::on_attempt) is told of it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, with `{name}` for the segment that is an id; `/` for a raw request.
    pub endpoint: &'static str,
    /// Which attempt of the call it was; the first is number 1.
    pub number: u32,
    /// How long it took, by the [clock](crate::Config::clock) of the settings.
    pub elapsed: Duration,
    /// The HTTP status, if a response came.
    pub status: Option<StatusCode>,
    /// The id that Stripe gave to the request.
    pub request_id: Option<&'a str>,
    /// Why it failed, if it did. It shows nothing by itself, and gives the body and Stripe's message to who asks for them.
    pub error: Option<&'a Error>,
    /// How long the call waits before its next attempt; `None` if this was the last. Where the wait took so much longer that
    /// no time is left, there is no next attempt after all.
    pub wait: Option<Duration>,
}

pub(crate) fn span(method: &Method, endpoint: &'static str) -> Span {
    tracing::info_span!(target: TARGET, "stripe_call", %method, endpoint)
}

impl Attempt<'_> {
    /// To be called in the span of the call.
    pub(crate) fn trace(&self) {
        let (attempt, elapsed_ms) = (self.number, millis(self.elapsed));
        let status = self.status.map(|status| status.as_u16());
        let request_id = self.request_id.map(|id| tracing::field::display(Token(id)));
        match (self.error, self.wait.map(millis)) {
            (None, None) => {
                tracing::info!(target: TARGET, attempt, status, request_id, elapsed_ms, "answered");
            }
            (None, Some(wait_ms)) => {
                tracing::debug!(target: TARGET, attempt, status, request_id, elapsed_ms, wait_ms, "not yet");
            }
            (Some(error), Some(wait_ms)) => {
                let cause = cause(error);
                tracing::warn!(target: TARGET, attempt, status, request_id, elapsed_ms, wait_ms, %error, cause, "trying again");
            }
            (Some(error), None) => {
                let cause = cause(error);
                tracing::warn!(target: TARGET, attempt, status, request_id, elapsed_ms, %error, cause, "failed");
            }
        }
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("method", self.method)
            .field("endpoint", &self.endpoint)
            .field("number", &self.number)
            .field("elapsed", &self.elapsed)
            .field("status", &self.status.map(|status| status.as_u16()))
            .field("request_id", &self.request_id.map(Token))
            .field("error", &self.error)
            .field("wait", &self.wait)
            .finish()
    }
}

/// What kind of failure of the transport it was. Its source is left out, which is not ours to vouch for.
fn cause(error: &Error) -> Option<tracing::field::DebugValue<crate::TransportErrorKind>> {
    error.transport().map(|error| tracing::field::debug(error.kind()))
}

pub(crate) fn trace_no_time_left() {
    tracing::warn!(target: TARGET, "failed: the wait took so long that no time is left");
}

pub(crate) fn trace_expired_key() {
    tracing::warn!(target: TARGET, "failed: the wait took so long that the idempotency key may have expired");
}

pub(crate) fn trace_notice() {
    tracing::warn!(target: NOTICE_TARGET, "Stripe sent a notice along: see `notice()` of the response or the error");
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
