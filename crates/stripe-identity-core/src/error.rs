mod invalid_input;
mod kind;
pub(crate) mod loggable;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use stripe_identity_types::{ApiError, ErrorCode};

use self::loggable::{LogCode, LogId, LogMediaType};
use crate::decode::DecodeError;
use crate::headers;
use crate::page::UnreadableItem;
use crate::response::Meta;
use crate::retry;
use crate::transport::TransportError;

pub use self::invalid_input::InvalidInput;
pub use self::kind::ErrorKind;

/// How much of a response body an error keeps.
const BODY_LIMIT: usize = 16 * 1024;

/// The error of a call.
///
/// `Display` names the [kind](ErrorKind) and the reason:
///
/// - if the request was not sent: the invalid option;
/// - if no response arrived: the host and the kind of the transport's failure, and whether a request
///   with an idempotency key may have taken effect;
/// - if a response arrived: its status, its media type if that is not JSON, Stripe's type, code and
///   parameter, and its request id or the lack of one;
/// - if there were several attempts: their number.
///
/// [`source`](StdError::source) returns the cause, as far as `Display` does not show it.
///
/// Neither `Display` nor `Debug` shows keys, bodies, or Stripe's message, which may quote the request.
/// Both are safe to log. [`message`](Self::message) and [`Meta::body`] return what they leave out. An
/// error is one pointer wide.
///
/// ```
/// use stripe_identity_core::types::ErrorCode;
/// use stripe_identity_core::{BlockingClient, Error, ErrorKind};
///
/// /// Returns whether the session exists.
/// fn exists(client: &BlockingClient, id: &str) -> Result<bool, Error> {
///     match client.verification_sessions().retrieve(id).send() {
///         Ok(_) => Ok(true),
///         Err(error) if error.code() == Some(&ErrorCode::ResourceMissing) => Ok(false),
///         Err(error) => {
///             if error.kind() == ErrorKind::Authentication {
///                 eprintln!("check the API key");
///             }
///             Err(error)
///         }
///     }
/// }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    attempts: u32,
    was_sent: bool,
    idempotency_key: Option<HeaderValue>,
    /// Whether a retry was due when the key was too old for one.
    key_expired: bool,
    /// Host and port of the request, if no response arrived.
    host: Option<Box<str>>,
    invalid_input: Option<InvalidInput>,
    /// The id of an object of a page that does not parse.
    object_id: Option<Box<str>>,
    meta: Option<Meta>,
    api: Option<ApiError>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a request that was not sent.
    fn unsent(kind: ErrorKind) -> Self {
        Self(Box::new(Inner {
            kind,
            attempts: 0,
            was_sent: false,
            idempotency_key: None,
            key_expired: false,
            host: None,
            invalid_input: None,
            object_id: None,
            meta: None,
            api: None,
            source: None,
        }))
    }

    pub(crate) fn no_random_bytes(source: std::io::Error) -> Self {
        let mut error = Self::from(InvalidInput::NoRandomness);
        error.0.source = Some(source.into());
        error
    }

    /// An error of an attempt that got no response. `was_sent` covers all attempts of the call.
    pub(crate) fn no_response(
        failure: TransportError,
        attempts: u32,
        was_sent: bool,
        idempotency_key: Option<HeaderValue>,
        host: Option<&str>,
    ) -> Self {
        let mut error = Self::unsent(ErrorKind::Transport);
        error.0.attempts = attempts;
        error.0.was_sent = was_sent;
        error.0.idempotency_key = idempotency_key;
        error.0.host = host.map(Into::into);
        error.0.source = Some(failure.into());
        error
    }

    /// An error for a response that is not a success.
    pub(crate) fn from_response(meta: Meta) -> Self {
        let api = ApiError::from_slice(&meta.body);
        Self::with_meta(ErrorKind::classify(meta.status, api.as_ref()), meta, api)
    }

    /// An error for a success that the caller cannot use.
    pub(crate) fn after_success(kind: ErrorKind, meta: Meta) -> Self {
        let api = ApiError::from_slice(&meta.body);
        Self::with_meta(kind, meta, api)
    }

    fn with_meta(kind: ErrorKind, mut meta: Meta, api: Option<ApiError>) -> Self {
        let mut error = Self::unsent(kind);
        error.0.attempts = meta.attempts;
        error.0.was_sent = true;
        error.0.idempotency_key.clone_from(&meta.idempotency_key);
        error.0.api = api;
        if meta.body.len() > BODY_LIMIT {
            // A copy, so that a small error does not keep a large body alive.
            meta.body = Bytes::copy_from_slice(&meta.body[..BODY_LIMIT]);
        }
        error.0.meta = Some(meta);
        error
    }

    /// An error for a success that does not parse.
    pub(crate) fn undecodable(meta: Meta, source: DecodeError) -> Self {
        let mut error = Self::after_success(ErrorKind::Decode, meta);
        error.0.source = Some(source.into());
        error
    }

    /// An error for one object of a page that parses otherwise.
    pub(crate) fn unreadable_item(page: &Meta, item: UnreadableItem) -> Self {
        let mut meta = page.clone();
        meta.body = Bytes::copy_from_slice(item.object().as_bytes());
        let mut error = Self::after_success(ErrorKind::Decode, meta);
        error.0.object_id = item.id().map(Into::into);
        error.0.source = Some(item.into_reason().into());
        error
    }

    pub(crate) fn with_expired_key(mut self) -> Self {
        self.0.key_expired = true;
        self
    }

    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the status, the headers and the body of the response, or `None` if no response
    /// arrived.
    pub fn meta(&self) -> Option<&Meta> {
        self.0.meta.as_ref()
    }

    /// Returns the HTTP status, or `None` if no response arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.meta().map(Meta::status)
    }

    /// Returns Stripe's id of the request, to quote to Stripe's support, or `None` if no response
    /// arrived or the response has none.
    pub fn request_id(&self) -> Option<&str> {
        self.meta()?.request_id()
    }

    /// Returns Stripe's description of the error, or `None` if no response arrived or its body has
    /// none.
    pub fn api_error(&self) -> Option<&ApiError> {
        self.0.api.as_ref()
    }

    /// Returns Stripe's code for the error, or `None` if there is none.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.api_error()?.code.as_ref()
    }

    /// Returns the name of the parameter that caused the error, or `None` if Stripe names none.
    pub fn param(&self) -> Option<&str> {
        self.api_error()?.param.as_deref()
    }

    /// Returns Stripe's message for developers, or `None` if there is none. It may quote the request,
    /// so it may hold personal data.
    pub fn message(&self) -> Option<&str> {
        self.api_error()?.message.as_ref().map(|message| message.expose().as_str())
    }

    /// Returns how long the server asks to wait before the next request, or `None` if `Retry-After` is
    /// missing or is not a number of seconds. The retries of a call wait that long, but at most a
    /// minute.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self.meta()?.headers())
    }

    /// Returns the id of the object of a page that does not parse. Returns `None` if the object has no
    /// id, and for every other error.
    pub fn object_id(&self) -> Option<&str> {
        self.0.object_id.as_deref()
    }

    /// Returns why the request was not sent, or `None` for every other error.
    pub fn invalid_input(&self) -> Option<InvalidInput> {
        self.0.invalid_input
    }

    /// Returns why no response arrived, or `None` if one did or the request was refused before it was
    /// sent.
    pub fn transport(&self) -> Option<&TransportError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Returns how many attempts the call made: 0 if the request was refused before it was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns whether any attempt may have reached Stripe, and so may have taken effect. If `false`,
    /// no attempt has.
    ///
    /// ```
    /// use stripe_identity_core::{TransportError, TransportErrorKind};
    ///
    /// let was_sent = |kind: TransportErrorKind| TransportError::from(kind).was_sent();
    /// // Without a connection, no byte of the request has left.
    /// assert!(!was_sent(TransportErrorKind::Connect));
    /// // A connection that broke may have carried the request, and only the response is lost.
    /// assert!(was_sent(TransportErrorKind::Interrupted));
    /// ```
    pub fn was_sent(&self) -> bool {
        self.0.was_sent
    }

    /// Returns the idempotency key of the request, given or random, or `None` if it had none or was
    /// refused before it was sent.
    ///
    /// Repeating the call with this key is safe even if an attempt reached Stripe: Stripe then repeats
    /// its response to that attempt, and does not act again.
    ///
    /// ```
    /// # use stripe_identity_core::{BlockingClient, Error, Response};
    /// # use stripe_identity_core::types::VerificationSession;
    /// # fn example(client: &BlockingClient, id: &str) -> Result<Response<VerificationSession>, Error> {
    /// let redact = client.verification_sessions().redact(id);
    /// redact.clone().send().or_else(|error| match error.idempotency_key() {
    ///     Some(key) if error.is_retryable() => redact.idempotency_key(key).send(),
    ///     _ => Err(error),
    /// })
    /// # }
    /// ```
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_ref()?.to_str().ok()
    }

    /// Returns whether the same call, with the same idempotency key, may succeed later.
    ///
    /// This is `true` for a rate limit, too, which a call itself retries only if
    /// [`retry_rate_limits`](crate::Call::retry_rate_limits) is set.
    pub fn is_retryable(&self) -> bool {
        !self.0.key_expired && (self.is_transient(true) || self.0.kind == ErrorKind::WaitTimedOut)
    }

    /// Returns whether a retry may succeed after this error of an attempt.
    pub(crate) fn is_transient(&self, retry_rate_limits: bool) -> bool {
        match (&self.0.meta, self.transport()) {
            (_, Some(failure)) => retry::is_retryable_failure(failure.kind()),
            // After a success, the server would send the same response again.
            (Some(meta), None) if !meta.status.is_success() => {
                let is_stored = self.is_stored();
                retry::is_retryable_response(meta.status, &meta.headers, self.code(), is_stored, retry_rate_limits)
            }
            _ => false,
        }
    }

    /// Returns whether the server stores this failure under the key of the call.
    ///
    /// Only a status of 500 or more counts. For any other replayed response the status decides, and a
    /// success took effect even if its body does not parse.
    fn is_stored(&self) -> bool {
        let meta = self.meta().filter(|meta| meta.status.as_u16() >= 500);
        self.0.idempotency_key.is_some() && meta.is_some_and(Meta::is_replayed)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)?;
        if let Some(host) = &self.0.host {
            write!(f, " from {host}")?;
        }
        if let Some(reason) = self.0.invalid_input {
            write!(f, ": {reason}")?;
        }
        if let Some(reason) = self.transport() {
            write!(f, ": {reason}")?;
        }
        if let Some(id) = &self.0.object_id {
            write!(f, ": object {}", LogId(id))?;
        }
        if let Some(meta) = &self.0.meta {
            let separator = if self.0.object_id.is_some() { "," } else { ":" };
            write!(f, "{separator} status {}", meta.status.as_u16())?;
            // A body that is not JSON comes from a proxy, not from Stripe.
            if let Some(type_) = headers::media_type(&meta.headers).filter(|type_| *type_ != "application/json") {
                write!(f, ", {}", LogMediaType(type_))?;
            }
        }
        if let Some(api) = self.api_error() {
            if !api.type_.is_absent() {
                write!(f, ", {}", LogCode(api.type_.as_str()))?;
            }
            if let Some(code) = &api.code {
                write!(f, ", code {}", LogCode(code.as_str()))?;
            }
            if let Some(param) = &api.param {
                write!(f, ", param {}", LogCode(param))?;
            }
        }
        match self.request_id() {
            Some(id) => write!(f, ", request {}", LogId(id))?,
            None if self.0.meta.is_some() => f.write_str(", no request id")?,
            None => {}
        }
        if self.0.attempts > 1 {
            write!(f, ", after {} attempts", self.0.attempts)?;
        }
        if self.is_stored() && !self.is_retryable() {
            f.write_str(", stored under its idempotency key: to try again, use a new key")?;
        }
        if self.0.kind == ErrorKind::Transport && self.was_sent() && self.idempotency_key().is_some() {
            f.write_str(", may have taken effect")?;
        }
        if self.0.key_expired {
            f.write_str(", not tried again: its idempotency key may have expired")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind);
        if let Some(meta) = &self.0.meta {
            debug.field("status", &meta.status.as_u16());
        }
        if let Some(api) = self.api_error() {
            debug.field("type", &LogCode(api.type_.as_str()));
            debug.field("code", &api.code.as_ref().map(|code| LogCode(code.as_str())));
            debug.field("param", &api.param.as_deref().map(LogCode));
        }
        if self.0.meta.is_some() {
            debug.field("request_id", &self.request_id().map(LogId));
        }
        if let Some(reason) = &self.0.invalid_input {
            debug.field("invalid_input", reason);
        }
        if let Some(host) = &self.0.host {
            debug.field("host", host);
        }
        if let Some(id) = &self.0.object_id {
            debug.field("object_id", &LogId(id));
        }
        debug.field("attempts", &self.0.attempts);
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish_non_exhaustive()
    }
}

