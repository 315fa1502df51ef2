//! The blocking transport: [`UreqTransport`] sends over ureq and rustls, with no runtime inside.
//!
//! HTTP/1.1; connections are kept alive and shared. Every thread may use it at once.
//!
//! ```no_run
//! use stripe_identity_core::{BlockingClient, Config, Error};
//! use stripe_identity_ureq::UreqTransport;
//!
//! # fn example() -> Result<(), Error> {
//! let client = BlockingClient::new(Config::new("sk_test_123")?, UreqTransport::new()?);
//! let session = client.verification_sessions().retrieve("vs_123").send()?;
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
//! With both kinds of roots, either is trusted. Without cryptography, or without any roots, no transport can be built.

mod connection;
mod connector;
mod exceptions;
mod head;
mod proxy;
mod tcp;
mod tls;
mod transport;

pub use transport::{UreqTransport, UreqTransportBuilder};
