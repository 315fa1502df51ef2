#![doc = include_str!("../README.md")]
//!
//! # Transports
//!
//! A [`ScriptedTransport`] works with both clients, asynchronous and blocking. A [`Recorder`] works
//! with the clients that the transport inside works with, and each mock of mockall with one.
//!
//! | transport | feature | what it does |
//! |---|---|---|
//! | [`ScriptedTransport`] | | responds from a script, and reports how a request differs from it |
//! | [`Recorder`] | | keeps copies of the requests that it passes on to another transport |
//! | `MockHttpTransport`, `MockBlockingHttpTransport` | `mockall` | made by mockall, for tests that need its predicates and sequences |
//!
//! To test a transport, the feature `conformance` adds:
//!
//! - `conformance`, a suite that checks that a transport keeps its contract, over real sockets,
//! - `RawServer`, a server on a real socket that responds to each request as a handler decides,
//!   however wrong.
//!
//! If a test needs a server that behaves like Stripe, use `stripe-identity-simulator`.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `mockall` | | the transports made by mockall, and a re-export of mockall |
//! | `conformance` | | the module `conformance`, `RawServer` and `Exchange`; brings rustls with ring, and rcgen |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs, unnameable_types)]

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "conformance")]
mod connection;
mod difference;
#[cfg(feature = "mockall")]
mod mocks;
#[cfg(feature = "conformance")]
mod raw_server;
mod recorder;
mod scripted;
#[cfg(feature = "conformance")]
mod tls;

#[cfg(feature = "mockall")]
pub use mocks::{MockBlockingHttpTransport, MockHttpTransport};
#[cfg(feature = "conformance")]
pub use raw_server::{Exchange, RawServer};
pub use recorder::Recorder;
pub use scripted::{Expectation, ScriptedTransport};

/// The version of mockall that the mocks are made with, for its predicates and sequences.
#[cfg(feature = "mockall")]
pub use mockall;
