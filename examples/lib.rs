//! Programs to read and run. None needs an account or a network.
//!
//! - `cargo run --example quickstart`: the life of a session over a real HTTP connection, to a simulator that it
//!   starts itself. `--blocking` does the same without async. `--stripe` talks to Stripe, with the test key in
//!   `STRIPE_SECRET_KEY`.
//! - `cargo run --example testing_your_app`: a small application, tested with a script, with the simulator in process and
//!   with the simulator as a server, and what each is good for.
//! - `cargo run --example webhook_axum`: a receiver of webhooks that applies each event exactly once. It commits the
//!   event's id in the same transaction as the effect. It receives 1200 events, each twice and in any order.
//! - `cargo run --example crash_safe`: a program that crashes and creates no second session. Its idempotency keys come
//!   from its own records. Once Stripe may have forgotten a key, it looks for the session first.
//! - `cargo run --example own_transport`: a transport over the standard library's sockets, which the conformance suite
//!   checks.
//! - `cargo run --example sans_io`: a call whose steps are taken by hand, without a client or a transport.
//! - `cargo run --example models_only`: the models alone.

/// The code in these pages is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../PRODUCTION.md")]
struct Production;
