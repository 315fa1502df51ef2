use std::future::Future;
use std::io;
use std::pin::Pin;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use stripe_identity_core::{AttemptTimeout, TransportErrorKind};

use super::pace::{Pace, roundtrip};
use super::subject::{Outcome, Subject};
use crate::raw_server::{Exchange, RawServer};

/// What a transport under test is to be made with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) proxy: Option<String>,
    pub(super) timeout: Duration,
    pub(super) longest_wait: Duration,
}

impl Setup {
    /// The certificate that it is to trust, in DER form; `None` over plain HTTP.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// The URL of the proxy that it is to use for `https` requests to other machines, if any. A transport that knows no proxies
    /// passes it over.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The largest response body that it is to take, in bytes.
    pub fn max_body_size(&self) -> usize {
        MAX_BODY_SIZE
    }

    /// The timeout of the requests that let one run out. It is longer when the check is made again on a busy machine.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long the server keeps a request waiting at most. Limits that the transport has of its own must be longer.
    pub fn longest_wait(&self) -> Duration {
        self.longest_wait
    }
}

pub(super) const MAX_BODY_SIZE: usize = 100_000;
/// Long enough that no honest answer is late, short enough that what hangs ends.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How much later than it should a thing may happen on an idle machine.
pub(super) const SLACK: Duration = Duration::from_secs(3);
/// So that the server's own patience lasts longer than what depends on it.
pub(super) const MAX_SLACK: Duration = Duration::from_secs(10);
/// A timeout that runs out, where the machine keeps up.
const TIMEOUT: Duration = Duration::from_millis(300);
/// Between two requests: long enough for a connection to be given back, or for its end to arrive.
const A_MOMENT: Duration = Duration::from_millis(50);

pub(super) type Verdict = Result<(), String>;
type Running<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) on: On,
    pub(super) run: for<'a> fn(&'a Bench<'a>) -> Running<'a>,
}

/// Which transports a check concerns.
#[derive(Clone, Copy)]
pub(super) enum On {
    All,
    Async,
    Plain,
    Tls,
}

/// Where a transport is put to the test.
pub(super) struct Bench<'a> {
    pub(super) make: &'a (dyn Fn(&Setup) -> Box<dyn Subject> + Send + Sync),
    pub(super) is_tls: bool,
    /// How many times longer than usual the timeouts are.
    pub(super) scale: u32,
    pub(super) slack: Duration,
    pub(super) pace: Pace,
}

impl Bench<'_> {
    /// Makes a check, and again with more time if the machine was late.
    pub(super) async fn judge(&self, check: &Check) -> Verdict {
        let mut verdict = Ok(());
        for scale in [1, 4, 10] {
            self.pace.restart();
            let bench = Bench { scale, pace: self.pace.clone(), ..*self };
            verdict = (check.run)(&bench).await;
            if verdict.is_ok() || !self.pace.explains(bench.timeout()) {
                break;
            }
        }
        verdict
    }

    /// A timeout that is to run out.
    pub(super) fn timeout(&self) -> Duration {
        self.scale * TIMEOUT
    }

    /// How late the transport may be, by what the machine was so far.
    pub(super) fn allowance(&self) -> Duration {
        self.pace.allowance(self.slack)
    }

    /// How long the server keeps a request waiting that is to be given up: longer than any allowance.
    pub(super) fn hold(&self) -> Duration {
        self.timeout() + 4 * self.slack
    }

    /// Waits until what happens at once has surely happened, by what the machine takes for an exchange.
    pub(super) async fn a_moment(&self, transport: &dyn Subject) {
        self.wait(transport, A_MOMENT.max(self.ten_roundtrips())).await;
    }

    /// Waits, also over a transport that does not sleep, which is judged elsewhere.
    pub(super) async fn wait(&self, transport: &dyn Subject, duration: Duration) {
        let end = Instant::now() + duration;
        // In two halves, so that a runtime comes to do what is due.
        for _ in 0..2 {
            transport.sleep(duration / 2).await;
        }
        thread::sleep(end.saturating_duration_since(Instant::now()));
    }

    fn ten_roundtrips(&self) -> Duration {
        // Where there are no sockets, the check itself says so.
        roundtrip().map_or(Duration::ZERO, |took| 10 * took).min(self.slack)
    }

    pub(super) fn server(
        &self,
        behave: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Result<RawServer, String> {
        let server = if self.is_tls { RawServer::start_tls(behave) } else { RawServer::start(behave) };
        server.map_err(|error| format!("the suite's own server does not start: {error}"))
    }

    /// A transport that trusts the server.
    pub(super) fn transport(&self, server: &RawServer) -> Box<dyn Subject> {
        (self.make)(&self.setup(server.certificate()))
    }

    pub(super) fn setup(&self, certificate: Option<&[u8]>) -> Setup {
        let certificate = certificate.map(<[u8]>::to_vec);
        Setup { certificate, proxy: None, timeout: self.timeout(), longest_wait: self.hold() }
    }

    /// Asks a server that answers every request with these bytes.
    pub(super) async fn ask(&self, answer: impl Into<Vec<u8>>) -> Result<(RawServer, Outcome), String> {
        let answer = answer.into();
        let server = self.server(move |exchange| exchange.write(&answer))?;
        let outcome = self.transport(&server).send(get(&server, "/v1/x")).await;
        Ok((server, outcome))
    }
}

