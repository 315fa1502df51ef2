//! All crates together.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod addresses;
mod backends;
mod clients;
mod conformance;
mod dropping;
mod faults;
mod five_ways;
mod http2_server;
mod networks;
mod nothing_leaks;
mod paging;
mod proxies;
mod runtimes;
mod schedules;
mod services;
mod simulated_faults;
mod tls;
mod waiting;
mod webhook_server;
mod webhooks;
mod wire;
