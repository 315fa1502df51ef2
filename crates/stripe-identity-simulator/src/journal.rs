//! The journal: the record of each request, which holds nothing that must not be shown.
//!
//! A request contains keys, secrets and personal data, even in unexpected places: the name of a parameter, a path, a
//! header, a method. So the journal keeps no text of a client as it is. It keeps either a text of this program that
//! equals the client's text, or a text whose form leaves no room for anything else.

mod entry;
pub(crate) mod error;
pub(crate) mod names;
mod pattern;
mod ring;
pub(crate) mod trace;
mod verify;

pub(crate) use self::entry::Draft;
pub use self::entry::{RequestEntry, RequestKey, RequestKind};
pub use self::error::RequestError;
pub use self::pattern::RequestPattern;
pub(crate) use self::ring::Ring;
pub use self::trace::{AppliedFault, IdempotencyUse};
pub use self::verify::VerifyError;
pub(crate) use self::verify::{Kept, verify};
