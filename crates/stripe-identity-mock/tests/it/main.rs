//! The transports as a test would use them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod mocks;
mod scripted;
