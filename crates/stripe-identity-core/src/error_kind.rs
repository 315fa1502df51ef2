use std::fmt;

use http::StatusCode;
use stripe_identity_types::{ApiError, ApiErrorType, ErrorCode};

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request was refused on this side, before anything was sent: a parameter, an id or an option cannot be right, or
    /// the operating system gave no randomness for a key.
    InvalidInput,
    /// No response came; [`Error::transport`](crate::Error::transport) says why.
    Transport,
    /// A successful response came and could not be read, or [one object](crate::Error::object_id) of a page could not.
    Decode,
    /// A list says that it goes on and gives no way to go on: the page is empty, ends where one before it did, or ends with
    /// an object that has no id.
    EndlessList,
    /// The time to [wait](crate::Call::wait_until) for something was up before it had happened.
    NotYet,
    /// Stripe, or something in between, pointed elsewhere. Redirects are not followed, since the API key would go along.
    Redirect,
    /// Stripe does not know the API key (status 401).
    Authentication,
    /// The API key is not allowed to do this (status 403).
    Permission,
    /// Too many requests (status 429), or something else holds the object.
    RateLimit,
    /// The idempotency key was used with other parameters, or by a request that is still running.
    Idempotency,
    /// Stripe refused the request as wrong (mostly status 400 or 404).
    InvalidRequest,
    /// A card was declined (status 402).
    Card,
    /// Any other refusal; with a status of 500 or more, something went wrong on Stripe's side.
    Api,
}

impl ErrorKind {
    /// The order makes the difference: the most telling sign first. A code says more than a type: what Stripe sends for a
    /// key that is in use is of the type `invalid_request_error`.
    pub(crate) fn of(status: StatusCode, api: Option<&ApiError>) -> Self {
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
            Self::Transport => "no response",
            Self::Decode => "the response could not be read",
            Self::EndlessList => "the list goes on for ever",
            Self::NotYet => "what was waited for did not happen in time",
            Self::Redirect => "the response is a redirect, which is not followed",
            Self::Authentication => "the API key was not accepted",
            Self::Permission => "the API key is not allowed to do this",
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
    fn kinds_follow_type_and_status() {
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
            assert_eq!(ErrorKind::of(StatusCode::from_u16(status).unwrap(), api.as_ref()), kind, "{status} {body}");
        }
    }
}
