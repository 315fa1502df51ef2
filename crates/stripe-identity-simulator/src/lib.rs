#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(doc, doc = include_str!("../docs/rustdoc.md"))]
#![doc = include_str!("../README.md")]
//!
//! # Three ways to run it
//!
//! - In process: [`Simulator`] is a plain value that turns a request into a response. [`SimulatorTransport`] puts it
//!   under a client. No socket is needed, and a wait of the client takes no time.
//! - As a server: [`Server`] puts a [`Simulator`] behind a socket, for any client in any language. The test that
//!   started the server still calls the methods of the [`Simulator`].
//! - As the program `stripe-identity-simulator`: a server that is started from the command line, or around a command by
//!   [`exec`](guide::program#exec).
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `program` | yes | the program; enables the other features |
//! | `server` | with `program` | [`Server`] and [`ServerOptions`]; delivery of webhooks over HTTP and TLS |
//! | `state` | with `program` | [`SimulatorBuilder::open`] and [`StateFile`]: state in a file, over a bundled SQLite |
//! | `metrics` | with `program` | `GET /_simulator/metrics`; enables `server` |
//!
//! Without features, the crate has only the simulator in process, and needs no C compiler.
//!
//! # Guide
//!
#![doc = include_str!("../docs/guide/README.md")]

mod control_error;
mod delivery;
mod detail;
mod disorder;
mod disruption;
mod document;
mod duration;
mod face;
mod fault;
mod form;
pub mod guide;
mod import_error;
mod journal;
mod keeper;
mod key;
mod lines;
#[cfg(feature = "metrics")]
mod metrics;
mod multipart;
mod note;
mod outcome;
mod parameters;
mod patience;
mod person;
mod plan;
mod receiver;
mod refusal;
mod response;
mod return_url;
mod router;
mod serial;
#[cfg(feature = "server")]
mod server;
mod settings;
mod simulator;
#[cfg(feature = "state")]
mod state_file;
mod submission;
mod time;
#[cfg(feature = "server")]
mod tls;
mod transport;
mod unwritten;
mod webhook_endpoint;
mod world;

pub use control_error::ControlError;
pub use delivery::{AttemptResult, AttemptTrigger, DeliveryAttempt, DeliveryFailure, DeliveryStatus, WebhookDelivery};
pub use disorder::{Disorder, DisorderRule};
pub use disruption::{Damage, Disruption};
pub use document::Document;
pub use fault::{Fault, FaultResponse, FaultRule};
pub use import_error::ImportError;
pub use journal::{
    AppliedFault, IdempotencyUse, RequestEntry, RequestError, RequestKey, RequestKind, RequestPattern, VerifyError,
};
pub use lines::Imported;
pub use note::Note;
pub use outcome::{Check, Outcome, UnknownOutcome};
pub use person::Person;
pub use plan::Plan;
#[cfg(feature = "server")]
pub use server::{Server, ServerOptions};
pub use settings::{Clock, InvalidSetting, Processing, RateLimit, Redacting, SensitiveReads, Settings};
pub use simulator::webhooks::Webhook;
pub use simulator::{InvalidPublicUrl, Simulator, SimulatorBuilder, WorldError};
#[cfg(feature = "state")]
pub use state_file::{Durability, StateError, StateFile};
pub use submission::{InvalidSubmission, Submission};
#[cfg(feature = "server")]
pub use tls::InvalidCertificate;
pub use transport::SimulatorTransport;
pub use webhook_endpoint::{WebhookEndpoint, WebhookEndpointError};