pub(super) fn request(server: &RawServer, method: Method, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    at(server.url(), method, path, body)
}

/// As the client makes it: with a timeout, and a `POST` with its length.
pub(super) fn at(base: &str, method: Method, path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let body = body.into();
    let is_post = method == Method::POST;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // The paths are the suite's own.
    *request.uri_mut() = format!("{base}{path}").parse().unwrap_or_default();
    if is_post {
        let length = request.body().len().into();
        request.headers_mut().insert("content-length", length);
    }
    request.headers_mut().insert("authorization", http::HeaderValue::from_static(SECRET));
    request.extensions_mut().insert(AttemptTimeout(PATIENCE));
    request
}

/// What must not show in any error.
pub(super) const SECRET: &str = "Bearer sk_test_secret";

pub(super) fn get(server: &RawServer, path: &str) -> Request<Bytes> {
    request(server, Method::GET, path, Bytes::new())
}

pub(super) fn within(mut request: Request<Bytes>, timeout: Duration) -> Request<Bytes> {
    request.extensions_mut().insert(AttemptTimeout(timeout));
    request
}

/// The last request that the server took.
pub(super) fn last(server: &RawServer) -> Result<Request<Bytes>, String> {
    server.requests().pop().ok_or_else(|| "no request came through whole".to_owned())
}

pub(super) fn answered(outcome: Outcome) -> Result<http::Response<Bytes>, String> {
    outcome.map_err(|error| format!("it failed as {:?}: {}", error.kind(), chain(&error)))
}

pub(super) fn failed_as(outcome: Outcome, kinds: &[TransportErrorKind]) -> Verdict {
    match outcome {
        Err(error) if kinds.contains(&error.kind()) => Ok(()),
        Err(error) => Err(format!("it failed as {:?} and not as {:?}: {}", error.kind(), kinds[0], chain(&error))),
        Ok(response) => Err(format!(
            "it gave a response ({}, {} bytes) and did not fail as {:?}",
            response.status(),
            response.body().len(),
            kinds[0]
        )),
    }
}

/// An error and its causes, as a log would show them.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error} ({error:?})");
        cause = error.source();
    }
    text
}

/// Names the checks of a module.
macro_rules! checks {
    ($($on:ident $name:literal => $check:ident,)+) => {
        pub(super) const CHECKS: &[$crate::conformance::bench::Check] = &[$(
            $crate::conformance::bench::Check {
                name: $name,
                on: $crate::conformance::bench::On::$on,
                run: |bench| Box::pin($check(bench)),
            },
        )+];
    };
}
pub(super) use checks;

/// Fails the check with what was seen, unless something holds.
macro_rules! ensure {
    ($holds:expr, $($seen:tt)+) => {
        if !$holds {
            return Err(format!($($seen)+));
        }
    };
}
pub(super) use ensure;
