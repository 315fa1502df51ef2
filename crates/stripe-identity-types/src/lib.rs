//! Models of the Stripe Identity API, usable alone.
//!
//! This crate turns Stripe's JSON into Rust values and back, and holds the parameters of each call. It knows no HTTP
//! and no runtime; it depends on serde and `serde_json` only.
//!
//! ```
//! use stripe_identity_types::{VerificationSession, VerificationSessionStatus};
//!
//! let session: VerificationSession = serde_json::from_str(
//!     r#"{"id": "vs_123", "status": "verified", "verified_outputs": {"first_name": "Robin"}, "new_key": 1}"#,
//! )?;
//! assert_eq!(session.status, VerificationSessionStatus::Verified);
//!
//! let outputs = session.verified_outputs.as_ref().expect("the JSON above has it");
//! assert_eq!(outputs.first_name.as_ref().map(|name| name.expose().as_str()), Some("Robin"));
//!
//! // Personal data is in the value, and never in its Debug form.
//! assert!(!format!("{session:?}").contains("Robin"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # What to expect of every model
//!
//! - **Only `id` must be there,** and the `data` of a list. A key that Stripe leaves out and a key that it sends as `null` read alike: as `None`,
//!   as an empty collection, or for an enum as a value for which `is_absent()` is true.
//! - **An object is read from a JSON object of its kind.** A JSON array is refused, except that an empty one reads as an
//!   empty object, which is how PHP writes it; so is an object whose `object` names another kind.
//! - **Unknown keys are ignored, unknown enum values are kept.** [`VerificationSessionStatus::from`] any text gives a
//!   value, and serializing gives the same text back.
//! - **Personal data and secrets sit in [`Sensitive`].** serde sees through it, `Debug` does not. Decoding one that is
//!   malformed gives an error that does not quote it.
//! - **What is not modelled is kept as it came,** in [`Json`]: the snapshot in an event, and what changed.
//! - **Times are whole seconds since 1970** in [`Timestamp`], rounded down where there is a fraction; dates of birth and of
//!   documents are [`Date`], whose parts may each be missing.
//!
//! The models follow API version [`API_VERSION`].

mod address;
mod api_error;
mod created_filter;
mod date;
mod ephemeral_key;
mod event;
mod expandable;
mod file;
mod id;
mod json;
mod lenient;
mod list;
mod maps;
mod metadata;
mod object_type;
mod open_enum;
mod patch;
mod report;
mod sensitive;
mod session;
mod timestamp;

pub use address::Address;
pub use api_error::{ApiError, ApiErrorType, ErrorCode};
pub use created_filter::CreatedFilter;
pub use date::Date;
pub use ephemeral_key::{CreateEphemeralKey, EphemeralKey};
pub use event::list::ListEvents;
pub use event::thin::{
    RelatedObject, ThinEvent, ThinEventReason, ThinEventReasonType, ThinEventRequest, ThinEventType,
};
pub use event::{Event, EventData, EventRequest, EventType};
pub use expandable::{Expandable, HasId};
pub use file::expand::{FileExpand, FileLinkExpand};
pub use file::link_list::ListFileLinks;
pub use file::list::ListFiles;
pub use file::params::{CreateFile, CreateFileLink, FileLinkData, FileLinkExpiry, UpdateFileLink};
pub use file::purpose::FilePurpose;
pub use file::{File, FileLink};
pub use id::{
    AccountId, CustomerAccountId, CustomerId, EphemeralKeyId, EventId, FileId, FileLinkId, PersonId,
    VerificationFlowId, VerificationReportId, VerificationSessionId,
};
pub use json::Json;
#[doc(hidden)]
pub use json::{each_field, escape_invalid_utf8};
pub use list::List;
pub use metadata::{Metadata, MetadataParams};
pub use object_type::ObjectType;
pub use open_enum::UnknownValue;
pub use patch::Patch;
pub use report::check::{ReportError, ReportStatus};
pub use report::contact::{EmailCheckErrorCode, EmailReport, PhoneCheckErrorCode, PhoneReport};
pub use report::document::{DocumentCheckErrorCode, DocumentReport};
pub use report::expand::ReportExpand;
pub use report::id_number::{IdNumberCheckErrorCode, IdNumberReport};
pub use report::list::ListVerificationReports;
pub use report::selfie::{SelfieCheckErrorCode, SelfieReport};
pub use report::{ReportOptions, VerificationReport};
pub use sensitive::Sensitive;
pub use session::details::{ProvidedDetails, RelatedPerson};
pub use session::expand::SessionExpand;
pub use session::last_error::{LastError, LastErrorCode};
pub use session::list::ListVerificationSessions;
pub use session::options::{
    DocumentOptions, DocumentType, EmailOptions, IdNumberOptions, MatchingOptions, MatchingRule, PhoneOptions,
    VerificationSessionOptions, VerificationSessionType,
};
pub use session::outputs::{IdNumberType, Sex, VerifiedOutputs};
pub use session::params::{
    CreateVerificationSession, ProvidedDetailsParams, RelatedPersonParams, UpdateVerificationSession,
    VerificationSessionOptionsParams,
};
pub use session::redaction::{Redaction, RedactionStatus};
pub use session::state::{KnownSession, RedactionState, SessionState, reduce};
pub use session::{VerificationSession, VerificationSessionStatus};
pub use timestamp::Timestamp;

/// The version of Stripe's API that the models follow, as sent in the `Stripe-Version` header.
pub const API_VERSION: &str = "2026-10-28.endive";
