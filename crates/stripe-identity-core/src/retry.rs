//! Decides whether an attempt is repeated, and after how long. It does no I/O and reads no clock.

mod poll;

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity_types::ErrorCode;

use crate::headers::STRIPE_SHOULD_RETRY;
use crate::transport::TransportErrorKind;

pub(crate) use self::poll::PollUntil;

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(5);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// What a call does after an attempt that did not succeed.
///
/// [`Attempt::decision`](crate::Attempt::decision) has it.
///
/// ```
/// use stripe_identity_core::{Config, GiveUpReason, RetryDecision};
///
/// let config = Config::builder("sk_test_123")
///     .on_attempt(|attempt| match attempt.decision {
///         Some(RetryDecision::RetryAfter(wait)) => println!("again in {wait:?}"),
///         Some(RetryDecision::GiveUp(GiveUpReason::NoTimeLeft)) => println!("a longer deadline would help"),
///         _ => {}
///     })
///     .build()?;
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryDecision {
    /// The call makes another attempt after this wait.
    RetryAfter(Duration),
    /// The call ends with the error of this attempt.
    GiveUp(GiveUpReason),
}

/// Why a call ends with an error instead of another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUpReason {
    /// Another attempt would fail in the same way, or the server asks not to retry.
    NotRetryable,
    /// The call has made all the retries that [`max_retries`](crate::ConfigBuilder::max_retries)
    /// allows.
    RetriesExhausted,
    /// The wait before the next attempt would last until the deadline or beyond it.
    NoTimeLeft,
    /// The idempotency key would be too old for another attempt: Stripe might take it for a new
    /// request.
    KeyExpired,
}

impl GiveUpReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotRetryable => "not retryable",
            Self::RetriesExhausted => "no retries left",
            Self::NoTimeLeft => "no time left",
            Self::KeyExpired => "the idempotency key may have expired",
        }
    }
}

/// The facts about a failed attempt on which the decision depends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    /// Which attempt of the call failed. The first is number 1.
    pub(crate) attempt: u32,
    pub(crate) is_transient: bool,
    /// The wait that the server asks for.
    pub(crate) retry_after: Option<Duration>,
    /// The time left until the deadline. `None` if there is no deadline.
    pub(crate) time_left: Option<Duration>,
}

/// A random number, anywhere in the range of its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Jitter(pub(crate) u16);

/// How often a call is retried, and after which failures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) max_retries: u32,
    /// Whether to retry a rate-limited request even if Stripe does not ask for it.
    pub(crate) rate_limits: bool,
}

impl RetryPolicy {
    pub(crate) fn decide(self, failure: Failure, jitter: Jitter) -> RetryDecision {
        let wait = wait(failure.attempt, jitter, failure.retry_after);
        if !failure.is_transient {
            RetryDecision::GiveUp(GiveUpReason::NotRetryable)
        } else if failure.attempt > self.max_retries {
            RetryDecision::GiveUp(GiveUpReason::RetriesExhausted)
        } else if failure.time_left.is_some_and(|left| wait >= left) {
            RetryDecision::GiveUp(GiveUpReason::NoTimeLeft)
        } else {
            RetryDecision::RetryAfter(wait)
        }
    }
}

/// Returns whether to retry an attempt that got no response.
pub(crate) fn is_retryable_failure(kind: TransportErrorKind) -> bool {
    match kind {
        TransportErrorKind::Dns
        | TransportErrorKind::Connect
        | TransportErrorKind::Timeout
        | TransportErrorKind::Interrupted => true,
        TransportErrorKind::Tls | TransportErrorKind::BodyTooLarge | TransportErrorKind::Other => false,
    }
}

/// Returns whether to retry a request whose response is an error.
///
/// `Stripe-Should-Retry` comes first, then whether the response is stored under the idempotency key,
/// then the code, then the status.
pub(crate) fn is_retryable_response(
    status: StatusCode,
    headers: &HeaderMap,
    code: Option<&ErrorCode>,
    is_stored: bool,
    retry_rate_limits: bool,
) -> bool {
    match headers.get(STRIPE_SHOULD_RETRY).map(HeaderValue::as_bytes) {
        Some(b"false") => false,
        Some(b"true") => true,
        // Stripe repeats a stored response for as long as it keeps the key.
        _ if is_stored => false,
        // A lock is held for a short time only. A rate limit lasts longer than the first waits.
        _ if status == StatusCode::TOO_MANY_REQUESTS => retry_rate_limits || is_busy(code),
        _ if code == Some(&ErrorCode::RateLimit) => retry_rate_limits,
        // No standard defines a status beyond 599, but some proxies use them for failures.
        _ => status == StatusCode::CONFLICT || status.as_u16() >= 500 || retry_rate_limits && is_busy(code),
    }
}

fn is_busy(code: Option<&ErrorCode>) -> bool {
    matches!(code, Some(ErrorCode::LockTimeout | ErrorCode::IdempotencyKeyInUse))
}

