//! Transports for tests. Each serves both kinds of client.
//!
//! - [`ScriptedTransport`] answers from a script, and says in what way a request differs from it.
//! - [`Recorder`] keeps what goes through to another transport.
//! - `MockHttpTransport` and `MockBlockingHttpTransport`, with the feature `mockall`, are made by mockall, for everything else.
//!
//! And for those who write a transport, with the feature `conformance`:
//!
//! - `conformance`: a suite that judges any transport by its contract, over real sockets.
//! - `RawServer`: a server on a real socket that does with each request what you say, however wrong.
//!
//! For a test that needs a Stripe which behaves like Stripe, take the simulator instead.
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

/// mockall itself, for its predicates and sequences, in the version that the mocks are made with.
#[cfg(feature = "mockall")]
pub use mockall;
