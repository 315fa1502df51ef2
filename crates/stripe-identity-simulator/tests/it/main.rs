//! Tests of the simulator from the outside, as clients see it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod deliveries;
mod facts;
mod fault_control;
mod faults;
#[cfg(feature = "state")]
mod folder;
mod http;
mod isolation;
mod journal;
mod life;
mod lists;
#[cfg(feature = "metrics")]
mod metrics;
mod model;
#[cfg(feature = "server")]
mod noise;
mod overview;
mod page;
mod people;
#[cfg(all(feature = "program", unix))]
mod program;
mod refusals;
#[cfg(feature = "server")]
mod safety;
mod server;
#[cfg(feature = "server")]
mod server_faults;
#[cfg(feature = "state")]
mod state;
#[cfg(feature = "state")]
mod state_file;
#[cfg(feature = "state")]
mod state_kill;
#[cfg(feature = "server")]
mod stopping;
mod surface;
mod time;
mod uploads;
mod urls;
mod verify;
mod webhook_endpoints;
mod webhooks;
mod worlds;

use stripe_identity_core::resources::verification_sessions::VerificationSessions;
use stripe_identity_core::{BlockingClient, Config};
use stripe_identity_simulator::SimulatorTransport;

/// Returns a simulator, and the sessions of a client that has a secret key.
fn start() -> (SimulatorTransport, VerificationSessions<BlockingClient>) {
    let stripe = SimulatorTransport::new();
    let client = BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    (stripe, client.verification_sessions())
}
