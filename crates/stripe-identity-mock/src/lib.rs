//! Transports for tests, for asynchronous and blocking clients.
//!
//! - [`ScriptedTransport`] responds from a script, and reports how a request differs from it.
//! - [`Recorder`] keeps copies of the requests that it passes on to another transport.
//! - `MockHttpTransport` and `MockBlockingHttpTransport`, with the feature `mockall`, are made by
//!   mockall, for tests that need its predicates and sequences.
//!
//! To test a transport, with the feature `conformance`:
//!
//! - `conformance` is a suite that checks that a transport keeps its contract, over real sockets.
//! - `RawServer` is a server on a real socket that responds to each request as a handler decides,
//!   however wrong.
//!
//! If a test needs a server that behaves like Stripe, use `stripe-identity-simulator`.
//!
//! ```
//! use stripe_identity_core::http::Method;
//! use stripe_identity_core::types::CreateVerificationSession;
//! use stripe_identity_core::{BlockingClient, Config};
//! use stripe_identity_mock::ScriptedTransport;
//!
//! let stripe = ScriptedTransport::new();
//! stripe
//!     .expect(Method::POST, "/v1/identity/verification_sessions")
//!     .params([("type", "document")])
//!     .reply(200, r#"{"id": "vs_123"}"#);
//!
//! let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
//! let session = client.verification_sessions().create(CreateVerificationSession::document()).send()?;
//! assert_eq!(session.id, "vs_123");
//!
//! stripe.finish();
//! # Ok::<(), stripe_identity_core::Error>(())
//! ```

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
