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
//! # Layers, connectors and servers of your own
//!
//! [`TowerTransport`] sends over any tower service. Under it go layers (limits, tracing, metrics) stacked over
//! [`HyperTransportBuilder::build_service`]; hyper's own client over a connector of yours; or an axum `Router`, which is then
//! asked without a socket. TLS is the service's part: a connector of yours must refuse `https` URLs that it cannot reach over
//! TLS, as hyper's `HttpConnector` does unless told otherwise.
//!
//! # Names, threads and runtimes
//!
//! Names are looked up on threads of their own, 32 at a time, and not in the runtime: a runtime that shuts down waits for no
//! lookup. A connection belongs to the runtime in which it was opened. If that ends while a call of another runtime waits on
//! the connection, the call counts as [`Interrupted`](stripe_identity_core::TransportErrorKind::Interrupted) and is tried again
//! over a connection of its own.
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
//! [`HyperTransportBuilder::tls_config`] must say what to use, or
//! [`HyperTransportBuilder::root_certificate`] whom to trust.

mod classify;
mod connector;
mod proxy;
mod resolver;
mod service;
mod tcp;
mod tls;
mod tower;
mod transport;
mod watched;

pub use proxy::Proxy;
pub use rustls;
pub use service::{HyperService, ResponseBody};
pub use tower::{RequestBody, TowerTransport};
pub use transport::{HttpVersion, HyperTransport, HyperTransportBuilder};
