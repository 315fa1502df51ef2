use std::ops::Deref;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::{
    AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind, async_trait,
};

use crate::disruption::{Damage, Disruption};
use crate::simulator::Simulator;

/// A [`Simulator`] in place of a network, for both kinds of client. Clones share the simulator.
///
/// It never waits: where a client would sleep, the simulator's clock is advanced, and other tasks get a turn. So a deadline,
/// and waiting for a session, end without delay.
///
/// ```
/// use stripe_identity_core::types::{CreateVerificationSession, VerificationSessionStatus};
/// use stripe_identity_core::{BlockingClient, Config};
/// use stripe_identity_simulator::{Outcome, SimulatorTransport};
///
/// let stripe = SimulatorTransport::new();
/// let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
///
/// let session = sessions.create(CreateVerificationSession::document()).send()?;
/// stripe.submit(&session.id, Outcome::Verified)?;
/// assert_eq!(sessions.retrieve(&session.id).send()?.status, VerificationSessionStatus::Verified);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A transport over a handle to [one world](Simulator::world) advances that world alone:
/// `SimulatorTransport::from(stripe.world("sk_test_123")?)`.
#[derive(Clone, Debug, Default)]
pub struct SimulatorTransport(Simulator);

impl SimulatorTransport {
    /// Creates a transport to a [new simulator](Simulator::new).
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns what comes of a request, and how long it takes.
    fn send(&self, request: http::Request<Bytes>) -> (Duration, Result<http::Response<Bytes>, TransportError>) {
        let timeout = request.extensions().get::<AttemptTimeout>().map_or(Duration::MAX, |timeout| timeout.0);
        let mut response = self.handle(request);
        match response.extensions_mut().remove::<Disruption>() {
            None => (Duration::ZERO, Ok(response)),
            Some(disruption) => arrive(response, disruption, timeout),
        }
    }
}

impl From<Simulator> for SimulatorTransport {
    fn from(simulator: Simulator) -> Self {
        Self(simulator)
    }
}

/// Returns what arrives of a response, and after how long, if the client waits no longer than this.
fn arrive(
    response: http::Response<Bytes>,
    disruption: Disruption,
    timeout: Duration,
) -> (Duration, Result<http::Response<Bytes>, TransportError>) {
    let Disruption { latency, damage } = disruption;
    if latency >= timeout {
        return (timeout, Err(TransportErrorKind::Timeout.into()));
    }
    let (wait, kind) = match damage {
        None => return (latency, Ok(response)),
        Some(Damage::Reset | Damage::Lost) => return (latency, Err(TransportErrorKind::Interrupted.into())),
        Some(Damage::Cut) => (latency, TransportErrorKind::Interrupted),
        Some(Damage::Slow(duration)) => match latency.saturating_add(duration) {
            wait if wait < timeout => return (wait, Ok(response)),
            _ => (timeout, TransportErrorKind::Timeout),
        },
    };
    if response.status().is_success() {
        return (wait, Err(kind.into()));
    }
    // Of a failure, a client takes what has arrived.
    (wait, Ok(response.map(|body| body.slice(..body.len() / 2))))
}

/// What stands in for the person and for time is done to the simulator.
impl Deref for SimulatorTransport {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.0
    }
}

#[async_trait]
impl HttpTransport for SimulatorTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (wait, result) = self.send(request);
        if !wait.is_zero() {
            // Others may come while this request is in progress.
            give_way().await;
            self.advance(wait);
            give_way().await;
        }
        result
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        give_way().await;
    }

    fn now(&self) -> Duration {
        self.moment().since_epoch()
    }
}

/// Lets whatever else runs on the thread take a turn, such as a test that stands in for the person.
async fn give_way() {
    let mut has_given_way = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut has_given_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl BlockingHttpTransport for SimulatorTransport {
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let (wait, result) = self.send(request);
        if !wait.is_zero() {
            self.advance(wait);
        }
        result
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }

    fn now(&self) -> Duration {
        self.moment().since_epoch()
    }
}
