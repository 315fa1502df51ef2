#![cfg_attr(feature = "hyper", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "hyper"), doc = "A client for Stripe Identity. `README.md` has an example over hyper.")]
//!
//! # Crates
//!
//! This crate only re-exports the others: [`stripe_identity_types`] (models and parameters, usable
//! alone), [`stripe_identity_core`] (calls, clients and the transport traits), and one crate for
//! each transport.
//!
//! # Clients
//!
//! | client | how a call is made |
//! |---|---|
//! | [`Client`] | `call.await` in an asynchronous function |
//! | [`BlockingClient`] | `call.send()?` in a blocking one |
//! | [`Config`] | `call.start()` returns the first [`Step`] for your own event loop, without a transport |
//!
//! All of them have the same methods, such as `verification_sessions()`, and apply the same rules
//! for retries, idempotency keys and deadlines. The docs of [`Error`] list its failures.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `hyper` | yes | `HyperTransport`: asynchronous, over hyper and tokio; `TowerTransport`, over any tower service |
//! | `reqwest` | | `ReqwestTransport`: asynchronous, over a reqwest client that its builder makes; turns on reqwest's `rustls` |
//! | `reqwest-no-provider` | | `ReqwestTransport` with reqwest's `rustls-no-provider`: the program installs the cryptography |
//! | `ureq` | | `UreqTransport`: blocking, over ureq |
//! | `webhook` | | the module `webhook`: verifies and parses the events that Stripe delivers |
//! | `mock` | | the module `mock`: scripted, recording and mockall transports |
//! | `conformance` | | the module `mock` with the suite that checks transports, and `RawServer`, which may send any bytes; without mockall |
//! | `simulator` | | the module `simulator`: a local Stripe Identity that keeps state |
//! | `simulator-server` | | `simulator`, and in it `Server`: the simulator behind a socket |
//! | `http2` | | HTTP/2 over hyper: for many concurrent calls to one host, which then share a connection |
//! | `ring`, `aws-lc` | `ring` | the cryptography of `HyperTransport` and `UreqTransport`; with both, AWS-LC |
//! | `webpki-roots`, `native-roots` | `webpki-roots` | the root certificates that these two trust: Mozilla's, those of the operating system; with both, either |
//!
//! `reqwest` compiles AWS-LC in, beside ring if `ring` is on. With two providers compiled in,
//! rustls chooses no default: a program that asks it for one, as `rustls::ClientConfig::builder()`
//! does, must install one when it starts. The transports here need none.
//!
//! # Transports
//!
//! | transport | feature | client | HTTP | when to use it |
//! |---|---|---|---|---|
//! | `HyperTransport` | `hyper` | `Client` | 1.1; 2 with the feature `http2` | by default |
//! | `TowerTransport` | `hyper` | `Client` | of the service | with tower layers, or with a server in the same process |
//! | `ReqwestTransport` | `reqwest` | `Client` | 1.1; 2 with reqwest's feature `http2` | to share reqwest's resolver, TLS or connections |
//! | `UreqTransport` | `ureq` | `BlockingClient` | 1.1 | without a runtime |
//!
//! The same setting has the same name, argument and default in the builders of `HyperTransport` and
//! `UreqTransport`. `ReqwestTransport` takes a `reqwest::Client`, which keeps reqwest's names: its
//! `client_builder()` is reqwest's builder, with the defaults below. A dash marks a
//! setting that does not exist.
//!
//! | setting | `HyperTransport` | `UreqTransport` | `ReqwestTransport` | default |
//! |---|---|---|---|---|
//! | time for connecting (without the TLS handshake over hyper, with it over the others) | `connect_timeout` | `connect_timeout` | `connect_timeout` | 30 s |
//! | largest response body | `max_body_size` | `max_body_size` | `max_body_size`, of the transport | 16 MiB |
//! | idle connections for each host | `pool_max_idle` | `pool_max_idle` | `pool_max_idle_per_host` | no limit |
//! | time that they are kept | `pool_idle_timeout` | `pool_idle_timeout` | `pool_idle_timeout` | 90 s |
//! | proxy | `proxy(Proxy)` | `proxy(Proxy)` | `no_proxy()`, then `proxy` | `HTTPS_PROXY` or `ALL_PROXY`, except for `NO_PROXY` |
//! | no proxy | `proxy(Proxy::none())` | `proxy(Proxy::none())` | `no_proxy` | |
//! | added root certificate | `root_certificate` | `root_certificate` | `tls_certs_merge` | none |
//! | only the added ones | `without_default_roots` | `without_default_roots` | `tls_certs_only` | the features decide; reqwest trusts those of the operating system |
//! | TLS configuration | `tls_config` | – | `tls_backend_preconfigured` | the features decide |
//! | addresses of a host name | `resolve` | `resolve` | `Resolver::resolve_to_addrs`, then `dns_resolver` | the system's lookup |
//! | HTTP versions | `http_version`, with the feature `http2` | – | `http1_only`, `http2_prior_knowledge` | HTTP/2 if its feature is on and the server offers it, else 1.1 |
//!
//! The timeout of an attempt is not a setting of a transport: it comes from the call and its
//! `Config`. All three set `TCP_NODELAY`, follow no redirects, and ask for no compression. Each uses
//! the proxy support of its library. Their docs describe what `connect_timeout` covers, how the addresses
//! of a host share it, and how responses of a proxy are classified.
//!
//! A `TowerTransport` has only `max_body_size`. Everything else is up to its service.
//!
//! The modules `hyper`, `reqwest` and `ureq` have the builders, the proxies and the other types of
//! each.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub use stripe_identity_core::{
    ApiKey, Attempt, AttemptTimeout, BlockingClient, BlockingHttpTransport, Call, Caller, Client, Config,
    ConfigBuilder, Endpoint, Error, ErrorKind, GiveUpReason, HttpTransport, InvalidInput, Items, ListEndpoint, Meta,
    NoProxy, Page, Pages, Response, RetryDecision, SentCall, Step, TransportError, TransportErrorKind, UnreadableItem,
    WaitingCall, async_trait, bytes, endpoint, headers, http, resources,
};
#[cfg(feature = "hyper")]
pub use stripe_identity_hyper as hyper;
#[cfg(feature = "hyper")]
pub use stripe_identity_hyper::{HyperTransport, TowerTransport};
#[cfg(any(feature = "mock", feature = "conformance"))]
pub use stripe_identity_mock as mock;
#[cfg(any(feature = "reqwest", feature = "reqwest-no-provider"))]
pub use stripe_identity_reqwest as reqwest;
#[cfg(any(feature = "reqwest", feature = "reqwest-no-provider"))]
pub use stripe_identity_reqwest::ReqwestTransport;
#[cfg(feature = "simulator")]
pub use stripe_identity_simulator as simulator;
pub use stripe_identity_types as types;
pub use stripe_identity_types::{
    API_VERSION, AccountId, Address, ApiError, ApiErrorType, CreateEphemeralKey, CreateFile, CreateFileLink,
    CreateVerificationSession, CreatedFilter, CustomerAccountId, CustomerId, Date, DateTime, DocumentCheckErrorCode,
    DocumentOptions, DocumentReport, DocumentType, EmailCheckErrorCode, EmailOptions, EmailReport, EphemeralKey,
    EphemeralKeyId, ErrorCode, Event, EventData, EventId, EventRequest, EventType, Expandable, File, FileExpand,
    FileId, FileLink, FileLinkData, FileLinkExpand, FileLinkExpiry, FileLinkId, FilePurpose, HasId,
    IdNumberCheckErrorCode, IdNumberOptions, IdNumberReport, IdNumberType, Json, LastError, LastErrorCode, List,
    ListEvents, ListFileLinks, ListFiles, ListVerificationReports, ListVerificationSessions, MatchingOptions,
    MatchingRule, Metadata, MetadataParams, ObjectType, ParseTimestampError, Patch, PersonId, PhoneCheckErrorCode,
    PhoneOptions, PhoneReport, ProvidedDetails, ProvidedDetailsParams, Redaction, RedactionState, RedactionStatus,
    RelatedObject, RelatedPerson, RelatedPersonParams, ReportError, ReportExpand, ReportOptions, ReportStatus,
    SelfieCheckErrorCode, SelfieReport, Sensitive, SessionExpand, SessionState, SessionView, Sex, SystemTimeRangeError,
    ThinEvent, ThinEventReason, ThinEventReasonType, ThinEventRequest, ThinEventType, Timestamp, UnknownValue,
    UpdateFileLink, UpdateVerificationSession, VerificationFlowId, VerificationReport, VerificationReportId,
    VerificationSession, VerificationSessionId, VerificationSessionOptions, VerificationSessionOptionsParams,
    VerificationSessionStatus, VerificationSessionType, VerifiedOutputs,
};
#[cfg(feature = "ureq")]
pub use stripe_identity_ureq as ureq;
#[cfg(feature = "ureq")]
pub use stripe_identity_ureq::UreqTransport;
#[cfg(feature = "webhook")]
pub use stripe_identity_webhook as webhook;
