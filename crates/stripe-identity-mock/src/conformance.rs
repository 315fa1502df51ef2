//! A suite of checks that a transport keeps its contract, over real sockets.
//!
//! A [`Suite`] makes a transport for each check, sends requests over it to a
//! [`RawServer`](crate::RawServer) that behaves well or badly, and reports the results. It checks
//! the [contract of `HttpTransport`](HttpTransport#contract).
//!
//! ```
//! # async fn example() {
//! # use stripe_identity_core::bytes::Bytes;
//! # use stripe_identity_core::{HttpTransport, TransportError, async_trait, http};
//! # #[derive(Debug)]
//! # struct MyTransport;
//! # impl MyTransport { fn new(_: Option<&[u8]>, _: Option<&str>, _: usize) -> Self { Self } }
//! # #[async_trait]
//! # impl HttpTransport for MyTransport {
//! #     async fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> { todo!() }
//! #     async fn sleep(&self, _: std::time::Duration) {}
//! # }
//! use stripe_identity_mock::conformance::{Setup, Suite};
//!
//! let make = |setup: &Setup| MyTransport::new(setup.certificate(), setup.proxy(), setup.max_body_size());
//! Suite::plain().run(make).await.assert_passed();
//! Suite::tls().run(make).await.assert_passed();
//! # }
//! ```
//!
//! # Checks
//!
//! The name of a check is a sentence that is true of every transport that keeps the contract. A
//! check without a remark runs for every transport, by [`Suite::plain`] and by [`Suite::tls`].
//!
//! ## Requests
//!
//! - the method is sent unchanged
//! - path and query are sent unchanged
//! - headers are sent unchanged, including repeated ones
//! - `Host` is sent once, and no header is duplicated
//! - no `Accept-Encoding` is sent
//! - a body is sent unchanged, with its length
//! - an empty `POST` body has `Content-Length` 0
//! - a `GET` has no body
//!
//! ## Responses
//!
//! - any status is a response
//! - response headers are returned, including repeated ones
//! - a response body is returned unchanged
//! - a chunked body is returned whole
//! - a response in small pieces is returned whole
//! - a body that ends with the connection is returned whole
//! - a body with a `Content-Encoding` is not decoded
//! - informational responses are skipped
//! - redirects are not followed
//! - an error status is not retried
//! - cookies are not stored
//!
//! ## Failures
//!
//! - a refused connection is `Connect`
//! - a host name without an address is `Dns`
//! - an incomplete response is `Interrupted`
//! - an incomplete response is not retried
//! - a reused connection that breaks is `Interrupted`, and is not retried
//! - bytes that are not HTTP are not a response
//! - a success body over the limit is `BodyTooLarge`
//! - an endless success body is not read to its end
//! - an error body over the limit is cut
//! - an error whose body breaks off or stalls keeps its status
//! - errors and `Debug` output quote nothing of the request
//!
//! ## Plain text
//!
//! - an `https` request never leaves in plain text, with or without a proxy
//!
//! ## Time
//!
//! - the timeout covers connecting
//! - the timeout covers the headers
//! - the timeout covers the body
//! - the timeout covers headers and body together
//! - the timeout covers reused connections
//! - a request that timed out is not retried
//! - a late response is not returned for the next request
//! - a slow response within the timeout is returned
//! - a request without a timeout, or with a huge one, gets its response
//! - requests are sent concurrently
//! - `sleep` takes as long as asked
//! - `now` follows the same clock as `sleep`
//! - `sleep` and `send` do not block other tasks (asynchronous transports)
//! - a dropped future closes its connection (asynchronous transports)
//!
//! ## Connections
//!
//! - connections are reused
//! - a connection closed while idle does not fail the next request
//! - bytes after a response are not returned for the next request
//! - an untrusted certificate is `Tls` (with TLS)
//! - a certificate for another name is `Tls` (with TLS)
//! - a broken TLS handshake is `Connect` or `Tls`, and is not retried (with TLS)
//! - a TLS connection closed without `close_notify` is `Interrupted` (with TLS)
//! - a reset connection does not complete a body (without TLS)
//!
//! # Not checked
//!
//! A transport can break these parts of the contract and still pass:
//!
//! * A request and a response are not logged. The suite reads errors and `Debug` output, but no
//!   log.
//! * Concurrent requests share one pool. Connections are only counted for requests one after
//!   another.
//! * The timeout covers connecting together with the rest. The suite checks connecting alone, and
//!   headers and body together.
//! * The rest of an error body over the limit is left unread. The suite checks that it is cut.
//! * An `https` request over a transport without TLS fails as `Tls`. Some other kinds pass too, as
//!   long as nothing was sent in plain text.
//! * Anything over HTTP/2, which the server does not offer.

mod candidate;
mod connections;
mod failures;
mod harness;
mod in_plain_text;
mod pace;
mod report;
mod requests;
mod responses;
mod time;

use std::sync::Arc;
use std::time::Duration;

use stripe_identity_core::{BlockingHttpTransport, HttpTransport};

