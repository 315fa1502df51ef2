use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use stripe_identity_core::headers::STRIPE_SHOULD_RETRY;
use stripe_identity_core::types::{ApiErrorType, ErrorCode};

use crate::disruption::Damage;
use crate::duration::Seconds;
use crate::journal::error::RequestError;
use crate::response;
use crate::serial;

/// `Stripe-Rate-Limited-Reason`: the limit that a request exceeded.
const STRIPE_RATE_LIMITED_REASON: HeaderName = HeaderName::from_static("stripe-rate-limited-reason");

/// A rule that makes requests to Stripe's API go wrong.
///
/// A fault has one effect, conditions on the requests that it applies to, and a limit. It is
/// [added](crate::Simulator::add_fault) to a simulator. Without conditions, it applies to every request to Stripe's
/// API. It never applies to the control API or to the pages.
///
/// If several faults apply to a request, their latencies add up. Of the effects other than a delay, only the one of the
/// fault that was added first takes place.
///
/// ```
/// use stripe_identity_core::types::CreateVerificationSession;
/// use stripe_identity_core::{BlockingClient, Config, http::Method};
/// use stripe_identity_simulator::{Fault, SimulatorTransport};
///
/// let stripe = SimulatorTransport::new();
/// let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
///
/// // Stripe creates the session, and the response never arrives.
/// stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));
/// let session = sessions.create(CreateVerificationSession::document()).send()?;
///
/// // The client has sent the request again with the same idempotency key, so there is one session.
/// assert_eq!(session.meta().attempts(), 2);
/// assert_eq!(sessions.list(Default::default()).send()?.data.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a fault does nothing until it is added to a simulator"]
pub struct Fault {
    #[serde(with = "serial::optional_method")]
    method: Option<Method>,
    path: Option<String>,
    key: Option<String>,
    times: Option<u32>,
    probability: Option<f64>,
    #[serde(with = "serial::duration")]
    latency: Duration,
    effect: Option<Effect>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Respond(FaultResponse),
    Damage(Damage),
}

impl Fault {
    fn new(latency: Duration, effect: Option<Effect>) -> Self {
        Self { method: None, path: None, key: None, times: None, probability: None, latency, effect }
    }

    /// Creates a fault that delays the response and has no other effect.
    ///
    /// The request takes effect at once. Until the response leaves, another request with the same idempotency key gets
    /// the status 409 and the code `idempotency_key_in_use`. A [`Server`](crate::Server) waits in real time. In
    /// process, the clock of the simulator advances instead, and an attempt whose timeout is shorter than the delay
    /// fails.
    pub fn latency(latency: Duration) -> Self {
        Self::new(latency, None)
    }

    /// Creates a fault that responds in place of Stripe. The request takes no effect.
    ///
    /// A [`StatusCode`] is converted into a [`FaultResponse`] with Stripe's error object.
    ///
    /// ```
    /// use stripe_identity_core::http::StatusCode;
    /// use stripe_identity_simulator::{Fault, FaultResponse};
    ///
    /// let unavailable = Fault::respond(StatusCode::SERVICE_UNAVAILABLE).path("/v1/identity/**").times(2);
    /// let limited = Fault::respond(FaultResponse::rate_limit()).probability(0.1);
    /// ```
    pub fn respond(response: impl Into<FaultResponse>) -> Self {
        Self::new(Duration::ZERO, Some(Effect::Respond(response.into())))
    }

    /// Creates a fault that resets the connection. The request takes no effect.
    pub fn reset() -> Self {
        Self::damage(Damage::Reset)
    }

    /// Creates a fault that ends the connection without a response. The request takes effect.
    pub fn lose_response() -> Self {
        Self::damage(Damage::Lost)
    }

    /// Creates a fault that ends the connection in the middle of the response body. The request takes effect.
    pub fn cut_body() -> Self {
        Self::damage(Damage::Cut)
    }

    /// Creates a fault that sends the response body in small pieces. The request takes effect.
    ///
    /// `duration` is the time from the first piece to the last.
    pub fn slow_body(duration: Duration) -> Self {
        Self::damage(Damage::Slow(duration))
    }

    fn damage(damage: Damage) -> Self {
        Self::new(Duration::ZERO, Some(Effect::Damage(damage)))
    }

