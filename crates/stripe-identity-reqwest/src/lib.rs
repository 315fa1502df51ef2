#![doc = include_str!("../README.md")]
//!
//! # The client
//!
//! TLS, proxies, connections and the resolver are those of your client. Build it with
//! [`ReqwestTransport::client_builder`]: another client may follow redirects and repeat requests
//! unnoticed. Its types are those of the re-exported [`reqwest`]. A call must be awaited inside a
//! tokio runtime with its I/O and time drivers enabled.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `rustls` | yes | enables reqwest's `rustls`: TLS with AWS-LC, or with the default provider of the process |
//! | `rustls-no-provider` | | enables reqwest's `rustls-no-provider`: TLS with the default provider of the process only |
//!
//! One of them must be on, since reqwest without TLS forwards `https` requests to a proxy in plain
//! text. Cargo unifies the features of a program, so either changes every reqwest client in it: all
//! of them have TLS, and one that was built for native-tls keeps that.
//!
//! `rustls` makes no client panic. With only `rustls-no-provider`, and without native-tls, every
//! `reqwest::Client::new()` of the program panics unless a provider was installed before
//! (`rustls::crypto::CryptoProvider::install_default`).
//!
//! If both providers of rustls are compiled in, for example AWS-LC through this crate and ring
//! through another, rustls chooses no default. Code that asks for the default, such as
//! `rustls::ClientConfig::builder()`, then panics unless the program installs one at startup. The
//! transports of these crates and reqwest's `rustls` name their provider and need no default.
//!
//! A handshake that fails under native-tls looks like any other failure to connect. It is
//! [`Connect`](stripe_identity_core::TransportErrorKind::Connect) and is retried. Nothing is sent
//! either way.
//!
//! # Logs
//!
//! This crate logs nothing. `reqwest`, `hyper`, `h2` and `rustls` log by themselves. Keep them above
//! the level `trace`, at which they may show requests.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(unnameable_types)]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(not(any(feature = "rustls", feature = "rustls-no-provider")))]
compile_error!(
    "without TLS, reqwest sends the key in plain text: turn on the feature `rustls` or `rustls-no-provider`"
);

mod classify;
mod connected;
mod resolver;
mod transport;

pub use reqwest;
pub use resolver::Resolver;
pub use transport::ReqwestTransport;
