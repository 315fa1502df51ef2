#![doc = include_str!("../README.md")]
//!
//! # Runtime and protocols
//!
//! [`HyperTransport`] speaks HTTP/1.1 and, with the feature `http2`, HTTP/2 if the server offers it
//! (ALPN). Connections are kept alive and shared. A call must be awaited inside a tokio runtime
//! with its I/O and time drivers enabled.
//!
//! # Layers, connectors and in-process servers
//!
//! [`TowerTransport`] sends over any tower service:
//!
//! - layers, such as limits, tracing or metrics, over [`HyperTransportBuilder::build_service`],
//! - hyper's client over your own connector,
//! - an axum `Router`, without a socket.
//!
//! The service is then responsible for TLS. Your own connector must refuse an `https` URL that it
//! cannot reach over TLS, as hyper's `HttpConnector` does by default.
//!
//! # Names, threads and runtimes
//!
//! Names are looked up on separate threads, at most 32 at a time, and not in the runtime: a runtime
//! that shuts down does not wait for a lookup.
//!
//! A connection belongs to the runtime that opened it. If that runtime shuts down while a call of
//! another runtime waits on the connection, the call fails as
//! [`Interrupted`](stripe_identity_core::TransportErrorKind::Interrupted) and is retried over a new
//! connection.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `ring` | yes | cryptography by ring |
//! | `aws-lc` | | cryptography by AWS-LC, even if `ring` is on |
//! | `http2` | | speaks HTTP/2 with servers that offer it; adds `HttpVersion` |
//! | `webpki-roots` | yes | trusts Mozilla's root certificates, which are compiled in |
//! | `native-roots` | | trusts the root certificates of the operating system |
//!
//! Enable `http2` if a program makes many concurrent calls to one host over TLS: they then share one
//! connection instead of opening one each. The feature adds eight crates.
//!
//! With both kinds of roots, a certificate under either is trusted. Without roots, a transport
//! needs [`root_certificate`](HyperTransportBuilder::root_certificate) or
//! [`tls_config`](HyperTransportBuilder::tls_config). Without cryptography it needs the latter.
//!
//! # Logs
//!
//! This crate logs nothing. `h2`, `hyper` and `rustls` log by themselves. Keep them above the level
//! `trace`, at which they may show requests.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unnameable_types)]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

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
#[cfg(feature = "http2")]
pub use transport::HttpVersion;
pub use transport::{HyperTransport, HyperTransportBuilder};
