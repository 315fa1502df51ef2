use std::ops::Deref;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

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
}

impl From<Simulator> for SimulatorTransport {
    fn from(simulator: Simulator) -> Self {
        Self(simulator)
    }
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
        Ok(self.handle(request))
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
        Ok(self.handle(request))
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }

    fn now(&self) -> Duration {
        self.moment().since_epoch()
    }
}
