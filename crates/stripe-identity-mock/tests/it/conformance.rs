//! The suite itself: a correct transport passes, and one that is wrong in one way fails exactly the
//! checks of that.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::{
    AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind as Kind, async_trait,
};
use stripe_identity_mock::conformance::{Failure, Report, Setup, Suite, Verdict};

use crate::plain_client::{PlainClient, Wrong};

/// Returns how many checks were run.
fn run(report: &Report) -> usize {
    report.results().iter().filter(|result| !matches!(result.verdict, Verdict::Skipped)).count()
}

fn failures(report: &Report) -> Vec<&'static str> {
    report.failures().map(|(check, _)| check).collect()
}

fn judge(wrong: Option<Wrong>) -> Report {
    // A wrong transport uses all the time that it is allowed, so it is allowed less.
    let slack = Duration::from_secs(if wrong.is_some() { 1 } else { 3 });
    Suite::plain().slack(slack).run_blocking(move |setup| PlainClient::new(wrong, setup))
}

/// Returns whether the failure names a line of a check rather than of a helper of all checks.
fn is_in_a_check(failure: &Failure) -> bool {
    let file = Path::new(failure.location().file()).file_name().unwrap().to_str().unwrap();
    ["connections.rs", "failures.rs", "in_plain_text.rs", "requests.rs", "responses.rs", "time.rs"].contains(&file)
}

#[test]
fn right_transport_passes() {
    let report = judge(None);
    report.assert_passed();
    assert!(run(&report) > 30);
}