/// Returns how long to wait before a retry. The first is number 1.
///
/// The wait doubles from 0.5 s up to 5 s. Up to half is taken off at random, so that clients do not
/// retry at the same time. If the server asks for a longer wait, that one is used, up to a minute.
fn wait(retry: u32, jitter: Jitter, retry_after: Option<Duration>) -> Duration {
    let wait = back_off(SHORTEST, LONGEST, retry, jitter);
    retry_after.map_or(wait, |asked| wait.max(asked.min(LONGEST_RETRY_AFTER)))
}

/// Doubles from the shortest wait up to the longest. Up to half is taken off at random, but the
/// result is never below the shortest wait.
fn back_off(shortest: Duration, longest: Duration, number: u32, Jitter(random): Jitter) -> Duration {
    // Sixteen doublings of half a second exceed every limit.
    let doublings = number.saturating_sub(1).min(16);
    let full = shortest.saturating_mul(1 << doublings).min(longest);
    let taken_off = (full / 2).mul_f64(f64::from(random) / f64::from(u16::MAX));
    full.saturating_sub(taken_off).max(shortest)
}

/// Returns the wait that `Retry-After` asks for, or `None` if it is missing or not a number of seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn should_retry_header_overrides_the_status() {
        let (yes, no) = (headers(&[("stripe-should-retry", "true")]), headers(&[("stripe-should-retry", "false")]));
        assert!(is_retryable_response(StatusCode::BAD_REQUEST, &yes, None, false, false));
        assert!(!is_retryable_response(StatusCode::INTERNAL_SERVER_ERROR, &no, None, false, true));
        assert!(!is_retryable_response(StatusCode::CONFLICT, &no, None, false, true));
        assert!(!is_retryable_response(StatusCode::TOO_MANY_REQUESTS, &no, Some(&ErrorCode::LockTimeout), false, true));
    }

    #[test]
    fn without_should_retry_code_and_status_decide() {
        let decide = |status| {
            is_retryable_response(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), None, false, false)
        };
        assert!([409, 500, 502, 503, 599, 600, 999].into_iter().all(decide));
        assert!(![302, 400, 401, 402, 403, 404, 405, 422, 424, 429].into_iter().any(decide));
        let too_many =
            |code, even| is_retryable_response(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), code, false, even);
        assert!(too_many(Some(&ErrorCode::LockTimeout), false));
        assert!(too_many(None, true) && !too_many(Some(&ErrorCode::RateLimit), false));
        assert!(too_many(Some(&ErrorCode::IdempotencyKeyInUse), false));
        for code in [ErrorCode::LockTimeout, ErrorCode::IdempotencyKeyInUse] {
            let decide = |status, even| {
                let status = StatusCode::from_u16(status).unwrap();
                is_retryable_response(status, &HeaderMap::new(), Some(&code), false, even)
            };
            assert!([409, 429, 500, 503].into_iter().all(|status| decide(status, false)), "{code}");
            assert!(!decide(400, false) && decide(400, true), "{code}");
        }
        let by_code = |even| {
            is_retryable_response(StatusCode::BAD_REQUEST, &HeaderMap::new(), Some(&ErrorCode::RateLimit), false, even)
        };
        assert!(by_code(true) && !by_code(false));
    }

    #[test]
    fn stored_failure_is_retried_only_if_the_server_asks() {
        let yes = headers(&[("stripe-should-retry", "true")]);
        for (status, code) in [(500, None), (503, None), (600, None), (503, Some(ErrorCode::LockTimeout))] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(!is_retryable_response(status, &HeaderMap::new(), code.as_ref(), true, true), "{status}");
            assert!(is_retryable_response(status, &HeaderMap::new(), code.as_ref(), false, true), "{status}");
            assert!(is_retryable_response(status, &yes, code.as_ref(), true, false), "{status}");
        }
    }

    #[test]
    fn waits_double_within_bounds() {
        let millis = |random| [1, 2, 3, 4, 5, 6].map(|retry| wait(retry, Jitter(random), None).as_millis());
        assert_eq!(millis(0), [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(millis(u16::MAX), [500, 500, 1000, 2000, 2500, 2500]);
        assert_eq!(wait(u32::MAX, Jitter(0), None), LONGEST);
        assert_eq!(wait(0, Jitter(0), None).as_millis(), 500);
    }

    #[test]
    fn retry_after_is_kept_up_to_a_minute() {
        let wait = |value| wait(1, Jitter(0), retry_after(&headers(&[("retry-after", value)])));
        assert_eq!(wait("3"), Duration::from_secs(3));
        assert_eq!(wait("0"), SHORTEST);
        assert_eq!(wait("86400"), LONGEST_RETRY_AFTER);
        for nonsense in ["-1", "soon", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wait(nonsense), SHORTEST, "{nonsense}");
        }
    }
}
