use std::future::Future;
use std::io;
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use stripe_identity_core::{AttemptTimeout, TransportErrorKind};

use super::candidate::{Candidate, Outcome};
use super::pace::{Pace, roundtrip};
use super::report::Failure;
use crate::raw_server::{Exchange, RawServer};

/// The settings that a transport under test must be made with.
///
/// A [`Suite`](super::Suite) hands one to the function that makes a transport. A transport that has
/// no TLS or knows no proxies ignores the settings for them.
///
/// ```
/// use stripe_identity_mock::conformance::Setup;
///
/// #[derive(Debug)]
/// struct Settings {
///     max_body_size: usize,
///     root_certificate: Option<Vec<u8>>,
///     proxy: Option<String>,
/// }
///
/// fn settings(setup: &Setup) -> Settings {
///     Settings {
///         max_body_size: setup.max_body_size(),
///         root_certificate: setup.certificate().map(<[u8]>::to_vec),
///         proxy: setup.proxy().map(str::to_owned),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Setup {
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) proxy: Option<String>,
    pub(super) timeout: Duration,
    pub(super) longest_wait: Duration,
}

impl Setup {
    /// Returns the certificate to trust, in DER form, or `None` over plain HTTP.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// Returns the URL of the proxy to use for `https` requests to other hosts, or `None` to use no
    /// proxy. A transport that knows no proxies ignores it.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// Returns the size limit to set for response bodies, in bytes.
    pub fn max_body_size(&self) -> usize {
        MAX_BODY_SIZE
    }

    /// Returns the timeout of the requests that are meant to time out. It is longer when a check is
    /// repeated on a busy machine.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Returns the longest time for which the server delays a response. The transport's
    /// own timeouts must be longer.
    pub fn longest_wait(&self) -> Duration {
        self.longest_wait
    }
}

pub(super) const MAX_BODY_SIZE: usize = 100_000;
/// Long enough that no correct response is late, short enough that a hanging check ends.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How much later than due an event may be on an idle machine.
pub(super) const SLACK: Duration = Duration::from_secs(3);
/// Keeps every wait that depends on the slack shorter than the server's own patience.
pub(super) const MAX_SLACK: Duration = Duration::from_secs(10);
/// The timeout of a request that is meant to time out, on a machine that keeps up.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Between two requests: long enough for a connection to return to the pool, or for its end to
/// arrive.
const PAUSE: Duration = Duration::from_millis(50);

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) applies_to: AppliesTo,
    pub(super) run: for<'a> fn(&'a Harness<'a>) -> Running<'a>,
}

/// The transports that a check applies to.
#[derive(Clone, Copy)]
pub(super) enum AppliesTo {
    All,
    Async,
    Plain,
    Tls,
}

/// The environment of a check: it creates transports and the servers that they connect to, and limits the
/// time that events may take.
pub(super) struct Harness<'a> {
    pub(super) make: &'a (dyn Fn(&Setup) -> Box<dyn Candidate> + Send + Sync),
    pub(super) is_tls: bool,
    /// How many times longer than usual the timeouts are.
    pub(super) scale: u32,
    pub(super) slack: Duration,
    pub(super) pace: Pace,
}

impl Harness<'_> {
    /// Runs a check, and repeats it with more time if the machine was late.
    pub(super) async fn judge(&self, check: &Check) -> Result<(), Failure> {
        let mut result = Ok(());
        for scale in [1, 4, 10] {
            self.pace.restart();
            let harness = Harness { scale, pace: self.pace.clone(), ..*self };
            result = (check.run)(&harness).await;
            if result.is_ok() || !self.pace.explains(harness.timeout()) {
                break;
            }
        }
        result
    }

    /// Returns the timeout for a request that is meant to time out.
    pub(super) fn timeout(&self) -> Duration {
        self.scale * TIMEOUT
    }

    /// Returns how late the transport may be, given how late the machine was so far.
    pub(super) fn allowance(&self) -> Duration {
        self.pace.allowance(self.slack)
    }

    /// Returns for how long the server delays a response that the transport must give up on: longer
    /// than any allowance.
    pub(super) fn hold(&self) -> Duration {
        self.timeout() + 4 * self.slack
    }

    /// Waits until an event that is due at once has certainly happened, given how long an exchange
    /// takes on this machine.
    pub(super) async fn pause(&self, transport: &dyn Candidate) {
        self.wait(transport, PAUSE.max(self.ten_roundtrips())).await;
    }

    /// Waits, even if the transport's `sleep` does not: another check covers that.
    pub(super) async fn wait(&self, transport: &dyn Candidate, duration: Duration) {
        let end = Instant::now() + duration;
        // In two halves, so that a runtime gets to run tasks that are due.
        for _ in 0..2 {
            transport.sleep(duration / 2).await;
        }
        thread::sleep(end.saturating_duration_since(Instant::now()));
    }

    fn ten_roundtrips(&self) -> Duration {
        // Without sockets, the check itself fails with the reason.
        roundtrip().map_or(Duration::ZERO, |taken| 10 * taken).min(self.slack)
    }

    #[track_caller]
    pub(super) fn server(
        &self,
        behave: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<RawServer, Failure> {
        started(if self.is_tls { RawServer::start_tls(behave) } else { RawServer::start(behave) })
    }

    /// Makes a transport that trusts the server.
    pub(super) fn transport(&self, server: &RawServer) -> Box<dyn Candidate> {
        (self.make)(&self.setup(server.certificate()))
    }

    pub(super) fn setup(&self, certificate: Option<&[u8]>) -> Setup {
        let certificate = certificate.map(<[u8]>::to_vec);
        Setup { certificate, proxy: None, timeout: self.timeout(), longest_wait: self.hold() }
    }

    /// Sends a request to a server that writes these bytes in response to every request.
    #[track_caller]
    pub(super) fn receive(
        &self,
        response: impl Into<Vec<u8>>,
    ) -> impl Future<Output = Result<(RawServer, Outcome), Failure>> + Send {
        let response = response.into();
        // Not in the future, which would not know the caller's location.
        let server = self.server(move |exchange| exchange.write(&response));
        async move {
            let server = server?;
            let outcome = self.transport(&server).send(get(&server, "/v1/x")).await;
            Ok((server, outcome))
        }
    }
}