/// The ways in which a transport can be wrong, each with the checks that must fail, and no others.
const WRONG: &[(Wrong, &[&str])] = &[
    (Wrong::SendsGetForDelete, &["the method is sent unchanged"]),
    (Wrong::NormalizesThePath, &["path and query are sent unchanged"]),
    (Wrong::SendsHeadersOnce, &["headers are sent unchanged, including repeated ones"]),
    (Wrong::SendsHostTwice, &["Host is sent once, and no header is duplicated"]),
    (Wrong::SendsAcceptEncoding, &["no Accept-Encoding is sent"]),
    (Wrong::SendsBodiesAsAscii, &["a body is sent unchanged, with its length"]),
    (
        Wrong::SendsChunkedBodies,
        &["a body is sent unchanged, with its length", "an empty POST body has Content-Length 0"],
    ),
    (Wrong::OmitsZeroContentLength, &["an empty POST body has Content-Length 0"]),
    (Wrong::SendsContentLengthWithGet, &["a GET has no body"]),
    (
        Wrong::FailsOnErrorStatuses,
        &[
            "any status is a response",
            "an error status is not retried",
            "an error body over the limit is cut",
            "an error whose body breaks off or stalls keeps its status",
        ],
    ),
    (Wrong::KeepsTheLastHeader, &["response headers are returned, including repeated ones"]),
    (Wrong::ReadsBodiesAsUtf8, &["a response body is returned unchanged", "a chunked body is returned whole"]),
    (Wrong::ReadsOnlyOneChunk, &["a chunked body is returned whole"]),
    (
        Wrong::IgnoresBodiesWithoutLength,
        &[
            "a body that ends with the connection is returned whole",
            "a success body over the limit is BodyTooLarge",
            "an error whose body breaks off or stalls keeps its status",
            "a reset connection does not complete a body",
        ],
    ),
    (Wrong::Decompresses, &["a body with a Content-Encoding is not decoded"]),
    (Wrong::ReturnsInformationalResponses, &["informational responses are skipped"]),
    (Wrong::FollowsRedirects, &["redirects are not followed"]),
    (Wrong::RetriesErrorStatuses, &["an error status is not retried"]),
    (Wrong::StoresCookies, &["cookies are not stored"]),
    (Wrong::ReportsRefusedAsOther, &["a refused connection is Connect"]),
    (Wrong::ReportsDnsAsConnect, &["a host name without an address is Dns"]),
    (
        Wrong::AcceptsIncompleteBodies,
        &[
            "an incomplete response is Interrupted",
            "the timeout covers the body",
            "the timeout covers headers and body together",
            "a reset connection does not complete a body",
        ],
    ),
    (
        Wrong::RetriesIncompleteResponses,
        &[
            "an incomplete response is not retried",
            "a reused connection that breaks is Interrupted, and is not retried",
        ],
    ),
    (
        Wrong::AcceptsAnyStatusLine,
        &["bytes that are not HTTP are not a response", "errors and Debug output quote nothing of the request"],
    ),
    (
        Wrong::HasNoLimit,
        &[
            "a success body over the limit is BodyTooLarge",
            "an endless success body is not read to its end",
            "an error body over the limit is cut",
            "errors and Debug output quote nothing of the request",
        ],
    ),
    (Wrong::QuotesTheUrl, &["errors and Debug output quote nothing of the request"]),
    (Wrong::ConnectsWithItsOwnTimeout, &["the timeout covers connecting"]),
    (
        Wrong::ReadsHeadersWithItsOwnTimeout,
        &[
            "the timeout covers the headers",
            "the timeout covers reused connections",
            "a late response is not returned for the next request",
        ],
    ),
    (
        Wrong::ReadsBodiesWithItsOwnTimeout,
        &[
            "an error whose body breaks off or stalls keeps its status",
            "the timeout covers the body",
            "the timeout covers headers and body together",
        ],
    ),
    (Wrong::HasAShortTimeoutOfItsOwn, &["a slow response within the timeout is returned"]),
    (Wrong::FailsOnHugeTimeouts, &["a request without a timeout, or with a huge one, gets its response"]),
    (Wrong::SendsOneAtATime, &["requests are sent concurrently"]),
    (Wrong::DoesNotSleep, &["sleep takes as long as asked", "now follows the same clock as sleep"]),
    (Wrong::NeverReusesConnections, &["connections are reused"]),
    (
        Wrong::ReusesClosedConnections,
        &[
            "a connection closed while idle does not fail the next request",
            "bytes after a response are not returned for the next request",
        ],
    ),
    (Wrong::KeepsSurplusBytes, &["bytes after a response are not returned for the next request"]),
    (Wrong::AcceptsResetAsEnd, &["a reset connection does not complete a body"]),
    (Wrong::RetriesOverANewConnection, &["a reused connection that breaks is Interrupted, and is not retried"]),
    (Wrong::ReportsBreaksAsConnect, &["a reused connection that breaks is Interrupted, and is not retried"]),
    (Wrong::IgnoresTheTimeoutOnReusedConnections, &["the timeout covers reused connections"]),
    (Wrong::ReusesConnectionsThatTimedOut, &["a late response is not returned for the next request"]),
    (Wrong::CachesResponses, &["the timeout covers reused connections", "connections are reused"]),
    (
        Wrong::HasNoLimitWithoutLength,
        &["a success body over the limit is BodyTooLarge", "an error body over the limit is cut"],
    ),
    (Wrong::TruncatesUploads, &["a body is sent unchanged, with its length"]),
    (Wrong::DropsHeadersThatAreNotAscii, &["response headers are returned, including repeated ones"]),
    (Wrong::ReadsHeadsInOneRead, &["a response in small pieces is returned whole", "the timeout covers the headers"]),
    (Wrong::HasALongerTimeoutOfItsOwn, &["a slow response within the timeout is returned"]),
    (Wrong::CapsSleeps, &["sleep takes as long as asked", "now follows the same clock as sleep"]),
    (Wrong::RetriesTimeouts, &["a request that timed out is not retried"]),
    (Wrong::SendsEightAtATime, &["requests are sent concurrently"]),
    (Wrong::SendsHttpsInPlainText, &["an https request never leaves in plain text, with or without a proxy"]),
    (Wrong::ReportsMissingTlsAsConnect, &["an https request never leaves in plain text, with or without a proxy"]),
    (Wrong::FailsOnLargeErrors, &["an error body over the limit is cut"]),
    (Wrong::FailsOnBrokenErrors, &["an error whose body breaks off or stalls keeps its status"]),
    (Wrong::ReusesConnectionsOfBrokenErrors, &["an error whose body breaks off or stalls keeps its status"]),
    (Wrong::StopsItsClockWhileItSleeps, &["now follows the same clock as sleep"]),
];

#[test]
fn failure_names_file_and_line_of_its_check() {
    let suite = Suite::plain().only("the method is sent unchanged");
    let report = suite.run_blocking(|setup| PlainClient::new(Some(Wrong::SendsGetForDelete), setup));
    let (_, failure) = report.failures().next().unwrap();
    assert_eq!(failure.message(), "DELETE arrived as GET");
    let (path, line) = (failure.location().file(), failure.location().line() as usize);
    let source = include_str!("../../src/conformance/requests.rs");
    assert!(path.replace('\\', "/").ends_with("src/conformance/requests.rs"), "{path}");
    assert!(source.lines().nth(line - 1).unwrap().contains("arrived as"), "{line}");
    assert_eq!(failure.to_string(), format!("DELETE arrived as GET (at {})", failure.location()));
    assert!(report.to_string().contains(&failure.to_string()), "{report}");
}

