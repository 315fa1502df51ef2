//! An asynchronous transport over a [`reqwest::Client`] of your own: [`ReqwestTransport`].
//!
//! Your client brings its TLS, its proxies, its connections and its resolver, and must not do what is the caller's to do:
//! see [`ReqwestTransport::client_builder`]. A call must be awaited inside a tokio runtime with its I/O and time drivers on.
//!
//! ```no_run
//! use stripe_identity_core::{Client, Config};
//! use stripe_identity_reqwest::{ReqwestTransport, reqwest};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let http = ReqwestTransport::client_builder().user_agent("not used: the call has its own").build()?;
//! let client = Client::new(Config::new("sk_test_123")?, ReqwestTransport::new(http));
//! let session = client.verification_sessions().retrieve("vs_123").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! TLS is turned on by your own dependency on reqwest, in the way that you choose.
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `rustls` | yes | tells a failed TLS handshake from other failures to connect, if your client's TLS is rustls |
//!
//! A failed handshake that cannot be told apart counts as [`Connect`](stripe_identity_core::TransportErrorKind::Connect),
//! which is tried again to no avail: nothing is sent either way.

mod classify;
mod transport;

pub use reqwest;
pub use transport::ReqwestTransport;
