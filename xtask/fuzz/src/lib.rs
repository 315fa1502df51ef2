//! The properties that each parser must have for any input.
//!
//! Each [`Target`] is a function that panics if its input reveals a bug. `cargo xtask fuzz` runs it on inputs of a
//! fuzzer; the tests of this package replay the inputs in `corpus/`, on any compiler.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a target reports a bug by a panic")]

mod client;
mod shown;
mod simulator;
mod webhook;

/// A parser and its properties.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the target and of its folder in `corpus/`.
    pub name: &'static str,
    /// Runs the parser on an input. Panics if a property does not hold.
    pub run: fn(&[u8]),
}

/// All parsers of input that comes from outside.
pub const TARGETS: &[Target] = &[
    Target { name: "base_url", run: client::base_url },
    Target { name: "error_body", run: client::error_body },
    Target { name: "path_id", run: client::path_id },
    Target { name: "response_body", run: client::response_body },
    Target { name: "simulator_form", run: simulator::form },
    Target { name: "simulator_multipart", run: simulator::multipart },
    Target { name: "webhook_body", run: webhook::body },
    Target { name: "webhook_header", run: webhook::header },
];
