//! Programs to read and run. None needs an account or a network.
//!
//! - `cargo run --example quickstart`: the life of a session over a real HTTP connection, to a simulator that it starts
//!   itself; `--blocking` does the same without async, and `--stripe` talks to Stripe with the test key in
//!   `STRIPE_SECRET_KEY`.
//! - `cargo run --example crash_safe`: an idempotency key from the program's own records, a lookup once Stripe may have
//!   forgotten it, and crashes that make no second session.
//! - `cargo run --example own_transport`: a transport over the standard library's sockets, judged by the conformance suite.
//! - `cargo run --example sans_io`: a call whose steps are taken by hand, without any client or transport.
//! - `cargo run --example models_only`: the models alone.
//! - `cargo run --example webhook_axum`: a receiver of webhooks that makes the effect of each event once, in one transaction
//!   with the event's id. It gets more than a thousand events, each twice, in any order.

/// The code in the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