    /// Limits the fault to requests with this method. Defaults to all methods.
    pub fn method(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Limits the fault to requests with this path. Defaults to all paths.
    ///
    /// In the path, `{…}` or `*` stands for one segment, and `**` at the end for any number of segments:
    /// `/v1/identity/verification_sessions/{session}/cancel`, `/v1/files/**`.
    pub fn path(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// Limits the fault to requests whose API key begins with `prefix`, such as `rk_` for all restricted keys. Defaults
    /// to all keys.
    pub fn key(self, prefix: impl Into<String>) -> Self {
        Self { key: Some(prefix.into()), ..self }
    }

    /// Limits the number of requests that the fault applies to. Defaults to no limit.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Makes the fault apply with a probability from 0 to 1, which the simulator's seed decides. A value outside of
    /// that range is clamped. Defaults to 1.
    pub fn probability(self, probability: f64) -> Self {
        Self { probability: Some(probability.clamp(0.0, 1.0)), ..self }
    }

    /// Delays the response, in addition to the effect of the fault: see [`latency`](Self::latency). Defaults to no
    /// delay.
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    pub(crate) fn matches(&self, method: &Method, path: &str, key: &str) -> bool {
        self.method.as_ref().is_none_or(|it| it == method)
            && self.path.as_ref().is_none_or(|pattern| path_matches(path, pattern))
            && self.key.as_ref().is_none_or(|prefix| key.starts_with(prefix))
    }

    pub(crate) fn is_over(&self, applied: u64) -> bool {
        self.times.is_some_and(|times| applied >= u64::from(times))
    }

    pub(crate) fn chance(&self) -> f64 {
        self.probability.unwrap_or(1.0)
    }

    pub(crate) fn delay(&self) -> Duration {
        self.latency
    }

    pub(crate) fn effect(&self) -> Option<&Effect> {
        self.effect.as_ref()
    }

    /// Returns the name that the effect has in the control API, or `None` if the fault only delays.
    pub(crate) fn effect_name(&self) -> Option<&'static str> {
        Some(match self.effect.as_ref()? {
            Effect::Respond(_) => "respond",
            Effect::Damage(Damage::Reset) => "reset",
            Effect::Damage(Damage::Lost) => "lose_response",
            Effect::Damage(Damage::Cut) => "cut_body",
            Effect::Damage(Damage::Slow(_)) => "slow_body",
        })
    }

    /// Returns the fault as JSON, with the names that its parameters have in the control API.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let seconds = |duration: Duration| Seconds(duration).to_string();
        let mut fields = Map::new();
        let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        set("method", self.method.as_ref().map(Method::as_str).into());
        set("path", self.path.clone().into());
        set("key", self.key.clone().into());
        set("times", self.times.into());
        set("probability", self.chance().into());
        set("latency", seconds(self.latency).into());
        set("effect", self.effect_name().into());
        match &self.effect {
            Some(Effect::Respond(response)) => {
                let headers = response.headers.iter();
                let headers = headers.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())));
                set("status", response.status.as_u16().into());
                set("type", response.error_type.as_str().into());
                set("code", response.code.as_ref().map(ErrorCode::as_str).into());
                set("message", response.message.as_str().into());
                set(
                    "headers",
                    headers.map(|(name, value)| (name.to_owned(), value.into())).collect::<Map<_, _>>().into(),
                );
                set("body", response.body.as_deref().map(String::from_utf8_lossy).into());
                set("stored", response.is_stored.into());
            }
            Some(Effect::Damage(Damage::Slow(duration))) => {
                set("duration", seconds(*duration).into());
            }
            Some(Effect::Damage(_)) | None => {}
        }
        fields
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("key", &self.key.as_ref().map(|_| "[hidden]"))
            .field("times", &self.times)
            .field("probability", &self.probability)
            .field("latency", &self.latency)
            .field("effect", &self.effect)
            .finish()
    }
}

/// Returns whether a path matches a pattern: see [`Fault::path`].
fn path_matches(path: &str, pattern: &str) -> bool {
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        if expected == "**" {
            return true;
        }
        let matches = |segment| expected == "*" || expected.starts_with('{') || segment == expected;
        if !segments.next().is_some_and(matches) {
            return false;
        }
    }
    segments.next().is_none()
}

/// A fault of a world, with the number of requests that it has applied to.
///
/// ```
/// use stripe_identity_simulator::{Fault, Simulator};
///
/// let stripe = Simulator::new().world("sk_test_123")?;
/// stripe.add_fault(Fault::reset().times(1));
/// let rules = stripe.faults();
/// assert_eq!(rules[0].applied, 0);
/// assert!(stripe.remove_fault(&rules[0].id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// The id, `fault_…`, by which the fault is [removed](crate::Simulator::remove_fault).
    pub id: String,
    /// The fault.
    pub fault: Fault,
    /// The number of requests that the fault has applied to.
    pub applied: u64,
}

