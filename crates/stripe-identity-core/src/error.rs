use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity_types::{ApiError, ErrorCode};

use crate::decode::DecodeError;
use crate::error_kind::ErrorKind;
use crate::headers;
use crate::invalid_input::InvalidInput;
use crate::page::UnreadableItem;
use crate::response::Response;
use crate::retry;
use crate::shown::{MediaType, Token, Word};
use crate::transport::TransportError;

/// How much of a response body an error keeps.
const BODY_LIMIT: usize = 16 * 1024;

/// Why a call failed, with all that is known about it.
///
/// `Display` says what failed and why: what was wrong with a request that was not sent, the host and the kind of failure
/// where no response came, the status, the media type of what is not JSON, and whether there is a request id.
/// [`source`](StdError::source) goes on from there.
///
/// Neither `Display` nor `Debug` shows keys, bodies, or Stripe's message (which may quote what was sent): both are safe
/// to log. What they leave out is there on purpose: [`message`](Self::message), [`body`](Self::body).
///
/// It is one pointer wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    attempts: u32,
    sent: bool,
    idempotency_key: Option<HeaderValue>,
    /// Whether a retry was due when the key was too old to repeat anything under it.
    key_expired: bool,
    /// Where the request was to go, host and port, if no response came.
    host: Option<Box<str>>,
    invalid_input: Option<InvalidInput>,
    /// The object of a page that could not be read.
    object_id: Option<Box<str>>,
    reply: Option<Reply>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    api: Option<ApiError>,
}

impl Error {
    /// Without randomness there is no idempotency key, and without one no request.
    pub(crate) fn no_randomness(source: std::io::Error) -> Self {
        let mut error = Self::from(InvalidInput::NoRandomness);
        error.0.source = Some(source.into());
        error
    }

    pub(crate) fn transport_failure(error: TransportError, attempts: u32, sent: bool) -> Self {
        let mut error = Self::new(ErrorKind::Transport, attempts, None, Some(error.into()));
        error.0.sent = sent;
        error
    }

    pub(crate) fn at_host(mut self, host: Option<&str>) -> Self {
        self.0.host = host.map(Into::into);
        self
    }

    pub(crate) fn with_expired_key(mut self) -> Self {
        self.0.key_expired = true;
        self
    }

    pub(crate) fn refusal(response: http::Response<Bytes>, attempts: u32) -> Self {
        let reply = Reply::new(response);
        let kind = ErrorKind::of(reply.status, reply.api.as_ref());
        Self::new(kind, attempts, Some(reply), None)
    }

    /// A success that is none for the caller.
    pub(crate) fn in_spite_of<T>(response: &Response<T>, kind: ErrorKind) -> Self {
        Self::new(kind, response.attempts(), Some(Reply::new(response.to_http())), None)
    }

    pub(crate) fn undecodable(response: http::Response<Bytes>, source: DecodeError, attempts: u32) -> Self {
        Self::new(ErrorKind::Decode, attempts, Some(Reply::new(response)), Some(source.into()))
    }

    /// An object of a page that could not be read, while the page itself could.
    pub(crate) fn unreadable_item<T>(page: &Response<T>, item: UnreadableItem) -> Self {
        let mut response = page.to_http();
        *response.body_mut() = Bytes::copy_from_slice(item.object().as_bytes());
        let mut error = Self::new(ErrorKind::Decode, page.attempts(), Some(Reply::new(response)), None);
        error.0.object_id = item.id().map(Into::into);
        error.0.source = Some(item.into_reason().into());
        error
    }

    pub(crate) fn under_key(mut self, key: Option<&HeaderValue>) -> Self {
        self.0.idempotency_key = key.cloned();
        self
    }

    fn new(
        kind: ErrorKind,
        attempts: u32,
        reply: Option<Reply>,
        source: Option<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        let sent = reply.is_some();
        Self(Box::new(Inner {
            kind,
            attempts,
            sent,
            idempotency_key: None,
            key_expired: false,
            host: None,
            invalid_input: None,
            object_id: None,
            reply,
            source,
        }))
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, if a response came.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.reply.as_ref().map(|reply| reply.status)
    }

