//! The suite itself: it passes what is right, and fails what is wrong in each single way, where it is wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::{
    AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind as Kind, async_trait,
};
use stripe_identity_mock::conformance::{Report, Setup, Suite};

use crate::plain_client::{PlainClient, Wrong};

fn failures(report: &Report) -> Vec<&'static str> {
    report.failures().map(|(check, _)| check).collect()
}

fn judge(wrong: Option<Wrong>) -> Report {
    // What is wrong takes all the time that it gets, so it gets less.
    let slack = Duration::from_secs(if wrong.is_some() { 1 } else { 3 });
    Suite::plain().slack(slack).run_blocking(move |setup| PlainClient::new(wrong, setup))
}

#[test]
fn right_transport_passes() {
    let report = judge(None);
    report.assert_passed();
    assert!(report.verdicts().iter().filter(|verdict| verdict.outcome.is_some()).count() > 30);
}

/// Each way to be wrong, and the checks that fail for it and no others.
const WRONG: &[(Wrong, &[&str])] = &[
    (Wrong::SendsGetForDelete, &["the method arrives"]),
    (Wrong::TidiesThePath, &["path and query arrive to the letter"]),
    (Wrong::SendsHeadersOnce, &["headers arrive, also of the same name"]),
    (Wrong::SaysHostTwice, &["the host header is there once, and nothing is said twice"]),
    (Wrong::AsksForCompression, &["no compression is asked for"]),
    (Wrong::SendsText, &["a body arrives to the byte, with its length"]),
    (Wrong::SendsChunks, &["a body arrives to the byte, with its length", "an empty body of a POST says so"]),
    (Wrong::SaysNoLengthOfNothing, &["an empty body of a POST says so"]),
    (Wrong::SaysLengthOfAGet, &["a GET has no body"]),
    (
        Wrong::TakesRefusalsForFailures,
        &[
            "any status is a response",
            "a refusal is not tried again",
            "the body of an error beyond the limit is cut",
            "an error whose body breaks off or stalls keeps its status",
        ],
    ),
    (Wrong::KeepsTheLastHeader, &["headers come back, also of the same name"]),
    (Wrong::ReadsText, &["a body comes back to the byte", "a body in chunks comes back whole"]),
    (Wrong::ReadsOneChunk, &["a body in chunks comes back whole"]),
    (
        Wrong::ReadsNothingOfNoLength,
        &[
            "a body that ends with the connection comes back whole",
            "a body beyond the limit is BodyTooLarge",
            "an error whose body breaks off or stalls keeps its status",
            "a reset is not the end of a body",
        ],
    ),
    (Wrong::Decompresses, &["a body that says to be compressed comes back as it is"]),
    (Wrong::TakesEarlyHints, &["answers for the time being are passed over"]),
    (Wrong::FollowsRedirects, &["redirects are not followed"]),
    (Wrong::RepeatsRefusals, &["a refusal is not tried again"]),
    (Wrong::KeepsCookies, &["cookies are not kept"]),
    (Wrong::CallsRefusedOther, &["a refused connection is Connect"]),
    (Wrong::CallsNoNameConnect, &["a name without an address is Dns"]),
    (
        Wrong::TakesHalfForWhole,
        &[
            "an answer that breaks off is Interrupted",
            "the timeout covers the body",
            "a reset is not the end of a body",
        ],
    ),
    (
        Wrong::RepeatsCuts,
        &[
            "an answer that breaks off is not tried again",
            "a kept connection that breaks off is Interrupted, and not tried again",
        ],
    ),
    (Wrong::TakesAnything, &["what is no HTTP is no response", "no error and no Debug quotes the request"]),
    (
        Wrong::KnowsNoLimit,
        &[
            "a body beyond the limit is BodyTooLarge",
            "a body without end is given up",
            "the body of an error beyond the limit is cut",
            "no error and no Debug quotes the request",
        ],
    ),
    (Wrong::QuotesTheUrl, &["no error and no Debug quotes the request"]),
    (Wrong::ConnectsInItsOwnTime, &["the timeout covers connecting"]),
    (
        Wrong::ReadsHeadersInItsOwnTime,
        &[
            "the timeout covers the headers",
            "the timeout covers kept connections",
            "an answer that comes too late is not taken for the next",
        ],
    ),
    (
        Wrong::ReadsBodiesInItsOwnTime,
        &["an error whose body breaks off or stalls keeps its status", "the timeout covers the body"],
    ),
    (Wrong::HasNoPatience, &["an answer in time is not cut off"]),
    (Wrong::FailsAtHugeTimeouts, &["without a timeout, and with one beyond all clocks, it goes on"]),
    (Wrong::SendsOneAtATime, &["requests go out at the same time"]),
    (Wrong::DoesNotSleep, &["sleeping takes its time"]),
    (Wrong::ConnectsEachTime, &["connections are kept and used again"]),
    (
        Wrong::TrustsOldConnections,
        &[
            "a connection that was closed meanwhile is not in the way",
            "what comes after an answer is not taken for the next",
        ],
    ),
    (Wrong::ReadsWhatIsLeft, &["what comes after an answer is not taken for the next"]),
    (Wrong::TakesResetForEnd, &["a reset is not the end of a body"]),
    (Wrong::RepeatsOverAnotherConnection, &["a kept connection that breaks off is Interrupted, and not tried again"]),
    (Wrong::CallsABreakConnect, &["a kept connection that breaks off is Interrupted, and not tried again"]),
    (Wrong::IsPatientOverKeptConnections, &["the timeout covers kept connections"]),
    (Wrong::KeepsWhatWasLate, &["an answer that comes too late is not taken for the next"]),
    (Wrong::KeepsAnswers, &["the timeout covers kept connections", "connections are kept and used again"]),
    (
        Wrong::KnowsNoLimitWithoutLength,
        &["a body beyond the limit is BodyTooLarge", "the body of an error beyond the limit is cut"],
    ),
    (Wrong::CutsUploads, &["a body arrives to the byte, with its length"]),
    (Wrong::KeepsAsciiHeaders, &["headers come back, also of the same name"]),
    (Wrong::ReadsInOneGo, &["an answer in small pieces comes back whole", "the timeout covers the headers"]),
    (Wrong::GivesUpAfterASecond, &["an answer in time is not cut off"]),
    (Wrong::SleepsASecondAtMost, &["sleeping takes its time"]),
    (Wrong::RepeatsWhatTookTooLong, &["what took too long is not tried again"]),
    (Wrong::SendsEightAtATime, &["requests go out at the same time"]),
    (Wrong::SendsHttpsInPlainText, &["an https request never leaves in plain text, with or without a proxy"]),
    (Wrong::CallsNoTlsConnect, &["an https request never leaves in plain text, with or without a proxy"]),
    (Wrong::RefusesLargeErrors, &["the body of an error beyond the limit is cut"]),
    (Wrong::RefusesBrokenErrors, &["an error whose body breaks off or stalls keeps its status"]),
    (Wrong::TrustsBrokenErrors, &["an error whose body breaks off or stalls keeps its status"]),
];