impl FaultRule {
    pub(crate) fn to_json(&self) -> Value {
        let mut fields = self.fault.to_json();
        fields.insert("id".to_owned(), self.id.as_str().into());
        fields.insert("object".to_owned(), "simulator.fault".into());
        fields.insert("applied".to_owned(), self.applied.into());
        fields.into()
    }
}

/// The response of a [`Fault`].
///
/// ```
/// use stripe_identity_core::http::{HeaderName, HeaderValue, StatusCode, header};
/// use stripe_identity_simulator::FaultResponse;
///
/// // Stored under the idempotency key, and replayed to every retry.
/// let broken = FaultResponse::new(StatusCode::INTERNAL_SERVER_ERROR).stored();
/// let busy = FaultResponse::rate_limit().header(header::RETRY_AFTER, HeaderValue::from_static("2"));
/// // The response of a proxy between the client and Stripe.
/// let proxy = FaultResponse::new(StatusCode::BAD_GATEWAY).body("<h1>Bad gateway</h1>");
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a response is part of a fault"]
pub struct FaultResponse {
    #[serde(with = "serial::status")]
    status: StatusCode,
    error_type: ApiErrorType,
    code: Option<ErrorCode>,
    message: String,
    #[serde(with = "serial::headers")]
    headers: HeaderMap,
    #[serde(with = "serial::optional_bytes")]
    body: Option<Bytes>,
    is_stored: bool,
}

impl FaultResponse {
    /// Creates a response with Stripe's error object in its body.
    ///
    /// The type of the error follows from the status: `card_error` for 402, `api_error` for 500 to 599, and
    /// `invalid_request_error` otherwise.
    pub fn new(status: StatusCode) -> Self {
        let error_type = match status {
            StatusCode::PAYMENT_REQUIRED => ApiErrorType::CardError,
            _ if status.is_server_error() => ApiErrorType::ApiError,
            _ => ApiErrorType::InvalidRequestError,
        };
        let message = "A fault of the simulator responds with this error.".to_owned();
        Self { status, error_type, code: None, message, headers: HeaderMap::new(), body: None, is_stored: false }
    }

    /// Creates the response to a request that exceeds the rate limit of an account: status 429, code `rate_limit`, and
    /// `Stripe-Rate-Limited-Reason: global-rate`.
    ///
    /// Stripe documents no `Retry-After` for it, so there is none unless it is [added](Self::header).
    pub fn rate_limit() -> Self {
        let message = "Request rate limit exceeded. Learn more about rate limits here: \
                       https://stripe.com/docs/rate-limits.";
        Self::new(StatusCode::TOO_MANY_REQUESTS)
            .code(ErrorCode::RateLimit.as_str())
            .message(message)
            .header(STRIPE_RATE_LIMITED_REASON, HeaderValue::from_static("global-rate"))
    }

    /// Creates the response to a request for an object that another request has locked: status 429, code `lock_timeout`
    /// and `Stripe-Should-Retry: true`.
    ///
    /// Stripe's libraries do not retry a 429 without that header. According to them, Stripe sends it with lock
    /// timeouts.
    pub fn lock_timeout() -> Self {
        let message = "This object cannot be accessed right now because another API request or Stripe process is \
                       currently accessing it. If you see this error intermittently, retry the request.";
        Self::new(StatusCode::TOO_MANY_REQUESTS)
            .code(ErrorCode::LockTimeout.as_str())
            .message(message)
            .header(STRIPE_SHOULD_RETRY, HeaderValue::from_static("true"))
    }

    /// Sets the `type` of the error. Defaults to the type that follows from the status.
    pub fn error_type(self, error_type: &str) -> Self {
        Self { error_type: ApiErrorType::from(error_type), ..self }
    }

    /// Sets the `code` of the error. Defaults to none.
    pub fn code(self, code: &str) -> Self {
        Self { code: Some(ErrorCode::from(code)), ..self }
    }

