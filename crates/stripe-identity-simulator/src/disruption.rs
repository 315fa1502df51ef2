use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::serial;

/// What happens to a response on its way to the client, because of a [`Fault`](crate::Fault).
///
/// It is among the extensions of the response that [`Simulator::handle`](crate::Simulator::handle) returns, which waits for
/// nothing and loses nothing itself. [`SimulatorTransport`](crate::SimulatorTransport) and
/// [`Server`](crate::Server) carry it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disruption {
    /// How much later than it would the response leaves.
    pub latency: Duration,
    /// What then becomes of it.
    pub damage: Option<Damage>,
}

/// What becomes of a response on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Damage {
    /// The connection is reset before the request takes effect. The response is not Stripe's.
    Reset,
    /// The request has taken effect, and the connection ends without a response.
    Lost,
    /// The connection ends in the middle of the body.
    Cut,
    /// The body takes so long from its first byte to its last.
    Slow(#[serde(with = "serial::duration")] Duration),
}

/// Marks a request, by its extensions, whose response is late by the machine's time, whatever the clock of its world is.
#[derive(Clone, Copy)]
pub(crate) struct RealTime;
