#![doc = include_str!("../README.md")]
//!
//! # Where to find an object
//!
//! - Sessions, `identity.verification_session`: [`VerificationSession`], with the parameters
//!   [`CreateVerificationSession`], [`UpdateVerificationSession`] and
//!   [`ListVerificationSessions`], and the fields to expand in [`SessionExpand`].
//! - Reports, `identity.verification_report`: [`VerificationReport`], [`ListVerificationReports`]
//!   and [`ReportExpand`].
//! - Files, `file`: [`File`], [`CreateFile`], [`ListFiles`] and [`FileExpand`].
//! - File links, `file_link`: [`FileLink`], [`CreateFileLink`], [`UpdateFileLink`],
//!   [`ListFileLinks`] and [`FileLinkExpand`].
//! - Events, `event`: [`Event`] and [`ListEvents`]. Thin events, `v2.core.event`: [`ThinEvent`].
//! - Ephemeral keys, `ephemeral_key`: [`EphemeralKey`] and [`CreateEphemeralKey`].
//! - Pages of lists, `list`: [`List`]. Errors: [`ApiError`].
//!
//! [`SessionState`], [`RedactionState`] and [`SessionView`] are not objects of Stripe. They are
//! derived from sessions and events.
//!
//! # Rules of every model
//!
//! - **Only `id` is required,** and the `data` of a list. A key that Stripe omits and a key that is
//!   `null` parse alike: as `None`, as an empty collection, or as a value of an enum for which
//!   `is_absent()` is true. The documentation calls such a field *absent*. Where the documentation
//!   of a field names no case of absence, Stripe sends the field in every object, or does not
//!   document when it is `null`.
//! - **A model parses only from a JSON object of its kind.** An object whose `object` names another
//!   kind is rejected. So is a JSON array, unless it is empty, which is how PHP writes an empty
//!   object.
//! - **Unknown keys are ignored, unknown enum values are kept.**
//!   [`VerificationSessionStatus::from`] turns any text into a value, which serializes as the same
//!   text.
//! - **Personal data and secrets are in [`Sensitive`].** It is transparent to serde, and hidden in
//!   `Debug`. The error for a malformed value does not quote it.
//! - **JSON without a model is kept as Stripe sent it,** in [`Json`]: the snapshot in an event, and
//!   the values that changed.
//! - **Times are whole seconds since 1970,** in [`Timestamp`]; a fraction is rounded down. Events
//!   of the v2 API have their times as text, in [`DateTime`]. Dates of birth and of documents are
//!   [`Date`]s, any part of which may be absent.
//! - **Models serialize in Stripe's form,** so that a program can store them. The format must be
//!   self-describing and write a struct as a map, as JSON, CBOR, and `MessagePack` with names do.
//! - **Parameters serialize under Stripe's names,** as nested maps and lists. In the form that is
//!   the body of a request, they are pairs such as `options[document][allowed_types][0]=passport`.
//!   A field that a request clears serializes as `null`, and has an empty value in the form. The
//!   clients of `stripe-identity-core` write the form.
//!
//! The models follow API version [`API_VERSION`].

#![warn(unnameable_types, clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod address;
mod api_error;
mod created_filter;
mod date;
mod date_time;
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
pub use date_time::DateTime;
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
pub use session::VerificationSession;
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
pub use session::state::{RedactionState, SessionState};
pub use session::status::VerificationSessionStatus;
pub use session::view::SessionView;
pub use timestamp::{ParseTimestampError, SystemTimeRangeError, Timestamp};

/// The version of Stripe's API that the models follow, for the `Stripe-Version` header.
pub const API_VERSION: &str = "2026-10-28.endive";

#[cfg(test)]
mod tests {
    #[test]
    fn readme_names_the_api_version_and_the_rust_version() {
        let readme = include_str!("../README.md");
        assert!(readme.contains(&format!("API version {}.", super::API_VERSION)));
        assert!(readme.contains(&format!("Rust {} or newer.", env!("CARGO_PKG_RUST_VERSION"))));
    }
}
