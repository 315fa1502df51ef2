//! Programs to read and run. None needs an account or a network.
//!
//! - `cargo run --example quickstart`: the life of a session over a real HTTP connection, to a simulator that it starts
//!   itself; `--blocking` does the same without async.
//! - `cargo run --example crash_safe`: an idempotency key from the program's own records, and a crash that makes no second
//!   session.

/// The code in the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
