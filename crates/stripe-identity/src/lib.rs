//! Stripe Identity for Rust: create a verification session, send the user to Stripe, read the outcome, redact the data.
//!
//! ```no_run
//! use stripe_identity::{Client, Config, CreateVerificationSession, Error};
//! # #[cfg(feature = "hyper")]
//! use stripe_identity::HyperTransport;
//!
//! # #[cfg(feature = "hyper")]
//! # async fn example(key: &str, attempt_id: &str) -> Result<(), Error> {
//! // Once, when the program starts: the client keeps the connections, and its clones share them.
//! let client = Client::new(Config::new(key)?, HyperTransport::new()?);
//!
//! // The key is the id of a record of this attempt to verify, not of the user: under the same key, Stripe gives the first
//! // response again.
//! let session = client
//!     .verification_sessions()
//!     .create(CreateVerificationSession::document().require_matching_selfie(true))
//!     .idempotency_key(attempt_id)
//!     .await?;
//!
//! if let Some(url) = &session.url {
//!     redirect_to(url.expose());
//! }
//! # Ok(())
//! # }
//! # fn redirect_to(_: &str) {}
//! ```
//!
//! This crate only puts the others together: [`stripe_identity_types`] (models and parameters, usable alone),
//! [`stripe_identity_core`] (calls, clients and the transport traits), and one crate for each transport.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `hyper` | yes | `HyperTransport`: asynchronous, over hyper and tokio; `TowerTransport`, over any tower service |
//! | `reqwest` | | `ReqwestTransport`: asynchronous, over a reqwest client that its builder makes; turns on reqwest's `rustls` |
//! | `reqwest-no-provider` | | the same with reqwest's `rustls-no-provider`: the program installs the cryptography |
//! | `ureq` | | `UreqTransport`: blocking, over ureq |
//! | `webhook` | | the module `webhook`: verifies and parses what Stripe delivers |
//! | `mock` | | the module `mock`: scripted, recording and mockall transports |
//! | `conformance` | | in `mock`, without mockall: the suite that judges transports, and a server that misbehaves on purpose |
//! | `simulator` | | the module `simulator`: a local Stripe Identity that keeps state |
//! | `simulator-server` | | the simulator behind a socket |
//! | `ring`, `aws-lc` | `ring` | the cryptography of the transports |
//! | `webpki-roots`, `native-roots` | `webpki-roots` | whom the transports trust: Mozilla's root certificates, the system's |
//!
//! `reqwest` brings AWS-LC along, beside `ring` where that is on. With two providers compiled in, rustls chooses no default: a
//! program that asks it for one, as `rustls::ClientConfig::builder()` does, must install one when it starts. The transports
//! here need none.

pub use stripe_identity_core::{
    ApiKey, Attempt, AttemptTimeout, BlockingClient, BlockingHttpTransport, Call, Caller, Client, Config,
    ConfigBuilder, Endpoint, Error, ErrorKind, GiveUpReason, HttpTransport, InvalidInput, Items, ListEndpoint, Meta,
    NoProxy, Page, Pages, Response, RetryDecision, SentCall, Step, TransportError, TransportErrorKind, UnreadableItem,
    WaitingCall, async_trait, bytes, endpoint, headers, http, resources,
};
#[cfg(feature = "hyper")]
pub use stripe_identity_hyper::{
    HttpVersion, HyperService, HyperTransport, HyperTransportBuilder, Proxy, RequestBody, ResponseBody, TowerTransport,
    rustls,
};
#[cfg(any(feature = "mock", feature = "conformance"))]
pub use stripe_identity_mock as mock;
#[cfg(any(feature = "reqwest", feature = "reqwest-no-provider"))]
pub use stripe_identity_reqwest::{ReqwestTransport, reqwest};
#[cfg(feature = "simulator")]
pub use stripe_identity_simulator as simulator;
pub use stripe_identity_types::*;
#[cfg(feature = "ureq")]
pub use stripe_identity_ureq::{UreqTransport, UreqTransportBuilder};
#[cfg(feature = "webhook")]
pub use stripe_identity_webhook as webhook;