    /// The response's headers, if one came.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.reply.as_ref().map(|reply| &reply.headers)
    }

    /// The id that Stripe gave to the request, which its support asks for. `None` if no response came, or it had none.
    pub fn request_id(&self) -> Option<&str> {
        headers::request_id(self.headers()?)
    }

    /// What Stripe said about the request, if it said anything that could be read.
    pub fn api_error(&self) -> Option<&ApiError> {
        self.0.reply.as_ref()?.api.as_ref()
    }

    /// Stripe's code for the reason.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.api_error()?.code.as_ref()
    }

    /// The parameter at fault.
    pub fn param(&self) -> Option<&str> {
        self.api_error()?.param.as_deref()
    }

    /// Stripe's message for developers. It may quote what was sent, so it may hold personal data.
    pub fn message(&self) -> Option<&str> {
        self.api_error()?.message.as_ref().map(|message| message.expose().as_str())
    }

    /// How long the server asks to wait before the next request, if it says so in seconds. A call that is repeated by
    /// itself keeps to it, up to a minute.
    pub fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(self.headers()?)
    }

    /// What Stripe wants developers to know about the request, such as that it used something on its way out.
    pub fn notice(&self) -> Option<&str> {
        headers::notice(self.headers()?)
    }

    /// Returns the id of the object that could not be read, while the page that it stands on could. `None` for every other
    /// failure, and if the object has no id.
    pub fn object_id(&self) -> Option<&str> {
        self.0.object_id.as_deref()
    }

    /// The first 16 KiB of the response body, or of the object of a page that could not be read; empty if no response came.
    /// It may hold personal data.
    pub fn body(&self) -> &[u8] {
        self.0.reply.as_ref().map_or(&[], |reply| &reply.body)
    }

    /// Returns what was wrong with a request that was not sent, or `None` if the failure is another.
    pub fn invalid_input(&self) -> Option<InvalidInput> {
        self.0.invalid_input
    }

    /// Returns whether the response is a copy of the one that the same idempotency key got before.
    ///
    /// What is stored under a key comes again for as long as the key lives: the same call can only succeed under a new
    /// key. Stripe stores failures too, those with a status of 500 or more among them.
    pub fn is_replayed(&self) -> bool {
        self.headers().is_some_and(headers::is_replayed)
    }

    /// Why no response came, if that is the failure.
    pub fn transport(&self) -> Option<&TransportError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// How often the request was handed to the transport.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether any attempt may have reached Stripe, and so may have taken effect. `false` is certain.
    pub fn was_sent(&self) -> bool {
        self.0.sent
    }

    /// The key that the request carried, yours or a random one. `None` if it carried none, or was refused on this side.
    ///
    /// Who makes the same call under it again, after a failure that left open whether the request
    /// [was sent](Self::was_sent), gets what the first one did or would have done:
    ///
    /// ```
    /// # use stripe_identity_core::{BlockingClient, Error, Response};
    /// # use stripe_identity_core::types::{CreateVerificationSession, VerificationSession};
    /// # fn example(client: &BlockingClient) -> Result<Response<VerificationSession>, Error> {
    /// let create = client.verification_sessions().create(CreateVerificationSession::document());
    /// create.clone().send().or_else(|error| match error.idempotency_key() {
    ///     Some(key) if error.is_retryable() => create.idempotency_key(key).send(),
    ///     _ => Err(error),
    /// })
    /// # }
    /// ```
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_ref()?.to_str().ok()
    }

    /// Whether the same call, with the same idempotency key, may succeed later.
    ///
    /// True for a rate limit too, which a call does not repeat by itself unless
    /// [told to](crate::Call::retry_rate_limits): what is too much now is so half a second later.
    pub fn is_retryable(&self) -> bool {
        !self.0.key_expired && (self.is_worth_repeating(true) || self.0.kind == ErrorKind::NotYet)
    }

    pub(crate) fn is_worth_repeating(&self, even_rate_limits: bool) -> bool {
        match (&self.0.reply, self.transport()) {
            (_, Some(error)) => retry::after_failure(error),
            // A success that is an error on this side stays one.
            (Some(reply), None) if !reply.status.is_success() => {
                retry::after_reply(reply.status, &reply.headers, self.code(), self.is_stored(), even_rate_limits)
            }
            _ => false,
        }
    }
}

impl Error {
    /// Whether the failure is one of the server that is stored under the key of the call. Other statuses that say that they
    /// are replayed are judged by themselves, and a success took effect, whatever became of its body.
    fn is_stored(&self) -> bool {
        let is_failure = self.status().is_some_and(|status| status.as_u16() >= 500);
        is_failure && self.0.idempotency_key.is_some() && self.is_replayed()
    }
}

