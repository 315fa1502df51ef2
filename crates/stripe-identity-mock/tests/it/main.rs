//! The transports as a test would use them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

#[cfg(feature = "conformance")]
mod conformance;
mod mocks;
#[cfg(feature = "conformance")]
mod plain_client;
#[cfg(feature = "conformance")]
mod raw_server;
mod scripted;
