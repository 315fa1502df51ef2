//! The records of a world.

pub(crate) mod delivery;
pub(crate) mod ephemeral_key;
pub(crate) mod event;
pub(crate) mod file;
pub(crate) mod file_link;
pub(crate) mod report;
pub(crate) mod response;
pub(crate) mod session;
pub(crate) mod visit;
pub(crate) mod webhook_endpoint;
