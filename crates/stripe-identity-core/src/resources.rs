//! The endpoints of Stripe Identity and its neighbours, and the calls on them.
//!
//! Each module declares the endpoints of one resource, and has a type with a method for each of them.

pub mod ephemeral_keys;
pub mod events;
pub mod file_links;
pub mod files;
pub mod raw;
pub mod thin_events;
pub mod verification_reports;
pub mod verification_sessions;

use crate::endpoint::Route;

/// Returns the routes of all endpoints in the modules of this one.
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
