//! An asynchronous transport over a [`reqwest::Client`] of your own: [`ReqwestTransport`].
//!
//! Your client brings its TLS, its proxies, its connections and its resolver. Make it with
//! [`ReqwestTransport::client_builder`]: one made otherwise may follow redirects and repeat requests unseen. A call must be awaited inside a tokio runtime with its I/O and time drivers on.
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
//! | feature | default | what it does |
//! |---|---|---|
//! | `rustls` | yes | turns on reqwest's `rustls`: TLS with AWS-LC, or with the default provider of the process |
//! | `rustls-no-provider` | | turns on reqwest's `rustls-no-provider`: TLS with the default provider of the process alone |
//!
//! One of them must be on, since a reqwest without TLS forwards `https` requests to a proxy in plain text. Cargo unites the
//! features of a program, so either changes every reqwest client in it: none is without TLS any more, and one that was built
//! for native-tls keeps it. `rustls` makes no client panic. With `rustls-no-provider` alone, and without native-tls, every
//! `reqwest::Client::new()` of the program panics unless a provider was installed before
//! (`rustls::crypto::CryptoProvider::install_default`).
//!
//! Where both providers of rustls are compiled in, say AWS-LC through this crate and ring through another, rustls chooses
//! none by itself: code that asks it for the default, such as `rustls::ClientConfig::builder()`, panics. A program with both
//! installs one when it starts. The transports of these crates and reqwest's `rustls` name their own and need none.
//!
//! The failure of a handshake under native-tls cannot be told from other failures to connect. It counts as
//! [`Connect`](stripe_identity_core::TransportErrorKind::Connect), which is tried again: nothing is sent either way.

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
