//! What the fact table does not say, and the check must know.

/// Fields that hold a secret or personal data, in whatever object they stand.
pub(crate) const PRIVATE: &[&str] = &[
    "city",
    "client_reference_id",
    "client_secret",
    "country",
    "dob",
    "email",
    "expiration_date",
    "filename",
    "first_name",
    "id_number",
    "idempotency_key",
    "issued_date",
    "issuing_country",
    "last_name",
    "line1",
    "line2",
    "message",
    "nonce",
    "number",
    "phone",
    "postal_code",
    "return_url",
    "secret",
    "sex",
    "state",
    "title",
    "unparsed_place_of_birth",
    "unparsed_sex",
    "url",
    "user_message",
];

/// Fields of such a name that hold neither.
pub(crate) const NOT_PRIVATE: &[&str] = &["MatchingOptions.dob", "RelatedObject.url"];

/// Which enum has the paths that can be expanded in which object.
pub(crate) const EXPANSIONS: &[(&str, &str)] = &[
    ("file", "FileExpand"),
    ("file_link", "FileLinkExpand"),
    ("identity.verification_report", "ReportExpand"),
    ("identity.verification_session", "SessionExpand"),
];

/// What is there whenever it was given, and need not be asked for.
pub(crate) const GIVEN: &[&str] = &["provided_details"];

/// What must be there for its object to be read, beside `id`: a list without it is no list.
pub(crate) const REQUIRED: &[&str] = &["file.links.data"];

/// Where a struct's derived code finds serde, so that no list reads as an object.
pub(crate) const SERDE: &str = "crate::maps";

/// Structs that programs store, and that Stripe neither sends nor takes.
pub(crate) const STORED: &[&str] = &["SessionView", "StoredError", "StoredState"];

/// What serde may be told about a struct.
pub(crate) const STRUCT_WORDS: &[&str] = &["bound(…)", "crate", "default", "transparent"];

/// What serde may be told about a field.
pub(crate) fn is_known(word: &str, value: Option<&str>) -> bool {
    match (word, value) {
        ("rename", Some(_)) | ("default", None) => true,
        ("default", Some(default)) => matches!(default, "Vec::new" | "Option::default"),
        ("deserialize_with", Some(with)) => {
            matches!(with, "hiding_errors" | "invalid_as_absent" | "link" | "null_as_default" | "request")
                || with.starts_with("own::")
        }
        ("skip_serializing_if", Some(test)) => {
            let (_, test) = test.split_once("::").unwrap_or_default();
            matches!(test, "is_none" | "is_absent" | "is_keep" | "is_empty")
        }
        _ => false,
    }
}

/// The ids, and the fields that hold one.
const IDS: &[(&str, &[&str])] = &[
    ("AccountId", &["account"]),
    ("CustomerAccountId", &["related_customer_account"]),
    ("CustomerId", &["customer", "related_customer"]),
    ("EphemeralKeyId", &["id"]),
    ("EventId", &["ending_before", "id", "snapshot_event", "starting_after"]),
    ("FileId", &["document", "ending_before", "file", "files", "id", "selfie", "starting_after"]),
    ("FileLinkId", &["ending_before", "id", "starting_after"]),
    ("PersonId", &["person"]),
    ("VerificationFlowId", &["verification_flow"]),
    ("VerificationReportId", &["ending_before", "id", "starting_after"]),
    ("VerificationSessionId", &["ending_before", "id", "starting_after", "verification_session"]),
];

/// Free texts for which there is an open enum, since many of their values are known.
const OPEN: &[(&str, &str)] = &[
    ("api_errors.code", "ErrorCode"),
    ("event.type", "EventType"),
    ("v2.core.event.type", "ThinEventType"),
    ("v2.core.event_related_object.type", "ObjectType"),
    ("GET /v1/events.types[]", "EventType"),
];

/// Whether a type is one for a free text in this place.
pub(crate) fn is_text(type_: &str, field: &str, place: &str) -> bool {
    let is_id = || IDS.iter().any(|(id, fields)| *id == type_ && fields.contains(&field));
    let is_open = || OPEN.contains(&(place, type_));
    type_ == "String" || is_id() || is_open()
}
