#![doc = include_str!("../README.md")]
//!
//! # Verifying and parsing
//!
//! Pass the raw body and the `Stripe-Signature` header, and get a typed event, or the exact reason
//! why there is none.
//!
//! ```
//! use stripe_identity_webhook::types::Timestamp;
//! use stripe_identity_webhook::{Delivery, Signer, Verifier};
//!
//! let verifier = Verifier::new("whsec_example")?;
//!
//! // What Stripe would send:
//! let body = br#"{"id": "evt_1", "object": "event", "type": "identity.verification_session.verified"}"#;
//! let header = Signer::new("whsec_example")?.sign(body, Timestamp::now());
//!
//! match verifier.verify_delivery(body, Some(header.as_bytes()))? {
//!     Delivery::Event(event) => println!("{}: {:?}", event.id, event.type_),
//!     Delivery::ThinEvent(event) => println!("{}: {:?}", event.id, event.type_),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Verifier`] checks signatures, with several secrets at once while one is rolled, and parses
//!   what was signed.
//! - [`Delivery`] is an [`Event`](stripe_identity_types::Event) with a snapshot or a
//!   [`ThinEvent`](stripe_identity_types::ThinEvent) without one. Types that this crate does not
//!   name, and objects that its models cannot parse, are delivered, too.
//! - [`Signer`] signs payloads, for tests.
//!
//! The signature covers the body byte for byte as it came over the wire, so take the body before
//! any middleware decodes it.
//!
//! # How to process an event
//!
//! - Store the event, or make its effect, and then respond to Stripe with 2xx, which ends its
//!   deliveries. Work that takes long belongs in your own queue, which also retries what fails.
//! - If you process the event before you respond, respond to a failure with 5xx: Stripe then
//!   delivers the event again.
//! - Events are delivered more than once, and not in order. [`Delivery`] shows how to deduplicate
//!   them, and [`SessionView`](stripe_identity_types::SessionView) follows a session through events
//!   in any order.
//!
//! # Logs
//!
//! No `Debug`, error or trace of this crate contains a secret, a snapshot or an idempotency key.
//! They do contain ids, types and accounts.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs, unnameable_types)]

mod delivery;
mod delivery_kind;
mod error;
mod header;
mod key;
mod lenient;
mod signer;
mod verifier;

pub use delivery::Delivery;
pub use delivery_kind::DeliveryKind;
pub use error::{BlankSecret, NotAnEventReason, WebhookError};
pub use header::SIGNATURE_HEADER;
pub use signer::Signer;
pub use stripe_identity_types as types;
pub use verifier::{Tolerance, Verifier};
