//! What each parser must hold for any input.
//!
//! Each [`Target`] is a function that panics if its input shows a bug. `cargo xtask fuzz` gives it inputs of a fuzzer; the tests
//! of this package replay the inputs in `corpus/`, on any compiler.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "to panic is what a target is for")]

mod client;
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

/// The keys of texts that Stripe itself writes, which `Debug` shows.
const SHOWN: &[&str] = &[
    "advice_code",
    "api_version",
    "charge",
    "context",
    "decline_code",
    "doc_url",
    "issuing_card",
    "network_advice_code",
    "network_decline_code",
    "payment_method_type",
    "reason",
    "request",
    "request_log_url",
];

/// Returns whether a body has an address where `Debug` may show it: under a key of a text that is not
/// personal, or as the type of a file or the id of a request.
fn shows_an_address(body: &[u8]) -> bool {
    fn is_shown(value: &serde_json::Value, key: &str) -> bool {
        match value {
            serde_json::Value::String(text) => {
                (SHOWN.contains(&key) || matches!(key, "id" | "type")) && text.contains('@')
            }
            serde_json::Value::Array(items) => items.iter().any(|item| is_shown(item, key)),
            serde_json::Value::Object(fields) => fields.iter().any(|(key, value)| is_shown(value, key)),
            _ => false,
        }
    }
    let text = stripe_identity_core::types::escape_invalid_utf8(body);
    // What is not JSON to a `Value` may still parse leniently, so it counts as shown.
    serde_json::from_str(&text).map_or(true, |value| is_shown(&value, ""))
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
