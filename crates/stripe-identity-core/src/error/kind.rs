use std::fmt;

use http::StatusCode;
use stripe_identity_types::{ApiError, ApiErrorType, ErrorCode};

/// The kinds of [`Error`](crate::Error).
///
/// To distinguish similar kinds:
///
/// - [`InvalidInput`](Self::InvalidInput) or [`InvalidRequest`](Self::InvalidRequest): was anything
///   sent? This crate refuses input that cannot be right. Stripe refuses the rest.
/// - [`Authentication`](Self::Authentication) or [`Permission`](Self::Permission): does Stripe know
///   the key? An unknown or revoked key is the former, a restricted key without the permission the
///   latter.
/// - [`RateLimit`](Self::RateLimit) or [`Idempotency`](Self::Idempotency): does waiting help under
///   the same key? After a rate limit, it does. A key that was used with other parameters stays
///   refused. If a running request uses the key, the call itself retries.
/// - [`Decode`](Self::Decode) or [`Api`](Self::Api): did the request take effect? If a successful
///   response cannot be parsed, it did.
/// - [`Transport`](Self::Transport) or [`Api`](Self::Api): did a response arrive? A proxy's own
///   `502` is a response.
/// - [`BrokenPagination`](Self::BrokenPagination) or [`Decode`](Self::Decode): does the page parse?
///   A page that parses but names no next page is the former.
///
/// ```
/// use stripe_identity_core::{Error, ErrorKind};
///
/// /// Returns a text for the user who verifies.
/// fn explain(error: &Error) -> &'static str {
///     match error.kind() {
///         ErrorKind::RateLimit => "We are busy. Try again in a minute.",
///         ErrorKind::Transport | ErrorKind::Api if error.is_retryable() => "Try again.",
///         _ => "Something went wrong on our side.",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request was refused before it was sent:
    /// [`invalid_input`](crate::Error::invalid_input) has the reason.
    InvalidInput,
    /// No response arrived: [`transport`](crate::Error::transport) has the reason.
    Transport,
    /// A successful response arrived and does not parse, or
    /// [one object](crate::Error::object_id) of a page does not.
    Decode,
    /// A page has `has_more`, but it is empty, ends where an earlier page ended, or ends with an object
    /// that has no id.
    BrokenPagination,
    /// The condition of [`wait_until`](crate::Call::wait_until) was not met within the time limit.
    WaitTimedOut,
    /// The response is a redirect. Redirects are not followed, since the API key would go along.
    Redirect,
    /// Stripe does not accept the API key (status 401).
    Authentication,
    /// The API key has no permission for this request (status 403).
    Permission,
    /// There were too many requests (status 429, code `rate_limit`), or another request holds the
    /// object (code `lock_timeout`).
    RateLimit,
    /// The idempotency key was used with other parameters, or is used by a request that is still
    /// running.
    Idempotency,
    /// Stripe refused the request as invalid (mostly status 400 or 404).
    InvalidRequest,
    /// A card was declined (status 402).
    Card,
    /// Any other failure. A status of 500 or more is a failure of Stripe or of a proxy.
    Api,
}

impl ErrorKind {
    /// Classifies a response that is not a success.
    ///
    /// The code comes before the type, and the type before the status, since each is more precise than
    /// the next: for a key that is in use, Stripe sends the type `invalid_request_error`.
    pub(crate) fn classify(status: StatusCode, api: Option<&ApiError>) -> Self {
        let type_ = api.map(|error| &error.type_);
        let code = api.and_then(|error| error.code.as_ref());
        if status.is_redirection() {
            Self::Redirect
        } else if code == Some(&ErrorCode::IdempotencyKeyInUse) {
            Self::Idempotency
        } else if matches!(code, Some(ErrorCode::RateLimit | ErrorCode::LockTimeout))
            || status == StatusCode::TOO_MANY_REQUESTS
        {
            Self::RateLimit
        } else if type_ == Some(&ApiErrorType::IdempotencyError) {
            Self::Idempotency
        } else if status == StatusCode::UNAUTHORIZED {
            Self::Authentication
        } else if status == StatusCode::FORBIDDEN {
            Self::Permission
        } else if status == StatusCode::PAYMENT_REQUIRED || type_ == Some(&ApiErrorType::CardError) {
            Self::Card
        } else if type_ == Some(&ApiErrorType::InvalidRequestError)
            || status == StatusCode::BAD_REQUEST
            || status == StatusCode::NOT_FOUND
        {
            Self::InvalidRequest
        } else {
            Self::Api
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidInput => "the request was not sent",
            Self::Transport => "no response arrived",
            Self::Decode => "the response could not be parsed",
            Self::BrokenPagination => {
                "the list cannot be continued: `has_more` is true, but the page names no next page"
            }
            Self::WaitTimedOut => "the condition was not met within the time limit",
            Self::Redirect => "the response is a redirect, which is not followed",
            Self::Authentication => "the API key was not accepted",
            Self::Permission => "the API key has no permission for this request",
            Self::RateLimit => "too many requests",
            Self::Idempotency => "the idempotency key is used by another request",
            Self::InvalidRequest => "the request is invalid",
            Self::Card => "the card was declined",
            Self::Api => "the API failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_follows_code_then_type_then_status() {
        let idempotency = r#"{"error": {"type": "idempotency_error"}}"#;
        let table = [
            (400, "{}", ErrorKind::InvalidRequest),
            (400, r#"{"error": {"code": "rate_limit"}}"#, ErrorKind::RateLimit),
            (400, idempotency, ErrorKind::Idempotency),
            (409, idempotency, ErrorKind::Idempotency),
            (
                409,
                r#"{"error": {"type": "invalid_request_error", "code": "idempotency_key_in_use"}}"#,
                ErrorKind::Idempotency,
            ),
            (400, r#"{"error": {"type": "api_error", "code": "idempotency_key_in_use"}}"#, ErrorKind::Idempotency),
            (429, r#"{"error": {"code": "idempotency_key_in_use"}}"#, ErrorKind::Idempotency),
            (400, r#"{"error": {"type": "invalid_request_error", "code": "lock_timeout"}}"#, ErrorKind::RateLimit),
            (409, r#"{"error": {"type": "idempotency_error", "code": "rate_limit"}}"#, ErrorKind::RateLimit),
            (401, "{}", ErrorKind::Authentication),
            (401, r#"{"error": {"type": "invalid_request_error"}}"#, ErrorKind::Authentication),
            (402, "{}", ErrorKind::Card),
            (400, r#"{"error": {"type": "card_error"}}"#, ErrorKind::Card),
            (403, "{}", ErrorKind::Permission),
            (403, r#"{"error": {"type": "invalid_request_error"}}"#, ErrorKind::Permission),
            (400, r#"{"error": {"type": "temporary_session_expired"}}"#, ErrorKind::InvalidRequest),
            (404, "", ErrorKind::InvalidRequest),
            (409, "{}", ErrorKind::Api),
            (422, r#"{"error": {"type": "invalid_request_error"}}"#, ErrorKind::InvalidRequest),
            (429, "nonsense", ErrorKind::RateLimit),
            (302, "", ErrorKind::Redirect),
            (500, r#"{"error": {"type": "api_error"}}"#, ErrorKind::Api),
        ];
        for (status, body, kind) in table {
            let api = ApiError::from_slice(body.as_bytes());
            assert_eq!(
                ErrorKind::classify(StatusCode::from_u16(status).unwrap(), api.as_ref()),
                kind,
                "{status} {body}"
            );
        }
    }
}
