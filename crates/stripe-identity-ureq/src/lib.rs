#![doc = include_str!("../README.md")]
//!
//! # Threads and protocols
//!
//! [`UreqTransport`] speaks HTTP/1.1. Connections are kept alive and shared, and any number of
//! threads may use a transport at once.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `ring` | yes | cryptography by ring |
//! | `aws-lc` | | cryptography by AWS-LC, even if `ring` is on |
//! | `webpki-roots` | yes | trusts Mozilla's root certificates, which are compiled in |
//! | `native-roots` | | trusts the root certificates of the operating system |
//!
//! With both kinds of roots, a certificate under either is trusted. Without roots, a transport
//! needs [`root_certificate`](UreqTransportBuilder::root_certificate). Without cryptography, none
//! can be built.
//!
//! # Timeouts
//!
//! The timeout of an attempt covers all of it, however slowly each part arrives: name lookup,
//! connection, proxy, TLS handshake, request and response. If it runs out, the error is
//! [`Timeout`](stripe_identity_core::TransportErrorKind::Timeout). If only the
//! [`connect_timeout`](UreqTransportBuilder::connect_timeout) runs out, it is
//! [`Connect`](stripe_identity_core::TransportErrorKind::Connect).
//!
//! # Name lookup
//!
//! A host or proxy is looked up only when a connection to it is made. If there is a timeout, the
//! lookup runs on a separate thread. A request on a kept connection starts no thread.
//!
//! A name lookup of the system cannot be interrupted. If it hangs, the call still ends in time, and
//! a thread stays behind until the lookup ends. The process does not wait for it when it exits.
//!
//! # Features of ureq
//!
//! Cargo unifies features, so another crate may enable features of ureq that this one does not use.
//! They have these effects:
//!
//! - `gzip` and `brotli`: Requests stay the same, since the transport asks for no compression. A
//!   response that is compressed nevertheless is decompressed, and loses its `Content-Encoding` and
//!   `Content-Length`. Stripe sends none.
//! - `cookies`: A transport stores the cookies of a response, and sends them with later requests to
//!   that host. ureq has no setting against it. Stripe's API sets none.
//!
//! # Logs
//!
//! This crate logs nothing. `ureq`, `ureq_proto` and `rustls` log by themselves. Keep the first two
//! at the level `info`, and `rustls` above `trace`: at more verbose levels, they may show requests.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unnameable_types)]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod connection;
mod connector;
mod head;
mod phase;
mod proxy;
mod resolver;
mod tcp;
mod tls;
mod transport;

pub use proxy::Proxy;
pub use transport::{UreqTransport, UreqTransportBuilder};
