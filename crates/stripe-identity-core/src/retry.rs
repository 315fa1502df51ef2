//! When a request is worth repeating, and after how long. Pure: what happened goes in, a decision comes out.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity_types::ErrorCode;

use crate::headers::STRIPE_SHOULD_RETRY;
use crate::transport::{TransportError, TransportErrorKind};

const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(5);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

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

/// Whether to repeat a request that was refused. What Stripe says about it comes first, then the status.
pub(crate) fn after_reply(status: StatusCode, headers: &HeaderMap, code: Option<&ErrorCode>) -> bool {
    match headers.get(STRIPE_SHOULD_RETRY).map(HeaderValue::as_bytes) {
        Some(b"false") => false,
        Some(b"true") => true,
        _ if status == StatusCode::TOO_MANY_REQUESTS => code == Some(&ErrorCode::LockTimeout),
        _ => status == StatusCode::CONFLICT || status.is_server_error(),
    }
}

/// How long to wait before a retry (the first is number 1), with `random` anywhere in its range.
///
/// Doubles from half a second up to five, with up to half taken off at random so that clients do not come back all at
/// once. A `Retry-After` in seconds is kept to, up to a minute.
pub(crate) fn wait(retry: u32, random: u16, headers: Option<&HeaderMap>) -> Duration {
    let doublings = retry.saturating_sub(1).min(10);
    let longest = (SHORTEST * (1 << doublings)).min(LONGEST);
    let taken_off = longest / 2 * u32::from(random) / u32::from(u16::MAX);
    let jittered = longest.saturating_sub(taken_off).max(SHORTEST);
    match headers.and_then(retry_after) {
        Some(asked) => jittered.max(asked.min(LONGEST_RETRY_AFTER)),
        None => jittered,
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
        assert!(after_reply(StatusCode::BAD_REQUEST, &yes, None));
        assert!(!after_reply(StatusCode::INTERNAL_SERVER_ERROR, &no, None));
        assert!(!after_reply(StatusCode::CONFLICT, &no, None));
        assert!(!after_reply(StatusCode::TOO_MANY_REQUESTS, &no, Some(&ErrorCode::LockTimeout)));
    }

    #[test]
    fn without_its_word_the_status_decides() {
        let decide = |status| after_reply(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), None);
        assert!([409, 500, 502, 503, 599].into_iter().all(decide));
        assert!(![302, 400, 401, 402, 403, 404, 405, 422, 424, 429].into_iter().any(decide));
        let locked = after_reply(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), Some(&ErrorCode::LockTimeout));
        assert!(locked);
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
        let wait = |value| wait(1, 0, Some(&headers(&[("retry-after", value)])));
        assert_eq!(wait("3"), Duration::from_secs(3));
        assert_eq!(wait("0"), SHORTEST);
        assert_eq!(wait("86400"), LONGEST_RETRY_AFTER);
        for nonsense in ["-1", "soon", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(wait(nonsense), SHORTEST, "{nonsense}");
        }
    }
}
