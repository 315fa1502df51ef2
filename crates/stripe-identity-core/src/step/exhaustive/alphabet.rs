use std::time::Duration;

use bytes::Bytes;

use super::Setting;
use crate::{TransportError, TransportErrorKind as Kind};

/// A possible outcome of one attempt.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) name: String,
    what: What,
    outcome: Result<http::Response<Bytes>, Kind>,
    /// How long it takes to arrive.
    pub(super) takes: Duration,
}

#[derive(Clone)]
enum What {
    Failure(Kind),
    Response { status: u16, headers: Vec<(&'static str, &'static str)>, body: &'static str },
}

impl What {
    fn outcome(&self) -> Result<http::Response<Bytes>, Kind> {
        match self {
            Self::Failure(kind) => Err(*kind),
            Self::Response { status, headers, body } => {
                let response = http::Response::builder().status(*status);
                let response = headers.iter().fold(response, |response, (name, value)| response.header(*name, *value));
                Ok(response.body(Bytes::from_static(body.as_bytes())).unwrap())
            }
        }
    }
}

/// Everything that the policy reads from a reply. Replies with equal traits must have equal outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Traits {
    takes: Duration,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Failure {
        is_retried: bool,
        may_have_arrived: bool,
    },
    Success {
        is_readable: bool,
    },
    Refusal {
        status: StatusClass,
        should_retry: Option<bool>,
        retry_after: Option<Duration>,
        is_stored: bool,
        code: Code,
    },
}

/// The statuses that the policy distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum StatusClass {
    TooManyRequests,
    Conflict,
    ServerSide,
    Other,
}

/// The codes that the policy reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Code {
    LockTimeout,
    RateLimit,
    KeyInUse,
    Other,
}

const SESSION: &str = r#"{"id": "vs_1", "object": "identity.verification_session"}"#;
const PROCESSING: &str = r#"{"id": "vs_1", "status": "processing"}"#;
const VERIFIED: &str = r#"{"id": "vs_1", "status": "verified"}"#;
const LOCK: &str = r#"{"error": {"type": "invalid_request_error", "code": "lock_timeout"}}"#;
const RATE: &str = r#"{"error": {"type": "invalid_request_error", "code": "rate_limit"}}"#;
const IN_USE: &str = r#"{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}"#;
const MISSING: &str = r#"{"error": {"type": "invalid_request_error", "code": "resource_missing"}}"#;

impl Reply {
    pub(super) fn outcome(&self) -> Result<http::Response<Bytes>, TransportError> {
        self.outcome.clone().map_err(Into::into)
    }

    /// Returns whether the request may have taken effect.
    pub(super) fn may_have_reached_the_server(&self) -> bool {
        !matches!(self.what, What::Failure(Kind::Dns | Kind::Connect | Kind::Tls))
    }

    fn header(&self, name: &str) -> Option<&'static str> {
        let What::Response { headers, .. } = &self.what else { return None };
        headers.iter().find(|header| header.0 == name).map(|header| header.1)
    }

    pub(super) fn status(&self) -> Option<u16> {
        match self.what {
            What::Failure(_) => None,
            What::Response { status, .. } => Some(status),
        }
    }

    pub(super) fn failure(&self) -> Option<Kind> {
        match self.what {
            What::Failure(kind) => Some(kind),
            What::Response { .. } => None,
        }
    }

    pub(super) fn is_success(&self) -> bool {
        matches!(self.what, What::Response { status: 200..=299, body: SESSION | PROCESSING | VERIFIED, .. })
    }

    /// Returns whether a poll for a decision finds one.
    pub(super) fn is_met(&self) -> bool {
        matches!(self.what, What::Response { status: 200..=299, body: VERIFIED, .. })
    }

    /// Returns whether a poll for a decision finds a session without one.
    pub(super) fn is_unmet(&self) -> bool {
        self.is_success() && !self.is_met()
    }

    /// Returns whether another poll may succeed. Polling is bounded by neither retries nor rate limits, only by time.
    pub(super) fn may_be_polled_again(&self) -> bool {
        let patient = Setting { retry_rate_limits: true, ..Setting::of_a_get() };
        self.is_unmet() || self.may_be_repeated(&patient)
    }

    /// Returns the value of `Stripe-Should-Retry`, or `None` if it is absent or neither `true` nor `false`.
    pub(super) fn should_retry(&self) -> Option<bool> {
        match self.header("stripe-should-retry")? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.parse().ok().map(Duration::from_secs)
    }

    /// Returns whether this is a failure that is stored under the call's key.
    pub(super) fn is_stored(&self, setting: &Setting) -> bool {
        let is_failure = self.status().is_some_and(|status| status >= 500);
        is_failure && setting.has_key() && self.header("idempotent-replayed") == Some("true")
    }

    fn code(&self) -> Code {
        match self.what {
            What::Response { body: LOCK, .. } => Code::LockTimeout,
            What::Response { body: RATE, .. } => Code::RateLimit,
            What::Response { body: IN_USE, .. } => Code::KeyInUse,
            _ => Code::Other,
        }
    }

    pub(super) fn traits(&self, setting: &Setting) -> Traits {
        let class = match &self.what {
            What::Failure(kind) => Class::Failure {
                is_retried: matches!(kind, Kind::Dns | Kind::Connect | Kind::Timeout | Kind::Interrupted),
                may_have_arrived: self.may_have_reached_the_server(),
            },
            What::Response { status: 200..=299, .. } => Class::Success { is_readable: self.is_success() },
            What::Response { status, .. } => Class::Refusal {
                status: match status {
                    429 => StatusClass::TooManyRequests,
                    409 => StatusClass::Conflict,
                    500.. => StatusClass::ServerSide,
                    _ => StatusClass::Other,
                },
                should_retry: self.should_retry(),
                retry_after: self.retry_after(),
                is_stored: self.is_stored(setting),
                code: self.code(),
            },
        };
        Traits { takes: self.takes, class }
    }

    /// Returns whether a retry is allowed after this reply. This is the retry policy, written a second time and
    /// independently.
    pub(super) fn may_be_repeated(&self, setting: &Setting) -> bool {
        match self.traits(setting).class {
            Class::Failure { is_retried, .. } => is_retried,
            Class::Refusal { should_retry: Some(should_retry), .. } => should_retry,
            Class::Success { .. } | Class::Refusal { is_stored: true, .. } => false,
            Class::Refusal { status, code, .. } => match (status, code) {
                (StatusClass::Other, Code::Other) => false,
                (StatusClass::TooManyRequests, Code::Other) | (StatusClass::Other, _) | (_, Code::RateLimit) => {
                    setting.retry_rate_limits
                }
                _ => true,
            },
        }
    }
}