#[test]
fn wrong_transport_fails_exactly_its_checks() {
    // The checks mostly wait, so many transports can be judged at a time. All of them at once would
    // delay each other.
    let judges = 8 * thread::available_parallelism().map_or(1, usize::from);
    let (next, surprises) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..judges.min(WRONG.len()) {
            scope.spawn(|| {
                while let Some((wrong, expected)) = WRONG.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let report = judge(Some(*wrong));
                    let is_located = report.failures().all(|(_, failure)| is_in_a_check(failure));
                    if failures(&report) != *expected || !is_located {
                        surprises.lock().unwrap().push(format!("{wrong:?} should fail {expected:#?}:\n{report}"));
                    }
                }
            });
        }
    });
    let surprises = surprises.into_inner().unwrap();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Waits before it sends a request, within the timeout, and otherwise keeps the contract.
#[derive(Debug)]
struct Slow {
    client: PlainClient,
    pause: Duration,
}

impl BlockingHttpTransport for Slow {
    fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let pause = self.pause;
        if let Some(AttemptTimeout(timeout)) = request.extensions_mut().get_mut() {
            thread::sleep(pause.min(*timeout));
            *timeout = timeout.checked_sub(pause).ok_or(Kind::Timeout)?;
        }
        self.client.send(request)
    }

    fn sleep(&self, duration: Duration) {
        self.client.sleep(duration);
    }
}

#[test]
fn slow_transport_passes() {
    // Longer than the timeouts that are meant to run out.
    let slow = |setup: &Setup| Slow { client: PlainClient::new(None, setup), pause: 5 * setup.timeout() / 3 };
    for checks in ["the timeout covers", "timed out", "late", "concurrently", "within the timeout", "are reused"] {
        let report = Suite::plain().only(checks).run_blocking(slow);
        report.assert_passed();
        assert!((1..6).contains(&run(&report)), "{checks}: {report}");
    }
}

/// Finishes requests whose futures were dropped.
#[derive(Debug)]
struct Undroppable(Arc<PlainClient>);

#[async_trait]
impl HttpTransport for Undroppable {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let client = self.0.clone();
        tokio::task::spawn_blocking(move || client.send(request)).await.unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Blocks the thread, and so the other tasks that run on it.
#[derive(Debug)]
struct Hogging(PlainClient);

#[async_trait]
impl HttpTransport for Hogging {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration);
    }
}

#[tokio::test]
async fn transport_that_does_not_stop_or_yield_fails() {
    let quick = Suite::plain().slack(Duration::from_secs(1));
    let undroppable = |setup: &Setup| Undroppable(Arc::new(PlainClient::new(None, setup)));
    let dropped = "a dropped future closes its connection";
    assert_eq!(failures(&quick.run(undroppable).await), [dropped]);

    let hogging = |setup: &Setup| Hogging(PlainClient::new(None, setup));
    let report = quick.run(hogging).await;
    let other_tasks = "sleep and send do not block other tasks";
    assert_eq!(failures(&report), ["requests are sent concurrently", other_tasks, dropped]);
}

/// Trusts every certificate, and accepts a connection that breaks as the end of a body.
#[derive(Debug)]
struct Trusting(ureq::Agent);

impl BlockingHttpTransport for Trusting {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let failed = |error| match error {
            ureq::Error::Timeout(_) => Kind::Timeout,
            _ => Kind::Interrupted,
        };
        let (parts, body) = request.into_parts();
        let response = match parts.method.as_str() {
            "POST" => self.0.run(Request::from_parts(parts, &body[..])),
            _ => self.0.run(Request::from_parts(parts, ())),
        };
        let (parts, mut body) = response.map_err(failed)?.into_parts();
        Ok(Response::from_parts(parts, body.read_to_vec().map_err(failed)?.into()))
    }

    fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

#[test]
fn transport_that_trusts_every_certificate_fails() {
    let tls = ureq::tls::TlsConfig::builder()
        .disable_verification(true)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).max_redirects(0).proxy(None);
    let config = config.timeout_global(Some(Duration::from_secs(60))).build();
    for check in [
        "an untrusted certificate is Tls",
        "a certificate for another name is Tls",
        "a TLS connection closed without close_notify is Interrupted",
    ] {
        let config = config.clone();
        let report = Suite::tls().only(check).run_blocking(move |_| Trusting(config.new_agent()));
        assert_eq!(failures(&report), [check]);
    }
    // It passes other checks.
    Suite::tls()
        .only("the method is sent unchanged")
        .run_blocking(move |_| Trusting(config.new_agent()))
        .assert_passed();
}
