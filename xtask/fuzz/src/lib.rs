//! What each parser must hold for any input.
//!
//! Each [`Target`] is a function that panics if its input shows a bug. `cargo xtask fuzz` gives it inputs of a fuzzer; the tests
//! of this package replay the inputs in `corpus/`, on any compiler.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "to panic is what a target is for")]

mod client;
mod shown;
mod simulator;
mod webhook;

/// One parser, and what it must hold.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name, which is also that of its folder in `corpus/`.
    pub name: &'static str,
    /// Gives the parser an input.
    pub run: fn(&[u8]),
}

/// All parsers that read what others write.
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
