//! A local Stripe Identity that keeps state.
//!
//! - [`Simulator`] is a plain value: a request goes in, a response comes out.
//! - [`SimulatorTransport`] puts it under a client, for unit tests without a socket.
//! - [`Server`] (feature `server`, on by default) puts it behind a socket, for any client in any language; the program of
//!   the same name does so from the command line.
//!
//! What a person does at Stripe's hosted page is done by [`SimulatorTransport::submit`] and its neighbours, or over HTTP:
//!
//! | `POST` to | parameters | what it does |
//! |---|---|---|
//! | `/_simulator/verification_sessions/{id}/submit` | `outcome` | the user submits, and the checks end |
//! | `/_simulator/verification_sessions/{id}/start_processing` | | the user submits |
//! | `/_simulator/verification_sessions/{id}/finish_processing` | `outcome` | the checks end |
//! | `/_simulator/verification_sessions/{id}/finish_redaction` | | a redaction ends |
//! | `/_simulator/advance` | `seconds` | time goes by |
//! | `/_simulator/webhook_endpoints` | `url`, `secret`, `thin`, `in_disorder` | an endpoint hears of what happens from now on |
//!
//! An `outcome` is `verified` (the default) or the code of a failure, such as `document_expired`.
//!
//! # What it knows
//!
//! - **Sessions**: the six operations with all of their parameters, filters, cursors and expansions; what each state allows;
//!   client secrets that live 24 hours and URLs that live 48, fresh ones after a failed try.
//! - **Reports** of every try, **files** for the images that they name (with contents: one grey pixel), uploads, downloads,
//!   **file links** and what is behind them.
//! - **Events**: a snapshot for each step of a session, listed by type, pattern and time.
//! - **Webhooks**: signed deliveries of snapshots or of thin events, which can be fetched; on request each twice and in any
//!   order. The server sends them, and up to three times to a receiver that does not answer with 2xx within ten seconds.
//! - **Ephemeral keys**, as the mobile SDKs need them.
//! - Test keys, secret and restricted, as `Bearer` or `Basic`; accounts kept apart by `Stripe-Account`,
//!   or where `Stripe-Context` ends in one; idempotency keys, replayed for 24 hours to the same request with the same kind of
//!   key.
//!
//! # What no source confirms
//!
//! Stripe documents what a state forbids, not how it says so. These are guesses; don't build on them:
//!
//! - the message of the error for an illegal state (its status 400 and type `invalid_request_error` are to be expected,
//!   a code is not), of an enum value that does not exist, of a malformed boolean or integer, of a limit outside 1 to 100,
//!   of metadata beyond its limits, of both cursors at once;
//! - that an unknown cursor gives status 400 and `resource_missing`;
//! - that a canceled session cannot be redacted, and that asking twice for a redaction is refused;
//! - that `type` is ignored when a flow is named, and what a flow checks (here: a document);
//! - that the options of an id number session are empty, and that changing the type resets them;
//! - that an idempotency key stays unused after any refusal, not only after one that comes from validation;
//! - which failures leave a report (here: those of a check; not `abandoned`, `consent_declined`, `country_not_supported`,
//!   `device_not_supported` and `under_supported_age`), and what a failed check shows;
//! - the status 403 for a sensitive field, an image, or a link to one, without a restricted key;
//! - that idempotency keys whose answers speak of a redacted session are forgotten with it;
//! - the form of client secrets and URLs in test mode, and that metadata is erased at the end of a redaction and not at
//!   its beginning, in events too;
//! - that redacting a session that requires input also gives a `canceled` event, that the contents of its images are gone
//!   with the redaction, and what deleting an ephemeral key twice does.
//!
//! # Unlike Stripe
//!
//! It takes parameters in the query of a `POST` along with the body, 1,000 in all; knows no rate limit; lets every
//! restricted key read everything; takes any `Stripe-Version`; and does not look at what is in an email address, a
//! phone number, a URL or a flow's id. Its controls take no orders from a browser's page of another site. The server
//! takes bodies of up to 16 MiB. Uploads come back as `application/octet-stream`, whatever they were sent as. No event
//! says that it waits for a webhook, and to deliver one again takes seconds and not hours. Thin events have an id that
//! follows from their snapshot's, and nothing in their `changes`.

mod control_error;
mod form;
mod key;
mod multipart;
mod note;
mod outcome;
mod parameters;
mod refusal;
mod response;
#[cfg(feature = "server")]
mod server;
mod settings;
mod simulator;
mod time;
mod transport;
mod webhook_endpoint;
mod world;

pub use control_error::ControlError;
pub use note::Note;
pub use outcome::{Outcome, UnknownOutcome};
#[cfg(feature = "server")]
pub use server::Server;
pub use settings::{Clock, InvalidSetting, Processing, Redacting, SensitiveReads, Settings};
pub use simulator::{InvalidPublicUrl, Simulator, SimulatorBuilder, WorldError};
pub use transport::SimulatorTransport;
pub use webhook_endpoint::{WebhookEndpoint, WebhookEndpointError};
