//! Whether a transport keeps its contract, judged over a real socket.
//!
//! A [`Suite`] makes a transport for each of its checks, sends requests over it to a [`RawServer`](crate::RawServer) of its
//! own, which behaves well or badly, and reports what it saw.
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

mod bench;
mod connections;
mod failures;
mod in_plain_text;
mod pace;
mod report;
mod requests;
mod responses;
mod subject;
mod time;

use std::sync::Arc;
use std::time::Duration;

use stripe_identity_core::{BlockingHttpTransport, HttpTransport};

pub use bench::Setup;
use bench::{Bench, Check, MAX_SLACK, On, SLACK};
use pace::Pace;
pub use report::{Report, Verdict, table};
use subject::{Asynchronous, Blocking, Subject};

/// All checks of a transport's contract, without TLS or with it.
///
/// It may run beside other work. While a check runs, the suite measures how late threads of this machine wake, and
/// allows a transport more time accordingly. A check that fails while the machine is late is made again, with four and
/// then ten times longer timeouts; it fails if it fails each time.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    is_tls: bool,
    only: &'static str,
    slack: Duration,
}

impl Suite {
    /// The checks over plain HTTP, of the version 1.1.
    pub fn plain() -> Self {
        Self { is_tls: false, only: "", slack: SLACK }
    }

    /// The checks over TLS, and those of TLS itself. The server offers no HTTP/2. The transport must trust the certificate of the [`Setup`], and no
    /// other that it could meet here.
    pub fn tls() -> Self {
        Self { is_tls: true, only: "", slack: SLACK }
    }

    /// Only the checks whose names hold a text, to look at one that failed.
    pub fn only(self, text: &'static str) -> Self {
        Self { only: text, ..self }
    }

    /// How late what a transport does may be on an idle machine. Defaults to 3 seconds, and is 10 seconds at most.
    pub fn slack(self, slack: Duration) -> Self {
        Self { slack: slack.min(MAX_SLACK), ..self }
    }

    /// Judges an asynchronous transport, of which at least one is made for each check. Runs for some seconds, on whatever runtime
    /// the transport needs.
    pub async fn run<T: HttpTransport + 'static>(self, make: impl Fn(&Setup) -> T + Send + Sync) -> Report {
        self.judge(&|setup| Box::new(Asynchronous(make(setup))), false).await
    }

    /// Judges a blocking transport.
    pub fn run_blocking<T: BlockingHttpTransport + 'static>(self, make: impl Fn(&Setup) -> T + Send + Sync) -> Report {
        let make = |setup: &Setup| -> Box<dyn Subject> { Box::new(Blocking(Arc::new(make(setup)))) };
        subject::block_on(self.judge(&make, true))
    }

    async fn judge(self, make: &(dyn Fn(&Setup) -> Box<dyn Subject> + Send + Sync), is_blocking: bool) -> Report {
        let (pace, _probe) = Pace::start();
        let bench = Bench { make, is_tls: self.is_tls, scale: 1, slack: self.slack, pace };
        let mut verdicts = Vec::new();
        for check in checks() {
            let concerns = check.name.contains(self.only)
                && match check.on {
                    On::All => true,
                    On::Async => !is_blocking,
                    On::Plain => !self.is_tls,
                    On::Tls => self.is_tls,
                };
            let outcome = if concerns { Some(bench.judge(check).await) } else { None };
            verdicts.push(Verdict { check: check.name, outcome });
        }
        Report { verdicts }
    }
}

fn checks() -> impl Iterator<Item = &'static Check> {
    [requests::CHECKS, responses::CHECKS, failures::CHECKS, in_plain_text::CHECKS, time::CHECKS, connections::CHECKS]
        .into_iter()
        .flatten()
}
