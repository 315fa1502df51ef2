use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind, async_trait};

use crate::difference::{Difference, Expected};

/// Responds to requests from a script, in the order of the script. Clones share the script.
///
/// A request that differs from the script gets a [`TransportError`], so that the call fails where
/// it was made. Unwrapping it shows the difference and the line of the expectation.
/// [`finish`](Self::finish) panics at the line of its call if a request differed or was not sent. A
/// script that is dropped without `finish` panics too.
///
/// It never waits. Its clock moves only by the durations that it was asked to sleep for, which
/// [`sleeps`](Self::sleeps) returns.
///
/// # Examples
///
/// A failure and the retry that follows it:
///
/// ```
/// use stripe_identity_core::http::Method;
/// use stripe_identity_core::{BlockingClient, Config, TransportErrorKind};
/// use stripe_identity_mock::ScriptedTransport;
///
/// let path = "/v1/identity/verification_sessions/vs_123";
/// let stripe = ScriptedTransport::new();
/// stripe.expect(Method::GET, path).fail(TransportErrorKind::Timeout);
/// stripe.expect(Method::GET, path).reply(200, r#"{"id": "vs_123"}"#);
///
/// let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
/// let session = client.verification_sessions().retrieve("vs_123").send()?;
///
/// assert_eq!(session.id, "vs_123");
/// assert_eq!((stripe.requests().len(), stripe.sleeps().len()), (2, 1));
/// stripe.finish();
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Script>);

#[derive(Default)]
struct Script(Mutex<State>);

#[derive(Default)]
struct State {
    due: VecDeque<(Expected, Scripted)>,
    requests: Vec<http::Request<Bytes>>,
    sleeps: Vec<Duration>,
    differences: Vec<Difference>,
}

/// What the script does in response to a request.
enum Scripted {
    Reply(http::Response<Bytes>),
    Fail(TransportErrorKind),
}

impl ScriptedTransport {
    /// Creates an empty script, which expects no request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Expects a request after those that the script expects so far.
    ///
    /// `path` is the whole path without the query, which [`params`](Expectation::params) sets. A
    /// part of the request for which the expectation sets nothing may be anything. The expectation
    /// is added to the script by [`reply`](Expectation::reply) or [`fail`](Expectation::fail).
    #[track_caller]
    pub fn expect(&self, method: Method, path: impl Into<String>) -> Expectation<'_> {
        let at = Location::caller();
        let expected = Expected { method, path: path.into(), params: None, headers: Vec::new(), at };
        Expectation { script: &self.0, expected, reply_headers: Vec::new() }
    }

    /// Returns copies of the requests so far, in the order in which they were sent.
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.0.lock().requests.clone()
    }

    /// Returns the durations that the transport was asked to sleep for so far, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.0.lock().sleeps.clone()
    }

    /// Panics unless every request was as expected and every expected request was sent.
    ///
    /// # Panics
    ///
    /// If a request differed from the script, or an expected request was not sent.
    #[track_caller]
    pub fn finish(&self) {
        let failure = self.0.lock().take_failure();
        assert!(failure.is_none(), "{}", failure.unwrap_or_default());
    }
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic in the middle of a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time that the sleeps so far would have taken.
    fn now(&self) -> Duration {
        self.lock().sleeps.iter().fold(Duration::ZERO, |now, sleep| now.saturating_add(*sleep))
    }

    fn respond(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let mut state = self.lock();
        let difference = match state.due.front() {
            Some((expected, _)) => Difference::between(expected, &request),
            None => Some(Difference::not_expected(&request)),
        };
        state.requests.push(request);
        if let Some(difference) = difference {
            state.differences.push(difference.clone());
            return Err(TransportError::new(TransportErrorKind::Other, difference));
        }
        match state.due.pop_front() {
            Some((_, Scripted::Reply(response))) => Ok(response),
            Some((_, Scripted::Fail(kind))) => Err(kind.into()),
            None => Err(TransportErrorKind::Other.into()),
        }
    }
}

impl State {
    /// Returns how the requests differed from the script, and forgets it, so that dropping the
    /// script does not report it again.
    fn take_failure(&mut self) -> Option<String> {
        let mut failures = std::mem::take(&mut self.differences);
        // After a difference, missing requests are a consequence.
        let missing = std::mem::take(&mut self.due);
        if failures.is_empty() {
            failures.extend(missing.iter().map(|(expected, _)| Difference::not_sent(expected)));
        }
        (!failures.is_empty()).then(|| failures.iter().map(ToString::to_string).collect())
    }
}

impl Drop for Script {
    #[expect(clippy::panic, reason = "a test that does not call `finish` must fail too")]
    fn drop(&mut self) {
        let failure = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take_failure();
        if let Some(failure) = failure
            && !thread::panicking()
        {
            panic!("{failure}");
        }
    }
}

/// A request that a script expects, made by [`ScriptedTransport::expect`].
///
/// ```
/// use stripe_identity_core::http::Method;
/// use stripe_identity_core::types::CreateVerificationSession;
/// use stripe_identity_core::{BlockingClient, Config};
/// use stripe_identity_mock::ScriptedTransport;
///
/// let stripe = ScriptedTransport::new();
/// stripe
///     .expect(Method::POST, "/v1/identity/verification_sessions")
///     .params([("type", "document")])
///     .header("idempotency-key", "key-1")
///     .reply_header("request-id", "req_123")
///     .reply(200, r#"{"id": "vs_123"}"#);
///
/// let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
/// let params = CreateVerificationSession::document();
/// let session = client.verification_sessions().create(params).idempotency_key("key-1").send()?;
/// assert_eq!(session.meta().request_id(), Some("req_123"));
///
/// stripe.finish();
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "an expectation is added to the script by `reply` or `fail`"]
pub struct Expectation<'a> {
    script: &'a Script,
    expected: Expected,
    reply_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Expectation<'_> {
    /// Expects exactly these parameters, in the query or the body, in any order.
    pub fn params<N: Into<String>, V: Into<String>>(mut self, params: impl IntoIterator<Item = (N, V)>) -> Self {
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.expected.params = Some(params.collect());
        self
    }

    /// Expects this header. The request may have others.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.expected.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a header to the reply.
    ///
    /// # Panics
    ///
    /// If the name or the value is not valid in a header.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "the script is part of a test")]
    pub fn reply_header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("a header name");
        let value = value.parse().expect("a header value");
        self.reply_headers.push((name, value));
        self
    }

    /// Adds the expectation to the script, with a response to it.
    ///
    /// # Panics
    ///
    /// If the status is not from 100 to 999.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "the script is part of a test")]
    pub fn reply(self, status: u16, body: impl Into<Bytes>) {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status from 100 to 999");
        response.headers_mut().extend(self.reply_headers);
        self.script.lock().due.push_back((self.expected, Scripted::Reply(response)));
    }

    /// Adds the expectation to the script, with a failure of the transport in place of a response.
    pub fn fail(self, kind: TransportErrorKind) {
        self.script.lock().due.push_back((self.expected, Scripted::Fail(kind)));
    }
}

#[async_trait]
impl HttpTransport for ScriptedTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.0.respond(request)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.lock().sleeps.push(duration);
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}

impl BlockingHttpTransport for ScriptedTransport {
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.0.respond(request)
    }

    fn sleep(&self, duration: Duration) {
        self.0.lock().sleeps.push(duration);
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScriptedTransport").field(&self.0).finish()
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Script").field("due", &state.due.len()).field("received", &state.requests.len()).finish()
    }
}