impl StdError for Error {
    /// Returns the cause, as far as `Display` does not show it. If no response arrived, this is the
    /// source of the [`TransportError`].
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.transport() {
            Some(error) => error.source(),
            None => self.0.source.as_deref().map(|source| source as _),
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(reason: InvalidInput) -> Self {
        let mut error = Self::unsent(ErrorKind::InvalidInput);
        error.0.invalid_input = Some(reason);
        error
    }
}

/// Never happens: the conversion of an [`ApiKey`](crate::ApiKey) into itself cannot fail.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Converts a transport's error outside a call: from building the transport, or from using it without
/// a client.
impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        let was_sent = error.was_sent();
        Self::no_response(error, 0, was_sent, None, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &'static str) -> Error {
        let response = http::Response::builder().status(status).header("x-own", "1").header("request-id", "req_1");
        Error::from_response(Meta::new(response.body(Bytes::from_static(body.as_bytes())).unwrap(), 1, None))
    }

    #[test]
    fn error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn any_body_keeps_status_and_request_id() {
        for body in ["", "<html>", r#"{"error""#, "[]", "\"x\"", "null", r#"{"error": null}"#, r#"{"error": [1]}"#] {
            let error = error(502, body);
            assert_eq!((error.status(), error.request_id()), (Some(StatusCode::BAD_GATEWAY), Some("req_1")), "{body}");
            let meta = error.meta().unwrap();
            assert_eq!((&meta.headers()["x-own"], meta.headers().len()), (&"1".parse().unwrap(), 2));
            assert_eq!(meta.body(), body);
            assert!(error.api_error().is_none());
        }
    }

