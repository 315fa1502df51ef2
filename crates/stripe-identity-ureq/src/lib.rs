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
//!
//! # Time
//!
//! The time of an attempt covers all of it: name lookup, connection, proxy, TLS handshake, request and response, however
//! slowly each arrives. If it runs out, the error is [`Timeout`](stripe_identity_core::TransportErrorKind::Timeout); if only the
//! [time for a connection](UreqTransportBuilder::connect_timeout) does, it is
//! [`Connect`](stripe_identity_core::TransportErrorKind::Connect).
//!
//! The system's name lookup cannot be interrupted. If it hangs, the call ends in time, and a thread that waits for the lookup
//! stays behind until the lookup ends. The process does not wait for it when it exits.
//!
//! # Features of ureq
//!
//! Cargo unites features, so another crate may turn on features of ureq that this one does not use. What they change:
//!
//! - `gzip` and `brotli`: nothing that is sent, since no compression is asked for. A response that is compressed all the same
//!   is decompressed, and its `Content-Encoding` and `Content-Length` are removed. Stripe sends none.
//! - `cookies`: a transport keeps cookies that a response sets, and sends them along with later requests to that host. ureq
//!   has no setting against it. Stripe's API sets none.

mod connection;
mod connector;
mod head;
mod proxy;
mod tcp;
mod tls;
mod transport;

pub use transport::{UreqTransport, UreqTransportBuilder};
