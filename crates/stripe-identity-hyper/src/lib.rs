//! The asynchronous transport: [`HyperTransport`] sends over hyper, rustls and tokio.
//!
//! HTTP/1.1 and HTTP/2, as the server chooses (ALPN); connections are kept alive and shared. A call must be awaited inside
//! a tokio runtime with its I/O and time drivers on.
//!
//! ```no_run
//! use stripe_identity_core::{Client, Config, Error};
//! use stripe_identity_hyper::HyperTransport;
//!
//! # async fn example() -> Result<(), Error> {
//! let client = Client::new(Config::new("sk_test_123")?, HyperTransport::new()?);
//! let session = client.verification_sessions().retrieve("vs_123").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `ring` | yes | TLS with ring |
//! | `aws-lc` | | TLS with AWS-LC, also where `ring` is on |
//! | `webpki-roots` | yes | trusts the bundled root certificates of Mozilla |
//! | `native-roots` | | trusts the root certificates of the operating system |
//!
//! With both kinds of roots, either is trusted. Without any roots or without cryptography,
//! [`HyperTransportBuilder::tls_config`] must say what to use.

mod classify;
mod resolver;
mod tls;
mod transport;

pub use rustls;
pub use transport::{HyperTransport, HyperTransportBuilder};