    /// Sets the `message` of the error. Defaults to a text that names the simulator.
    pub fn message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// Sets a header, such as `Retry-After` or `Stripe-Should-Retry`.
    ///
    /// `Content-Length`, `Transfer-Encoding` and `Connection` are ignored: the body determines them.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets the body, in place of Stripe's error object.
    ///
    /// Such a response does not come from Stripe: it has none of Stripe's headers, such as `Request-Id`. Its
    /// `Content-Type` is `text/html` unless that [header](Self::header) is set.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// Stores the response under the idempotency key of the request. It is replayed to every later request with this
    /// key.
    ///
    /// Stripe does so with a status 500 that occurs after it has begun to execute the request.
    pub fn stored(self) -> Self {
        Self { is_stored: true, ..self }
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// Returns whether the response does not come from Stripe.
    pub(crate) fn is_foreign(&self) -> bool {
        self.body.is_some()
    }

    /// Returns the error as the journal shows it, or `None` if the response does not come from Stripe.
    pub(crate) fn shown_error(&self) -> Option<RequestError> {
        (!self.is_foreign()).then(|| RequestError::new(&self.error_type, self.code.as_ref(), None))
    }

    pub(crate) fn to_response(&self) -> Response<Bytes> {
        let mut response = self.body.clone().map_or_else(|| self.error(), response::html);
        *response.status_mut() = self.status;
        for (name, value) in &self.headers {
            // These would contradict the body as it is sent.
            if ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }

    fn error(&self) -> Response<Bytes> {
        let mut error = json!({ "type": self.error_type, "message": self.message });
        if let Some(code) = &self.code {
            error["code"] = json!(code);
        }
        response::json(self.status, &json!({ "error": error }))
    }
}

impl From<StatusCode> for FaultResponse {
    fn from(status: StatusCode) -> Self {
        Self::new(status)
    }
}

impl fmt::Debug for FaultResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultResponse")
            .field("status", &self.status)
            .field("error_type", &self.error_type)
            .field("code", &self.code)
            .field("stored", &self.is_stored)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_matches_by_segments() {
        const CANCEL: &str = "/v1/identity/verification_sessions/vs_1/cancel";
        for pattern in [
            CANCEL,
            "/v1/identity/verification_sessions/{session}/cancel",
            "/v1/*/verification_sessions/*/cancel",
            "/v1/identity/**",
            "/v1/identity/verification_sessions/vs_1/cancel/**",
            "/**",
            "**",
        ] {
            assert!(path_matches(CANCEL, pattern), "{pattern}");
        }
        for pattern in ["", "/", "/v1/identity/*", "/v1/identity/verification_sessions/{session}", "/v1/files/**", "*"]
        {
            assert!(!path_matches(CANCEL, pattern), "{pattern}");
        }
        assert!(path_matches("/v1/files", "/v1/files/**") && !path_matches("/v1/files", "/v1/files/{file}"));
    }

    #[test]
    fn fault_with_several_conditions_matches_only_if_all_do() {
        let fault = Fault::reset().method(Method::POST).path("/v1/**").key("rk_");
        assert!(fault.matches(&Method::POST, "/v1/files", "rk_test_a"));
        assert!(!fault.matches(&Method::GET, "/v1/files", "rk_test_a"));
        assert!(!fault.matches(&Method::POST, "/v2/files", "rk_test_a"));
        assert!(!fault.matches(&Method::POST, "/v1/files", "sk_test_a"));
        assert!(Fault::reset().matches(&Method::GET, "", ""));
    }

    #[test]
    fn response_has_the_error_or_the_body() {
        let response = FaultResponse::lock_timeout().header(http::header::RETRY_AFTER, 2.into()).to_response();
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &HeaderValue::from(2)));
        assert_eq!(
            (&body["error"]["code"], &body["error"]["type"]),
            (&"lock_timeout".into(), &"invalid_request_error".into())
        );
        assert!(!response.headers().contains_key(STRIPE_RATE_LIMITED_REASON));

        let response =
            FaultResponse::new(StatusCode::BAD_GATEWAY).body("<p>").header(CONTENT_LENGTH, 7.into()).to_response();
        assert_eq!(
            (&response.headers()["content-type"], response.headers().len()),
            (&HeaderValue::from_static("text/html"), 1)
        );
        assert_eq!(response.body().as_ref(), b"<p>");
    }

    #[test]
    fn debug_shows_no_key_message_or_body() {
        let response = FaultResponse::new(StatusCode::BAD_GATEWAY).message("secret").body("secret");
        let fault = Fault::respond(response).key("sk_test_secret");
        assert!(!format!("{fault:?}").contains("secret"), "{fault:?}");
    }
}
