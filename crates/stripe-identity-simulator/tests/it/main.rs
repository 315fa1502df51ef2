//! The simulator, as clients see it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod deliveries;
mod facts;
mod fault_control;
mod faults;
mod http;
mod isolation;
mod life;
mod lists;
mod model;
#[cfg(feature = "server")]
mod noise;
mod page;
mod people;
mod refusals;
#[cfg(feature = "server")]
mod safety;
mod server;
#[cfg(feature = "server")]
mod server_faults;
mod surface;
mod time;
mod uploads;
mod urls;
mod webhook_endpoints;
mod webhooks;
mod worlds;

use stripe_identity_core::resources::verification_sessions::VerificationSessions;
use stripe_identity_core::{BlockingClient, Config};
use stripe_identity_simulator::SimulatorTransport;

/// A simulator, and its sessions over a client with a secret key.
fn start() -> (SimulatorTransport, VerificationSessions<BlockingClient>) {
    let stripe = SimulatorTransport::new();
    let client = BlockingClient::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    (stripe, client.verification_sessions())
}
