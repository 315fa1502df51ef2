#![doc = include_str!("../README.md")]
//!
//! # Ways to make a call
//!
//! - A [`Client`] sends over any [`HttpTransport`]:
//!   `client.verification_sessions().retrieve("vs_123").await`
//! - A [`BlockingClient`] sends over any [`BlockingHttpTransport`]: `….retrieve("vs_123").send()`
//! - A [`Config`] sends nothing: `….retrieve("vs_123").start()` returns the first [`Step`] for a loop of
//!   your own, as above.
//!
//! All three have the same methods, and [`resources`] lists them by resource. This crate does no I/O
//! and depends on no runtime, TLS or socket. It owns the policy of a call: headers, idempotency,
//! retries, deadlines, pagination and errors. It has no Cargo features.
//!
//! # Errors
//!
//! There is one [`Error`]. It has a [kind](ErrorKind), keeps the status and the request id of any
//! response, however broken, and says whether the request may have been sent and whether repeating it
//! makes sense. Calls are retried by default where that is safe: every `POST` carries an idempotency
//! key.
//!
//! `BEHAVIOUR.md` in the folder of this crate lists every rule, with the test that proves it.
//!
//! # Observing calls
//!
//! Each call is a `tracing` span (`stripe_call`), and each attempt an event in it with the target
//! `stripe_identity`: a response at the level `info`, a retry and a failure at `warn`, a poll whose
//! condition is not met at `debug`. The hook
//! [`on_attempt`](ConfigBuilder::on_attempt) gets the same.
//!
//! # Privacy
//!
//! No `Debug` and no `Display` of this crate shows an API key, a body, a query, or Stripe's message
//! about an error. The requests that a transport gets are plain [`http::Request`]s, though. Their
//! `Authorization` header is marked as sensitive, but a transport that logs URLs and bodies shows them.

#![warn(unnameable_types)]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod attempt;
mod call;
mod client;
mod config;
mod decode;
mod encode;
pub mod endpoint;
mod error;
pub mod headers;
mod page;
mod paging;
pub mod resources;
mod response;
mod retry;
mod step;
mod transport;

pub use attempt::Attempt;
pub use call::{Call, Caller};
pub use client::{BlockingClient, Client};
pub use config::{ApiKey, Config, ConfigBuilder};
pub use endpoint::{Endpoint, ListEndpoint};
pub use error::{Error, ErrorKind, InvalidInput};
pub use page::{Page, UnreadableItem};
pub use paging::{Items, Pages};
pub use response::{Meta, Response};
pub use retry::{GiveUpReason, RetryDecision};
pub use step::{SentCall, Step, WaitingCall};
pub use transport::{
    AttemptTimeout, BlockingHttpTransport, HttpTransport, NoProxy, TransportError, TransportErrorKind,
};

/// Shared by the transports of this project. Not part of the public API: it may change at any time.
#[doc(hidden)]
pub use transport::support as transport_support;

/// The attribute for `#[async_trait] impl HttpTransport for …`.
pub use async_trait::async_trait;
pub use bytes;
pub use http;
pub use stripe_identity_types as types;
