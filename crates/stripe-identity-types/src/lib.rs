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
mod error_code;
mod event;
mod expand;
mod expandable;
mod file;
mod file_params;
mod id;
mod json;
mod lenient;
mod list;
mod list_events;
mod list_file_links;
mod list_files;
mod list_verification_reports;
mod list_verification_sessions;
mod maps;
mod metadata;
mod object_type;
mod open_enum;
mod patch;
mod sensitive;
mod session_state;
mod thin_event;
mod timestamp;
mod verification_report;
mod verification_session;
mod verification_session_params;
mod verified_outputs;

pub use address::Address;
pub use api_error::{ApiError, ApiErrorType};
pub use created_filter::CreatedFilter;
pub use date::Date;
pub use ephemeral_key::{CreateEphemeralKey, EphemeralKey};
pub use error_code::ErrorCode;
pub use event::{Event, EventData, EventRequest, EventType};
pub use expand::{FileExpand, FileLinkExpand, ReportExpand, SessionExpand};
pub use expandable::{Expandable, HasId};
pub use file::{File, FileLink, FilePurpose};
pub use file_params::{CreateFile, CreateFileLink, FileLinkData, FileLinkExpiry, UpdateFileLink};
pub use id::{
    AccountId, CustomerAccountId, CustomerId, EphemeralKeyId, EventId, FileId, FileLinkId, PersonId,
    VerificationFlowId, VerificationReportId, VerificationSessionId,
};
pub use json::Json;
#[doc(hidden)]
pub use json::{each_field, escape_invalid_utf8};
pub use list::List;
pub use list_events::ListEvents;
pub use list_file_links::ListFileLinks;
pub use list_files::ListFiles;
pub use list_verification_reports::ListVerificationReports;
pub use list_verification_sessions::ListVerificationSessions;
pub use metadata::Metadata;
pub use object_type::ObjectType;
pub use open_enum::UnknownValue;
pub use patch::Patch;
pub use sensitive::Sensitive;
pub use session_state::{KnownSession, RedactionState, SessionState, reduce};
pub use thin_event::{RelatedObject, ThinEvent, ThinEventReason, ThinEventReasonType, ThinEventRequest, ThinEventType};
pub use timestamp::Timestamp;
pub use verification_report::{
    DocumentCheckErrorCode, DocumentReport, EmailCheckErrorCode, EmailReport, IdNumberCheckErrorCode, IdNumberReport,
    PhoneCheckErrorCode, PhoneReport, ReportError, ReportOptions, ReportStatus, SelfieCheckErrorCode, SelfieReport,
    VerificationReport,
};
pub use verification_session::{
    DocumentOptions, DocumentType, EmailOptions, IdNumberOptions, LastError, LastErrorCode, MatchingOptions,
    MatchingRule, PhoneOptions, ProvidedDetails, Redaction, RedactionStatus, RelatedPerson, VerificationSession,
    VerificationSessionOptions, VerificationSessionStatus, VerificationSessionType,
};
pub use verification_session_params::{
    CreateVerificationSession, MetadataParams, ProvidedDetailsParams, RelatedPersonParams, UpdateVerificationSession,
    VerificationSessionOptionsParams,
};
pub use verified_outputs::{IdNumberType, Sex, VerifiedOutputs};

/// The version of Stripe's API that the models follow, as sent in the `Stripe-Version` header.
pub const API_VERSION: &str = "2026-10-28.endive";
