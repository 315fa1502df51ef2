//! The transports and the conformance suite, used as in a test.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod conformance;
mod mocks;
mod plain_client;
mod raw_server;
mod scripted;
