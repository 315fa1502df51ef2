//! The endpoints of Stripe Identity, files, events and ephemeral keys, and the calls on them.
//!
//! Each module has one resource: a type such as
//! [`VerificationSessions`](verification_sessions::VerificationSessions) with a method for each call,
//! and a type for each endpoint. A call by method and a call of the endpoint are the same:
//!
//! ```
//! use stripe_identity_core::resources::verification_sessions::Retrieve;
//! # use stripe_identity_core::{BlockingClient, Error};
//!
//! # fn example(client: &BlockingClient) -> Result<(), Error> {
//! let session = client.verification_sessions().retrieve("vs_123").send()?;
//! let same_session = client.call(Retrieve::new("vs_123")).send()?;
//! # Ok(())
//! # }
//! ```
//!
//! A method returns a [`Call`](crate::Call), and does nothing until the call is made. If Stripe has no
//! object with the id, the call fails with the code
//! [`ResourceMissing`](stripe_identity_types::ErrorCode::ResourceMissing).

pub mod ephemeral_keys;
pub mod events;
pub mod file_links;
pub mod files;
pub mod raw;
pub mod thin_events;
pub mod verification_reports;
pub mod verification_sessions;

use crate::endpoint::Route;

/// Returns the routes of all endpoints in the modules below.
///
/// ```
/// use stripe_identity_core::resources;
/// use stripe_identity_core::resources::verification_sessions::Create;
///
/// assert!(resources::routes().any(|route| *route == Create::ROUTE));
/// ```
pub fn routes() -> impl Iterator<Item = &'static Route> {
    let resources = [
        ephemeral_keys::ROUTES,
        events::ROUTES,
        file_links::ROUTES,
        files::ROUTES,
        thin_events::ROUTES,
        verification_reports::ROUTES,
        verification_sessions::ROUTES,
    ];
    resources.into_iter().flatten()
}
