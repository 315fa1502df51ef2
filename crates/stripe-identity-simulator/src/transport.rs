use std::ops::Deref;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::{
    AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind, async_trait,
};

use crate::disruption::{Damage, Disruption};
use crate::simulator::Simulator;

/// A transport that passes requests to a [`Simulator`] in the same process, for asynchronous and blocking clients.
/// Clones share the simulator.
///
/// It never sleeps: where a client would wait, the clock of the simulator is advanced, and other tasks get a turn.
/// Retries, deadlines and `wait_until` therefore take no real time.
///
/// It dereferences to its [`Simulator`], whose methods do what users and time do at Stripe.
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
/// A transport over a handle to [one world](Simulator::world) advances only that world:
///
/// ```
/// use stripe_identity_simulator::{Simulator, SimulatorTransport};
///
/// let stripe = Simulator::with_seed(7);
/// let transport = SimulatorTransport::from(stripe.world("sk_test_123")?);
/// # Ok::<(), stripe_identity_simulator::WorldError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SimulatorTransport(Simulator);

impl SimulatorTransport {
    /// Creates a transport to a [new simulator](Simulator::new), which has seed 0 and a frozen clock.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the result of a request, and the time until it arrives.
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

/// Returns the part of a response that arrives within the `timeout` of the client, and the time until it arrives.
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
    // A client reads the body of an error as far as it has arrived.
    (wait, Ok(response.map(|body| body.slice(..body.len() / 2))))
}

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
            // Other requests may arrive while this one is in progress.
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

/// Lets other tasks on the thread take a turn, such as a test that submits in place of the user.
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
