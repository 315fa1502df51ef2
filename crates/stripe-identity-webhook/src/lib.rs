//! Webhooks of Stripe Identity, from whatever receives HTTP: take the raw body and the `Stripe-Signature` header, and get a
//! typed event, or the exact reason why not.
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
//! match verifier.delivery(body, Some(&header))? {
//!     Delivery::Event(event) => println!("{}: {:?}", event.id, event.type_),
//!     Delivery::ThinEvent(event) => println!("{}: {:?}", event.id, event.type_),
//! }
//! # Ok::<(), stripe_identity_webhook::WebhookError>(())
//! ```
//!
//! The body must be what came over the wire, byte for byte: take it before any middleware decodes it. The header is what the
//! request has, if anything: `Some("…")`, `headers.get("stripe-signature")` of the `http` crate, or `None::<&str>`.
//!
//! - [`Verifier`] checks signatures, of several secrets at once while one is rolled, and reads what they vouch for.
//! - [`Delivery`] is what came: an [`Event`](stripe_identity_types::Event) with a snapshot or a
//!   [`ThinEvent`](stripe_identity_types::ThinEvent) without. Types that have no name here come through, and so do objects
//!   that do not read.
//! - [`Signer`] signs, for tests.
//!
//! # What to do with an event
//!
//! - Write it down, or put it where it is safe, and answer Stripe with 2xx: that ends its deliveries. What takes long comes
//!   afterwards, from your own queue; what fails there is tried again from there.
//! - If you deal with it before you answer, a failure is answered with 5xx, and Stripe delivers it again.
//! - Events come more than once, and not in order. [`Delivery`] shows how to deduplicate them, and
//!   [`reduce`](stripe_identity_types::reduce) follows a session through events in any order.
//!
//! No secret, no snapshot and no idempotency key appears in any `Debug`, error or trace of this crate. Ids, types and
//! accounts do.

mod delivery;
mod error;
mod header;
mod signer;
mod verifier;

pub use delivery::{Delivery, DeliveryKind};
pub use error::{NotAnEventReason, WebhookError};
pub use signer::Signer;
pub use stripe_identity_types as types;
pub use verifier::{Tolerance, Verifier};
