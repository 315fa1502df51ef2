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

/// Answers requests from a script, in its order. Clones share the script.
///
/// A request that differs from the script gets a [`TransportError`], so that the call fails where it was made; unwrapped,
/// it shows the difference and the line of the expectation. [`finish`](Self::finish) fails the test at its own line if
/// anything differed or did not come. A script that is dropped without it fails the test too.
///
/// It never waits. Its clock stands still but for the waits that it was asked for, which
/// [`sleeps`](Self::sleeps) returns.
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Script>);

#[derive(Default)]
struct Script(Mutex<State>);

#[derive(Default)]
struct State {
    due: VecDeque<(Expected, Answer)>,
    requests: Vec<http::Request<Bytes>>,
    sleeps: Vec<Duration>,
    differences: Vec<Difference>,
}

enum Answer {
    Reply(http::Response<Bytes>),
    Fail(TransportErrorKind),
}

impl ScriptedTransport {
    /// An empty script, which expects no request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with a request that is expected next. The path is all of the path and has no query, which belongs to
    /// [`params`](Expectation::params). What is not said about the request may be anything; it enters the script with
    /// [`reply`](Expectation::reply) or [`fail`](Expectation::fail).
    #[track_caller]
    pub fn expect(&self, method: Method, path: impl Into<String>) -> Expectation<'_> {
        let at = Location::caller();
        let expected = Expected { method, path: path.into(), params: None, headers: Vec::new(), at };
        Expectation { script: &self.0, expected, reply_headers: Vec::new() }
    }

    /// The requests so far, the first one first.
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.0.lock().requests.clone()
    }

    /// The waits that were asked for so far, the first one first.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.0.lock().sleeps.clone()
    }

    /// Ends the script.
    ///
    /// # Panics
    /// If a request differed from the script, or one that it expects did not come.
    #[track_caller]
    pub fn finish(&self) {
        let failure = self.0.lock().take_failure();
        assert!(failure.is_none(), "{}", failure.unwrap_or_default());
    }
}

impl Script {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time that the waits so far would have taken.
    fn now(&self) -> Duration {
        self.lock().sleeps.iter().fold(Duration::ZERO, |now, sleep| now.saturating_add(*sleep))
    }

    fn answer(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
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
            Some((_, Answer::Reply(response))) => Ok(response),
            Some((_, Answer::Fail(kind))) => Err(kind.into()),
            None => Err(TransportErrorKind::Other.into()),
        }
    }
}

impl State {
    /// All that went against the script, once: whoever asked has been told.
    fn take_failure(&mut self) -> Option<String> {
        let mut failures = std::mem::take(&mut self.differences);
        // After a difference, that others did not come is no news.
        let missing = std::mem::take(&mut self.due);
        if failures.is_empty() {
            failures.extend(missing.iter().map(|(expected, _)| Difference::never_came(expected)));
        }
        (!failures.is_empty()).then(|| failures.iter().map(ToString::to_string).collect())
    }
}

impl Drop for Script {
    #[expect(clippy::panic, reason = "a test that forgot `finish` must fail nevertheless")]
    fn drop(&mut self) {
        let failure = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take_failure();
        if let Some(failure) = failure
            && !thread::panicking()
        {
            panic!("{failure}");
        }
    }
}

/// A request that a script expects, on its way into the script.
#[derive(Debug)]
#[must_use = "an expectation enters the script with `reply` or `fail`"]
pub struct Expectation<'a> {
    script: &'a Script,
    expected: Expected,
    reply_headers: Vec<(HeaderName, HeaderValue)>,
}

impl Expectation<'_> {
    /// Just these parameters, in the query or the body, in any order.
    pub fn params<N: Into<String>, V: Into<String>>(mut self, params: impl IntoIterator<Item = (N, V)>) -> Self {
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.expected.params = Some(params.collect());
        self
    }

    /// This header among others.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.expected.headers.push((name.into(), value.into()));
        self
    }

    /// A header of the reply.
    ///
    /// # Panics
    /// If the name or the value cannot stand in a header.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "part of a test's script")]
    pub fn reply_header(mut self, name: &str, value: &str) -> Self {
        let name = name.parse().expect("a header name");
        let value = value.parse().expect("a header value");
        self.reply_headers.push((name, value));
        self
    }

    /// Enters the script, with a response as the answer.
    ///
    /// # Panics
    /// If the status is not from 100 to 999.
    #[track_caller]
    #[expect(clippy::expect_used, reason = "part of a test's script")]
    pub fn reply(self, status: u16, body: impl Into<Bytes>) {
        let mut response = http::Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status from 100 to 999");
        response.headers_mut().extend(self.reply_headers);
        self.script.lock().due.push_back((self.expected, Answer::Reply(response)));
    }

    /// Enters the script, with a failure of the transport as the answer.
    pub fn fail(self, kind: TransportErrorKind) {
        self.script.lock().due.push_back((self.expected, Answer::Fail(kind)));
    }
}

#[async_trait]
impl HttpTransport for ScriptedTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.0.answer(request)
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
        self.0.answer(request)
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
        f.debug_struct("Script").field("due", &state.due.len()).field("answered", &state.requests.len()).finish()
    }
}