#[test]
fn wrong_transport_fails_exactly_its_checks() {
    // Most of it is waiting, so that many can be judged at a time; all of them would keep each other from it.
    let judges = 8 * thread::available_parallelism().map_or(1, usize::from);
    let (next, surprises) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..judges.min(WRONG.len()) {
            scope.spawn(|| {
                while let Some((wrong, expected)) = WRONG.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let report = judge(Some(*wrong));
                    if failures(&report) != *expected {
                        surprises.lock().unwrap().push(format!("{wrong:?} should fail {expected:#?}:\n{report}"));
                    }
                }
            });
        }
    });
    let surprises = surprises.into_inner().unwrap();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

/// Takes its time before it sends anything, and keeps to the contract all the same.
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
    // As long as most timeouts last, and a little more.
    let slow = |setup: &Setup| Slow { client: PlainClient::new(None, setup), pause: 5 * setup.timeout() / 3 };
    for checks in ["the timeout", "too l", "at the same time", "in time", "used again"] {
        let report = Suite::plain().only(checks).run_blocking(slow);
        report.assert_passed();
        let judged = report.verdicts().iter().filter(|verdict| verdict.outcome.is_some()).count();
        assert!((1..6).contains(&judged), "{checks}: {judged}");
    }
}

/// Goes on with what was dropped.
#[derive(Debug)]
struct Stubborn(Arc<PlainClient>);

#[async_trait]
impl HttpTransport for Stubborn {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let client = self.0.clone();
        tokio::task::spawn_blocking(move || client.send(request)).await.unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Blocks whoever else runs on the same thread.
#[derive(Debug)]
struct InTheWay(PlainClient);

#[async_trait]
impl HttpTransport for InTheWay {
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
    let stubborn = |setup: &Setup| Stubborn(Arc::new(PlainClient::new(None, setup)));
    let dropped = "a future that is dropped gives up its connection";
    assert_eq!(failures(&quick.run(stubborn).await), [dropped]);

    let in_the_way = |setup: &Setup| InTheWay(PlainClient::new(None, setup));
    let report = quick.run(in_the_way).await;
    let room = "sleeping and sending leave room for others";
    assert_eq!(failures(&report), ["requests go out at the same time", room, dropped]);
}

/// Trusts everyone, and by itself takes a connection that breaks for the end of a body.
#[derive(Debug)]
struct Credulous(ureq::Agent);

impl BlockingHttpTransport for Credulous {
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
fn transport_that_trusts_everyone_fails() {
    let tls = ureq::tls::TlsConfig::builder()
        .disable_verification(true)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).max_redirects(0).proxy(None);
    let config = config.timeout_global(Some(Duration::from_secs(60))).build();
    for check in [
        "a certificate that nobody vouches for is Tls",
        "a certificate for another name is Tls",
        "an end without a farewell is Interrupted",
    ] {
        let config = config.clone();
        let report = Suite::tls().only(check).run_blocking(move |_| Credulous(config.new_agent()));
        assert_eq!(failures(&report), [check]);
    }
    // It is not wrong in everything.
    Suite::tls().only("the method arrives").run_blocking(move |_| Credulous(config.new_agent())).assert_passed();
}
