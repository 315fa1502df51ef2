use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::types::{Timestamp, VerificationSessionId};
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

use crate::control_error::ControlError;
use crate::outcome::Outcome;
use crate::simulator::Simulator;
use crate::webhooks::WebhookEndpoint;

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
/// let stripe = SimulatorTransport::default();
/// let sessions = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone()).verification_sessions();
///
/// let session = sessions.create(CreateVerificationSession::document()).send()?;
/// stripe.submit(&session.id, &Outcome::Verified)?;
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

    /// The simulator, locked. Let the guard go before the next call: while it is held, every call waits.
    pub fn lock(&self) -> MutexGuard<'_, Simulator> {
        // The lock is held over user code only in tests, where a panic has failed the test already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What stands in for the person and for time, on whatever shares a simulator: each locks it for itself.
macro_rules! controls {
    ($name:ident) => {
        impl $name {
            /// As [`Simulator::submit`].
            ///
            /// # Errors
            /// If there is no such session, or it does not require input.
            pub fn submit(
                &self,
                session: impl Into<VerificationSessionId>,
                outcome: &Outcome,
            ) -> Result<(), ControlError> {
                self.lock().submit(session, outcome)
            }

            /// As [`Simulator::start_processing`].
            ///
            /// # Errors
            /// If there is no such session, or it does not require input.
            pub fn start_processing(&self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
                self.lock().start_processing(session)
            }

            /// As [`Simulator::finish_processing`].
            ///
            /// # Errors
            /// If there is no such session, or no checks are under way.
            pub fn finish_processing(
                &self,
                session: impl Into<VerificationSessionId>,
                outcome: &Outcome,
            ) -> Result<(), ControlError> {
                self.lock().finish_processing(session, outcome)
            }

            /// As [`Simulator::finish_redaction`].
            ///
            /// # Errors
            /// If there is no such session, or no redaction of it is under way.
            pub fn finish_redaction(&self, session: impl Into<VerificationSessionId>) -> Result<(), ControlError> {
                self.lock().finish_redaction(session)
            }

            /// As [`Simulator::add_webhook`].
            pub fn add_webhook(&self, endpoint: WebhookEndpoint) {
                self.lock().add_webhook(endpoint);
            }

            /// As [`Simulator::take_webhooks`].
            pub fn take_webhooks(&self) -> Vec<http::Request<Bytes>> {
                self.lock().take_webhooks()
            }

            /// As [`Simulator::advance`].
            pub fn advance(&self, duration: Duration) {
                self.lock().advance(duration);
            }

            /// Returns the simulator's time, as [`Simulator::now`] does.
            pub fn time(&self) -> Timestamp {
                self.lock().now()
            }
        }
    };
}
controls! { SimulatorTransport }
#[cfg(feature = "server")]
pub(crate) use controls;

#[async_trait]
impl HttpTransport for SimulatorTransport {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        Ok(self.lock().handle(request))
    }

    async fn sleep(&self, duration: Duration) {
        self.lock().advance(duration);
        give_way().await;
    }

    fn now(&self) -> Duration {
        self.lock().elapsed()
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
        Ok(self.lock().handle(request))
    }

    fn sleep(&self, duration: Duration) {
        self.lock().advance(duration);
    }

    fn now(&self) -> Duration {
        self.lock().elapsed()
    }
}

impl fmt::Debug for SimulatorTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimulatorTransport")
    }
}
