//! The journal: what is kept of each request, and what of it may be shown.
//!
//! A request holds keys, secrets and personal data, in places where nobody looks for them too: a parameter's name, a path, a
//! header, a method. So nothing that a client has written is kept as it is. What is kept is either a text of this program
//! that the client's is equal to, or has a form that leaves no room for anything else.

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