use candidate::{Asynchronous, Blocking, Candidate};
pub use harness::Setup;
use harness::{AppliesTo, Check, Harness, MAX_SLACK, SLACK};
use pace::Pace;
pub use report::{CheckResult, Failure, Report, Verdict, table};

/// All checks of a transport's contract, with or without TLS.
///
/// The [module](self) lists them.
///
/// Other work may run on the same machine. While a check runs, the suite measures how late threads of
/// this machine wake, and allows a transport more time accordingly. If a check fails while the
/// machine is late, it is repeated with timeouts four times and then ten times as long. It fails if
/// it fails each time.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use stripe_identity_core::bytes::Bytes;
/// use stripe_identity_core::{BlockingHttpTransport, TransportError, TransportErrorKind, http};
/// use stripe_identity_mock::conformance::Suite;
///
/// /// Refuses every connection.
/// #[derive(Debug)]
/// struct Refusing;
///
/// impl BlockingHttpTransport for Refusing {
///     fn send(&self, _: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
///         Err(TransportErrorKind::Connect.into())
///     }
///
///     fn sleep(&self, duration: Duration) {
///         std::thread::sleep(duration);
///     }
/// }
///
/// Suite::plain().only("a refused connection is Connect").run_blocking(|_| Refusing).assert_passed();
///
/// let report = Suite::plain().only("the method is sent unchanged").run_blocking(|_| Refusing);
/// let (check, failure) = report.failures().next().unwrap();
/// assert_eq!(check, "the method is sent unchanged");
/// assert!(failure.message().contains("the request failed as Connect"));
/// assert!(failure.location().file().ends_with("requests.rs"));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a suite checks nothing until it is run"]
pub struct Suite {
    is_tls: bool,
    only: &'static str,
    slack: Duration,
}

impl Suite {
    /// Creates the suite of the checks over plain HTTP/1.1.
    pub fn plain() -> Self {
        Self { is_tls: false, only: "", slack: SLACK }
    }

    /// Creates the suite of the checks over TLS, including those of TLS itself. The server offers
    /// no HTTP/2.
    ///
    /// The transport must trust the certificate of the [`Setup`], and no other that a check could
    /// present.
    pub fn tls() -> Self {
        Self { is_tls: true, only: "", slack: SLACK }
    }

    /// Skips the checks whose names do not contain a string, to rerun a check that failed.
    pub fn only(self, text: &'static str) -> Self {
        Self { only: text, ..self }
    }

    /// Sets how late a transport's actions may be on an idle machine, up to 10 s. Defaults to 3 s.
    pub fn slack(self, slack: Duration) -> Self {
        Self { slack: slack.min(MAX_SLACK), ..self }
    }

    /// Runs the checks on an asynchronous transport. `make` is called at least once for each check.
    ///
    /// A run takes some seconds. It needs no runtime other than the one that the transport needs.
    pub async fn run<T: HttpTransport + 'static>(self, make: impl Fn(&Setup) -> T + Send + Sync) -> Report {
        self.judge(&|setup| Box::new(Asynchronous(make(setup))), false).await
    }

    /// Runs the checks on a blocking transport. `make` is called at least once for each check.
    pub fn run_blocking<T: BlockingHttpTransport + 'static>(self, make: impl Fn(&Setup) -> T + Send + Sync) -> Report {
        let make = |setup: &Setup| -> Box<dyn Candidate> { Box::new(Blocking(Arc::new(make(setup)))) };
        candidate::block_on(self.judge(&make, true))
    }

    async fn judge(self, make: &(dyn Fn(&Setup) -> Box<dyn Candidate> + Send + Sync), is_blocking: bool) -> Report {
        let (pace, _probe) = Pace::start();
        let harness = Harness { make, is_tls: self.is_tls, scale: 1, slack: self.slack, pace };
        let mut results = Vec::new();
        for check in checks() {
            let applies = check.name.contains(self.only)
                && match check.applies_to {
                    AppliesTo::All => true,
                    AppliesTo::Async => !is_blocking,
                    AppliesTo::Plain => !self.is_tls,
                    AppliesTo::Tls => self.is_tls,
                };
            let verdict = if !applies {
                Verdict::Skipped
            } else if let Err(failure) = harness.judge(check).await {
                Verdict::Failed(failure)
            } else {
                Verdict::Passed
            };
            results.push(CheckResult { check: check.name, verdict });
        }
        Report { results }
    }
}

fn checks() -> impl Iterator<Item = &'static Check> {
    [requests::CHECKS, responses::CHECKS, failures::CHECKS, in_plain_text::CHECKS, time::CHECKS, connections::CHECKS]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_docs_list_every_check() {
        let items = include_str!("conformance.rs").lines().filter_map(|line| line.strip_prefix("//! - "));
        let listed: Vec<_> = items.map(|item| item.replace('`', "")).collect();
        let remark = |applies_to| match applies_to {
            AppliesTo::All => "",
            AppliesTo::Async => " (asynchronous transports)",
            AppliesTo::Plain => " (without TLS)",
            AppliesTo::Tls => " (with TLS)",
        };
        let checks: Vec<_> = checks().map(|check| check.name.to_owned() + remark(check.applies_to)).collect();
        assert_eq!(listed, checks);
    }
}
