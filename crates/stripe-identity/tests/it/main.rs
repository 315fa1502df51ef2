//! The crates together.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod backends;
mod five_ways;
mod nothing_leaks;
mod paging;
mod tls;
mod wire;
