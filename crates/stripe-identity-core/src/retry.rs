//! When a request is worth repeating, and after how long. Pure: what happened goes in, a decision comes out.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity_types::ErrorCode;

use crate::error::Error;
use crate::headers::STRIPE_SHOULD_RETRY;
use crate::transport::{TransportError, TransportErrorKind};

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(5);
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// How often a call is repeated, and after what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) max_retries: u32,
    /// Whether to repeat a request that came too soon even if Stripe does not ask for it.
    pub(crate) rate_limits: bool,
}

impl RetryPolicy {
    /// How long to wait before a retry (the first is number 1); `None` if there is none.
    pub(crate) fn wait_before(self, retry: u32, error: &Error, random: u16) -> Option<Duration> {
        let is_due = retry <= self.max_retries && error.is_worth_repeating(self.rate_limits);
        is_due.then(|| wait(retry, random, error.retry_after()))
    }
}

/// Whether to repeat a request that got no response.
pub(crate) fn after_failure(error: &TransportError) -> bool {
    match error.kind() {
        TransportErrorKind::Dns
        | TransportErrorKind::Connect
        | TransportErrorKind::Timeout
        | TransportErrorKind::Interrupted => true,
        TransportErrorKind::Tls | TransportErrorKind::BodyTooLarge | TransportErrorKind::Other => false,
    }
}

/// Whether to repeat a request that was refused. What Stripe says about it comes first, then whether it is what is stored
/// under the call's idempotency key, then the code, then the status.
pub(crate) fn after_reply(
    status: StatusCode,
    headers: &HeaderMap,
    code: Option<&ErrorCode>,
    is_stored: bool,
    even_rate_limits: bool,
) -> bool {
    match headers.get(STRIPE_SHOULD_RETRY).map(HeaderValue::as_bytes) {
        Some(b"false") => false,
        Some(b"true") => true,
        // It comes again for as long as the key lives.
        _ if is_stored => false,
        // What holds the object, or uses the key, is soon done; what is too much stays so for longer.
        _ if status == StatusCode::TOO_MANY_REQUESTS => even_rate_limits || is_busy(code),
        _ if code == Some(&ErrorCode::RateLimit) => even_rate_limits,
        // Statuses beyond 599 are no server's by any standard, and are some proxies' for failures of their own.
        _ => status == StatusCode::CONFLICT || status.as_u16() >= 500 || even_rate_limits && is_busy(code),
    }
}

fn is_busy(code: Option<&ErrorCode>) -> bool {
    matches!(code, Some(ErrorCode::LockTimeout | ErrorCode::IdempotencyKeyInUse))
}

/// How long to wait before a retry (the first is number 1), with `random` anywhere in its range.
///
/// Doubles from half a second up to five, with up to half taken off at random so that clients do not come back all at
/// once. A longer wait that the server asks for is kept to, up to a minute.
fn wait(retry: u32, random: u16, retry_after: Option<Duration>) -> Duration {
    let jittered = back_off(SHORTEST, LONGEST, retry, random);
    retry_after.map_or(jittered, |asked| jittered.max(asked.min(LONGEST_RETRY_AFTER)))
}

/// Doubles from the shortest wait up to the longest; up to half is taken off at random, but none is under the shortest.
pub(crate) fn back_off(shortest: Duration, longest: Duration, number: u32, random: u16) -> Duration {
    // Sixteen doublings lead from a second beyond half a day: more than any wait here.
    let doublings = number.saturating_sub(1).min(16);
    let full = shortest.saturating_mul(1 << doublings).min(longest);
    let taken_off = (full / 2).mul_f64(f64::from(random) / f64::from(u16::MAX));
    full.saturating_sub(taken_off).max(shortest)
}

/// What a `Retry-After` in seconds asks for.
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
    fn stripe_s_word_comes_before_the_status() {
        let (yes, no) = (headers(&[("stripe-should-retry", "true")]), headers(&[("stripe-should-retry", "false")]));
        assert!(after_reply(StatusCode::BAD_REQUEST, &yes, None, false, false));
        assert!(!after_reply(StatusCode::INTERNAL_SERVER_ERROR, &no, None, false, true));
        assert!(!after_reply(StatusCode::CONFLICT, &no, None, false, true));
        assert!(!after_reply(StatusCode::TOO_MANY_REQUESTS, &no, Some(&ErrorCode::LockTimeout), false, true));
    }

    #[test]
    fn without_its_word_the_status_decides() {
        let decide = |status| after_reply(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), None, false, false);
        assert!([409, 500, 502, 503, 599, 600, 999].into_iter().all(decide));
        assert!(![302, 400, 401, 402, 403, 404, 405, 422, 424, 429].into_iter().any(decide));
        let too_many = |code, even| after_reply(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), code, false, even);
        assert!(too_many(Some(&ErrorCode::LockTimeout), false));
        assert!(too_many(None, true) && !too_many(Some(&ErrorCode::RateLimit), false));
        assert!(too_many(Some(&ErrorCode::IdempotencyKeyInUse), false));
        for code in [ErrorCode::LockTimeout, ErrorCode::IdempotencyKeyInUse] {
            let decide = |status, even| {
                let status = StatusCode::from_u16(status).unwrap();
                after_reply(status, &HeaderMap::new(), Some(&code), false, even)
            };
            assert!([409, 429, 500, 503].into_iter().all(|status| decide(status, false)), "{code}");
            assert!(!decide(400, false) && decide(400, true), "{code}");
        }
        let by_code =
            |even| after_reply(StatusCode::BAD_REQUEST, &HeaderMap::new(), Some(&ErrorCode::RateLimit), false, even);
        assert!(by_code(true) && !by_code(false));
    }

    #[test]
    fn what_is_stored_under_a_key_is_not_repeated_unless_the_server_says_so() {
        let yes = headers(&[("stripe-should-retry", "true")]);
        for (status, code) in [(500, None), (503, None), (600, None), (503, Some(ErrorCode::LockTimeout))] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(!after_reply(status, &HeaderMap::new(), code.as_ref(), true, true), "{status}");
            assert!(after_reply(status, &HeaderMap::new(), code.as_ref(), false, true), "{status}");
            assert!(after_reply(status, &yes, code.as_ref(), true, false), "{status}");
        }
    }

    #[test]
    fn waits_double_within_their_bounds() {
        let millis = |random| [1, 2, 3, 4, 5, 6].map(|retry| wait(retry, random, None).as_millis());
        assert_eq!(millis(0), [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(millis(u16::MAX), [500, 500, 1000, 2000, 2500, 2500]);
        assert_eq!(wait(u32::MAX, 0, None), LONGEST);
        assert_eq!(wait(0, 0, None).as_millis(), 500);
    }

    #[test]
    fn retry_after_is_kept_to_within_a_minute() {
        let wait = |value| wait(1, 0, retry_after(&headers(&[("retry-after", value)])));
        assert_eq!(wait("3"), Duration::from_secs(3));
        assert_eq!(wait("0"), SHORTEST);
        assert_eq!(wait("86400"), LONGEST_RETRY_AFTER);
        for nonsense in ["-1", "soon", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wait(nonsense), SHORTEST, "{nonsense}");
        }
    }
}