const YES: (&str, &str) = ("stripe-should-retry", "true");
const NO: (&str, &str) = ("stripe-should-retry", "false");
const NONSENSE: (&str, &str) = ("stripe-should-retry", "perhaps");
const REPLAYED: (&str, &str) = ("idempotent-replayed", "true");

/// Builds the replies of an alphabet.
struct Alphabet(Vec<What>);

impl Alphabet {
    fn of_failures() -> Self {
        let kinds =
            [Kind::Dns, Kind::Connect, Kind::Tls, Kind::Timeout, Kind::Interrupted, Kind::BodyTooLarge, Kind::Other];
        Self(kinds.map(What::Failure).into())
    }

    fn respond(&mut self, status: u16, headers: &[(&'static str, &'static str)], body: &'static str) {
        self.0.push(What::Response { status, headers: [&[("request-id", "req_1")], headers].concat(), body });
    }

    /// Returns each reply twice: at once and late.
    fn at_once_and_late(self) -> Vec<Reply> {
        let times = [("at once", Duration::ZERO), ("late", Duration::from_secs(70))];
        let both = self.0.iter().flat_map(|what| times.map(|(when, takes)| (what.clone(), when, takes)));
        both.map(|(what, when, takes)| {
            let name = match &what {
                What::Failure(kind) => format!("{kind:?} {when}"),
                What::Response { status, headers, body } => format!("{status} {headers:?} {body:?} {when}"),
            };
            Reply { name, outcome: what.outcome(), what, takes }
        })
        .collect()
    }
}

/// Returns the replies that a call is tried with.
pub(super) fn replies_to_a_call() -> Vec<Reply> {
    let mut all = Alphabet::of_failures();
    for (status, body) in
        [(200, SESSION), (201, SESSION), (200, "{}"), (200, "<html>"), (200, ""), (204, ""), (200, "{\"id\"")]
    {
        for headers in [&[][..], &[YES], &[NO], &[REPLAYED], &[("retry-after", "3")]] {
            all.respond(status, headers, body);
        }
    }
    for status in [302, 400, 401, 402, 403, 404, 409, 422, 429, 499, 500, 503, 599, 600, 999] {
        for headers in [&[][..], &[YES], &[NO], &[NONSENSE], &[REPLAYED], &[REPLAYED, YES], &[REPLAYED, NO]] {
            all.respond(status, headers, "{}");
        }
        all.respond(status, &[("idempotent-replayed", "false")], "<html>");
    }
    for status in [400, 409, 429, 503] {
        for after in ["0", "3", "59", "86400", "soon", "-1", "18446744073709551616"] {
            all.respond(status, &[("retry-after", after)], "");
            all.respond(status, &[("retry-after", after), YES], r#"{"error": "#);
        }
    }
    for status in [400, 401, 404, 409, 429, 500] {
        for body in [LOCK, RATE, IN_USE, MISSING] {
            for headers in [&[][..], &[YES], &[NO], &[REPLAYED], &[("retry-after", "3")]] {
                all.respond(status, headers, body);
            }
        }
    }
    all.at_once_and_late()
}

/// Returns the replies that polling for a decision is tried with.
pub(super) fn replies_to_a_poll() -> Vec<Reply> {
    let mut all = Alphabet::of_failures();
    for body in [VERIFIED, PROCESSING, SESSION, "{}", "<html>", ""] {
        for headers in [&[][..], &[YES], &[NO], &[REPLAYED], &[("retry-after", "3")], &[("retry-after", "86400")]] {
            all.respond(200, headers, body);
        }
    }
    for status in [302, 400, 404, 409, 429, 500, 999] {
        for headers in
            [&[][..], &[YES], &[NO], &[NONSENSE], &[REPLAYED], &[("retry-after", "3")], &[("retry-after", "soon")]]
        {
            all.respond(status, headers, "{}");
        }
        for body in [LOCK, RATE, IN_USE] {
            all.respond(status, &[], body);
        }
    }
    all.at_once_and_late()
}