impl Reply {
    fn new(response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let api = ApiError::from_slice(&body);
        // A copy of the beginning, so that a small error does not keep a large body alive.
        let body = if body.len() > BODY_LIMIT { Bytes::copy_from_slice(&body[..BODY_LIMIT]) } else { body };
        Self { status: parts.status, headers: parts.headers, body, api }
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
            write!(f, ": object {}", Token(id))?;
        }
        if let Some(reply) = &self.0.reply {
            let separator = if self.0.object_id.is_some() { "," } else { ":" };
            write!(f, "{separator} status {}", reply.status.as_u16())?;
            // What is no JSON comes from something in between.
            if let Some(type_) = headers::media_type(&reply.headers).filter(|type_| *type_ != "application/json") {
                write!(f, ", {}", MediaType(type_))?;
            }
        }
        if let Some(api) = self.api_error() {
            if !api.type_.is_absent() {
                write!(f, ", {}", Word(api.type_.as_str()))?;
            }
            if let Some(code) = &api.code {
                write!(f, ", code {}", Word(code.as_str()))?;
            }
            if let Some(param) = &api.param {
                write!(f, ", param {}", Word(param))?;
            }
        }
        match self.request_id() {
            Some(id) => write!(f, ", request {}", Token(id))?,
            None if self.0.reply.is_some() => f.write_str(", no request id")?,
            None => {}
        }
        if self.0.attempts > 1 {
            write!(f, ", after {} attempts", self.0.attempts)?;
        }
        if self.is_stored() && !self.is_retryable() {
            f.write_str(", stored under its idempotency key: to try again, use a new key")?;
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
        if let Some(reply) = &self.0.reply {
            debug.field("status", &reply.status.as_u16());
        }
        if let Some(api) = self.api_error() {
            debug.field("type", &Word(api.type_.as_str()));
            debug.field("code", &api.code.as_ref().map(|code| Word(code.as_str())));
            debug.field("param", &api.param.as_deref().map(Word));
        }
        if self.0.reply.is_some() {
            debug.field("request_id", &self.request_id().map(Token));
        }
        if let Some(reason) = &self.0.invalid_input {
            debug.field("invalid_input", reason);
        }
        if let Some(host) = &self.0.host {
            debug.field("host", host);
        }
        if let Some(id) = &self.0.object_id {
            debug.field("object_id", &Token(id));
        }
        debug.field("attempts", &self.0.attempts);
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish_non_exhaustive()
    }
}

impl StdError for Error {
    /// Returns what is behind the failure and not yet in `Display`: for a failed transport, what caused it to fail.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.transport() {
            Some(error) => error.source(),
            None => self.0.source.as_deref().map(|source| source as _),
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(reason: InvalidInput) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput, 0, None, None);
        error.0.invalid_input = Some(reason);
        error
    }
}

/// A transport could not be made, or was used without a client.
impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        let sent = error.was_sent();
        Self::transport_failure(error, 0, sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &'static str) -> Error {
        let response = http::Response::builder().status(status).header("x-own", "1").header("request-id", "req_1");
        Error::refusal(response.body(Bytes::from_static(body.as_bytes())).unwrap(), 1)
    }

    #[test]
    fn it_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn status_and_request_id_survive_any_body() {
        for body in ["", "<html>", r#"{"error""#, "[]", "\"x\"", "null", r#"{"error": null}"#, r#"{"error": [1]}"#] {
            let error = refusal(502, body);
            assert_eq!((error.status(), error.request_id()), (Some(StatusCode::BAD_GATEWAY), Some("req_1")), "{body}");
            assert_eq!(
                (&error.headers().unwrap()["x-own"], error.headers().unwrap().len()),
                (&"1".parse().unwrap(), 2)
            );
            assert_eq!(error.body(), body.as_bytes());
            assert!(error.api_error().is_none());
        }
    }

    #[test]
    fn what_stripe_quotes_is_not_shown() {
        let error = refusal(
            400,
            r#"{"error": {"type": "ROBIN", "code": "robin@example.test", "message": "robin@example.test",
                "param": "file_link_data[metadata][robin]"}}"#,
        );
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.to_lowercase().contains("robin"), "{shown}");
        assert_eq!(error.message(), Some("robin@example.test"));
        assert_eq!(error.param(), Some("file_link_data[metadata][robin]"));
        let param = |param: &str| Word(param).to_string();
        assert_eq!(param("metadata[robin]"), "metadata");
        assert_eq!(param("file_link_data[metadata][robin]"), "file_link_data[metadata]");
        assert_eq!(param("metadata.robin.smith"), "metadata");
        assert_eq!(param("[metadata]robin"), "[metadata]");
        assert_eq!(param("x[robin.smith.1990-01-01]"), "[hidden]");
        assert_eq!(param("robin.smith"), "[hidden]");
        assert_eq!(param("options[document][allowed_types][0]"), "options[document][allowed_types][0]");
    }

    #[test]
    fn display_is_one_line_that_can_be_acted_on() {
        let error =
            refusal(404, r#"{"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "id"}}"#);
        assert_eq!(
            error.to_string(),
            "the request is invalid: status 404, invalid_request_error, code resource_missing, param id, request req_1"
        );
    }

    #[test]
    fn a_huge_body_is_not_kept() {
        let response = http::Response::builder().status(500).body(Bytes::from(vec![b'x'; 1 << 20])).unwrap();
        assert_eq!(Error::refusal(response, 1).body().len(), BODY_LIMIT);
    }
}
