//! Stripe Identity calls as values: this crate builds [`http::Request`]s, parses [`http::Response`]s, and owns every
//! policy in between. It does no I/O and knows no runtime, no TLS and no socket.
//!
//! There are three ways to make a call, which share everything but the last line:
//!
//! - [`Client`] sends over any [`HttpTransport`]: `client.verification_sessions().retrieve("vs_123").await`
//! - [`BlockingClient`] sends over any [`BlockingHttpTransport`]: `….retrieve("vs_123").send()`
//! - [`Config`] sends nothing: `….retrieve("vs_123").start()` gives the first [`Step`] for a loop of your own.
//!
//! Most users take the facade crate `stripe-identity`, which adds the transports.
//!
//! # Errors
//!
//! There is one [`Error`]. It says what kind of failure it was, keeps the status and the request id of any response,
//! however broken, and tells whether the request may have been sent and whether repeating it makes sense. Calls are
//! repeated by themselves where that is safe: every `POST` carries an idempotency key.
//!
//! What is done in each case, rule by rule and with the test that proves it, is in `BEHAVIOUR.md` beside this crate.
//!
//! # While it runs
//!
//! Each call is a span of `tracing` (`stripe_call`), each attempt an event in it with the target `stripe_identity`: an answer
//! at the level `info`, a retry and a failure at `warn`. [`Config::on_attempt`] is told the same.
//!
//! # What is never shown
//!
//! No `Debug` and no `Display` of this crate shows an API key, a body, a query, or Stripe's message about an error. The
//! requests that a transport gets are plain [`http::Request`]s, though: their key header is marked as sensitive, but their
//! URL and body are not hidden from a transport that logs them.

mod api_key;
mod attempt;
mod base_url;
mod call;
mod client;
mod config;
mod decode;
pub mod endpoint;
mod error;
mod error_kind;
mod finite;
mod form;
mod headers;
mod invalid_input;
mod multipart;
mod no_proxy;
mod page;
mod paging;
mod response;
mod retry;
mod shown;
mod step;
mod transport;
mod until;

pub use api_key::ApiKey;
pub use attempt::Attempt;
pub use call::{Call, Caller};
pub use client::{BlockingClient, Client};
pub use config::Config;
pub use endpoint::{Endpoint, WriteEndpoint};
pub use error::Error;
pub use error_kind::ErrorKind;
pub use invalid_input::InvalidInput;
pub use no_proxy::NoProxy;
pub use page::{Page, UnreadableItem};
pub use paging::{Items, ListEndpoint, Pages};
pub use response::Response;
pub use step::{SentCall, Step, WaitingCall};
pub use transport::{AttemptTimeout, BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind};

/// For `#[async_trait] impl HttpTransport for …`.
pub use async_trait::async_trait;
pub use bytes;
pub use http;
pub use stripe_identity_types as types;