/// Unwraps a server of the suite that was just started.
#[track_caller]
pub(super) fn started<T>(server: io::Result<T>) -> Result<T, Failure> {
    match server {
        Ok(server) => Ok(server),
        Err(error) => Err(Failure::new(format!("the suite's own server did not start: {error}"))),
    }
}

pub(super) fn get(server: &RawServer, path: &str) -> Request<Bytes> {
    request(server, Method::GET, path, Bytes::new())
}

pub(super) fn request(server: &RawServer, method: Method, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    at(server.url(), method, path, body)
}

/// Makes a request as the client does: with a timeout, and a `POST` with its length.
pub(super) fn at(base: &str, method: Method, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let body = body.into();
    let is_post = method == Method::POST;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // The suite's own URLs all parse.
    *request.uri_mut() = format!("{base}{path}").parse().unwrap_or_default();
    if is_post {
        let length = request.body().len().into();
        request.headers_mut().insert("content-length", length);
    }
    request.headers_mut().insert("authorization", http::HeaderValue::from_static(SECRET));
    request.extensions_mut().insert(AttemptTimeout(PATIENCE));
    request
}

/// A string that no error may contain.
pub(super) const SECRET: &str = "Bearer sk_test_secret";

pub(super) fn within(mut request: Request<Bytes>, timeout: Duration) -> Request<Bytes> {
    request.extensions_mut().insert(AttemptTimeout(timeout));
    request
}

/// Returns the last request that the server received.
#[track_caller]
pub(super) fn last(server: &RawServer) -> Result<Request<Bytes>, Failure> {
    match server.requests().pop() {
        Some(request) => Ok(request),
        None => Err(Failure::new("no complete request arrived")),
    }
}

/// Fails the check unless the transport returned a response.
#[track_caller]
pub(super) fn responded(outcome: Outcome) -> Result<http::Response<Bytes>, Failure> {
    match outcome {
        Ok(response) => Ok(response),
        Err(error) => {
            let seen = format!("{:?}: {}", error.kind(), chain(&error));
            Err(Failure::new(format!("expected a response, but the request failed as {seen}")))
        }
    }
}

/// Fails the check unless the request failed as one of these kinds.
#[track_caller]
pub(super) fn failed_as(outcome: Outcome, kinds: &[TransportErrorKind]) -> Result<(), Failure> {
    let seen = match outcome {
        Err(error) if kinds.contains(&error.kind()) => return Ok(()),
        Err(error) => format!("failed as {:?}: {}", error.kind(), chain(&error)),
        Ok(response) => format!("returned status {} with {} bytes", response.status(), response.body().len()),
    };
    Err(Failure::new(format!("expected the request to fail as {:?}, but it {seen}", kinds[0])))
}

/// Formats an error and its causes as a log would.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error} ({error:?})");
        cause = error.source();
    }
    text
}

/// Declares the checks of a module.
macro_rules! checks {
    ($($applies_to:ident $name:literal => $check:ident,)+) => {
        pub(super) const CHECKS: &[$crate::conformance::harness::Check] = &[$(
            $crate::conformance::harness::Check {
                name: $name,
                applies_to: $crate::conformance::harness::AppliesTo::$applies_to,
                run: |harness| Box::pin($check(harness)),
            },
        )+];
    };
}
pub(super) use checks;

/// Fails the check at this line, with a message, unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::conformance::report::Failure::new(format!($($message)+)));
        }
    };
}
pub(super) use ensure;
