//! The transport over real sockets.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod bodies;
mod features;
mod handshakes;
mod plaintext;
mod proxies;
mod servers;
mod threads;
mod uploads;
