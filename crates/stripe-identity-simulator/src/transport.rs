use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

use crate::simulator::Simulator;

/// A [`Simulator`] in place of a network, for both kinds of client. Clones share the simulator.
///
/// It never waits: where a client would sleep, the simulator's clock is advanced.
///
/// ```
/// use stripe_identity_core::types::{CreateVerificationSession, VerificationSessionStatus};
/// use stripe_identity_core::{BlockingClient, Config};
/// use stripe_identity_simulator::{Outcome, SimulatorTransport};
///
/// let stripe = SimulatorTransport::default();
/// let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
///
/// let session = sessions.create(CreateVerificationSession::document()).send()?;
/// stripe.simulator().submit(&session.id, &Outcome::Verified)?;
/// assert_eq!(sessions.retrieve(&session.id).send()?.status, VerificationSessionStatus::Verified);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct SimulatorTransport(Arc<Mutex<Simulator>>);

impl SimulatorTransport {
    /// A transport to this simulator.
    pub fn new(simulator: Simulator) -> Self {
        Self(Arc::new(Mutex::new(simulator)))
    }

    /// The simulator, locked: let the guard go before the next call.
    pub fn simulator(&self) -> MutexGuard<'_, Simulator> {
        // The lock is held over user code only in tests, where a panic has failed the test already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HttpTransport for SimulatorTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        Ok(self.simulator().handle(request))
    }

    async fn sleep(&self, duration: Duration) {
        self.simulator().advance(duration);
    }
}

impl BlockingHttpTransport for SimulatorTransport {
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        Ok(self.simulator().handle(request))
    }

    fn sleep(&self, duration: Duration) {
        self.simulator().advance(duration);
    }
}

impl fmt::Debug for SimulatorTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatorTransport")
    }
}
