use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::serial;

/// The effect of a [`Fault`](crate::Fault) on a response on its way to the client.
///
/// It is an extension of the response that [`Simulator::handle`](crate::Simulator::handle) returns. `handle` itself
/// neither waits nor loses the response. [`SimulatorTransport`](crate::SimulatorTransport) and
/// [`Server`](crate::Server) do so, and any other caller of `handle` has to:
///
/// ```
/// use std::time::Duration;
/// use stripe_identity_core::http::Request;
/// use stripe_identity_simulator::{Disruption, Fault, Simulator};
///
/// let stripe = Simulator::new();
/// stripe.add_fault(Fault::latency(Duration::from_secs(2)));
/// let request = Request::get("/v1/events").header("Authorization", "Bearer sk_test_123").body(Default::default())?;
/// let response = stripe.handle(request);
/// let disruption = response.extensions().get::<Disruption>().copied().unwrap_or_default();
/// assert_eq!((disruption.latency, disruption.damage), (Duration::from_secs(2), None));
/// # Ok::<(), stripe_identity_core::http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disruption {
    /// The delay of the response. Zero if it is not delayed.
    pub latency: Duration,
    /// The damage to the response after the delay, or `None` if it arrives intact.
    pub damage: Option<Damage>,
}

/// The damage to a response on its way to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Damage {
    /// The connection is reset, and the request has not taken effect. The response at hand is a placeholder that the
    /// client must not get.
    Reset,
    /// The connection ends without a response, and the request has taken effect.
    Lost,
    /// The connection ends in the middle of the body, and the request has taken effect.
    Cut,
    /// The body arrives in pieces over this duration, and the request has taken effect.
    Slow(#[serde(with = "serial::duration")] Duration),
}

/// An extension of a request whose response is delayed by the machine's clock, not by the clock of its world.
#[derive(Clone, Copy)]
pub(crate) struct RealTime;
