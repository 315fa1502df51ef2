//! The handlers of Stripe's endpoints.

pub(crate) mod ephemeral_keys;
pub(crate) mod event_destinations;
pub(crate) mod events;
pub(crate) mod file_links;
pub(crate) mod files;
pub(crate) mod start;
pub(crate) mod verification_reports;
pub(crate) mod verification_sessions;
pub(crate) mod webhook_endpoints;
