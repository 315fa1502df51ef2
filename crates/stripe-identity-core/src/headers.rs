//! The names of Stripe's headers, as constants. HTTP compares names without regard to case.
//!
//! ```
//! use stripe_identity_core::{Error, headers};
//!
//! /// Returns the API version of the response to a failed call.
//! fn version(error: &Error) -> Option<&str> {
//!     error.meta()?.headers().get(headers::STRIPE_VERSION)?.to_str().ok()
//! }
//! ```

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName};

/// `Idempotency-Key`: makes a request safe to repeat.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// `Idempotent-Replayed`: the response is a copy of an earlier one with the same key.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// `Request-Id`: the id that Stripe gave the request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
/// `Stripe-Account`: the connected account that a request acts on.
pub const STRIPE_ACCOUNT: HeaderName = HeaderName::from_static("stripe-account");
/// `Stripe-Context`: the account ids, joined by `/`, that a request acts in.
pub const STRIPE_CONTEXT: HeaderName = HeaderName::from_static("stripe-context");
/// `Stripe-Notice`: a message to developers about a request, such as a deprecation.
pub const STRIPE_NOTICE: HeaderName = HeaderName::from_static("stripe-notice");
/// `Stripe-Request-Trigger`: the event that caused a request, as `event=ID`.
pub const STRIPE_REQUEST_TRIGGER: HeaderName = HeaderName::from_static("stripe-request-trigger");
/// `Stripe-Should-Retry`: whether Stripe asks to retry (`true`) or not to retry (`false`).
pub const STRIPE_SHOULD_RETRY: HeaderName = HeaderName::from_static("stripe-should-retry");
/// `Stripe-Version`: the API version that request and response follow.
pub const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");

pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(REQUEST_ID)?.to_str().ok()
}

pub(crate) fn notice(headers: &HeaderMap) -> Option<&str> {
    headers.get(STRIPE_NOTICE)?.to_str().ok()
}

/// Returns the media type in `Content-Type`, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim()).filter(|type_| !type_.is_empty())
}

pub(crate) fn is_replayed(headers: &HeaderMap) -> bool {
    headers.get(IDEMPOTENT_REPLAYED).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}