    #[test]
    fn display_and_debug_of_personal_data_hide_it() {
        let error = error(
            400,
            r#"{"error": {"type": "ROBIN", "code": "robin@example.test", "message": "robin@example.test",
                "param": "file_link_data[metadata][robin]"}}"#,
        );
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.to_lowercase().contains("robin"), "{shown}");
        assert_eq!(error.message(), Some("robin@example.test"));
        assert_eq!(error.param(), Some("file_link_data[metadata][robin]"));
        let param = |param: &str| LogCode(param).to_string();
        assert_eq!(param("metadata[robin]"), "metadata");
        assert_eq!(param("file_link_data[metadata][robin]"), "file_link_data[metadata]");
        assert_eq!(param("metadata.robin.smith"), "metadata");
        assert_eq!(param("[metadata]robin"), "[metadata]");
        assert_eq!(param("x[robin.smith.1990-01-01]"), "[hidden]");
        assert_eq!(param("robin.smith"), "[hidden]");
        assert_eq!(param("options[document][allowed_types][0]"), "options[document][allowed_types][0]");
    }

    #[test]
    fn display_names_kind_status_code_param_and_request_id() {
        let error =
            error(404, r#"{"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "id"}}"#);
        assert_eq!(
            error.to_string(),
            "the request is invalid: status 404, invalid_request_error, code resource_missing, param id, request req_1"
        );
    }

    #[test]
    fn huge_body_keeps_its_beginning() {
        let response = http::Response::builder().status(500).body(Bytes::from(vec![b'x'; 1 << 20])).unwrap();
        assert_eq!(Error::from_response(Meta::new(response, 1, None)).meta().unwrap().body().len(), BODY_LIMIT);
    }
}
