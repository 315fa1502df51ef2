//! What the fact table does not say, and the check must know.

/// Which model is which schema. What these are made of follows from the models and the schemas themselves.
pub(crate) const OBJECTS: &[(&str, &str)] = &[
    ("api_errors", "ApiError"),
    ("ephemeral_key", "EphemeralKey"),
    ("event", "Event"),
    ("file", "File"),
    ("file_link", "FileLink"),
    ("identity.verification_report", "VerificationReport"),
    ("identity.verification_session", "VerificationSession"),
    ("v2.core.event", "ThinEvent"),
];

/// Which parameters are which operation's, by method and path; the others take none.
pub(crate) const PARAMETERS: &[(&str, &str, &str)] = &[
    ("GET", "/v1/events", "ListEvents"),
    ("GET", "/v1/file_links", "ListFileLinks"),
    ("GET", "/v1/files", "ListFiles"),
    ("GET", "/v1/identity/verification_reports", "ListVerificationReports"),
    ("GET", "/v1/identity/verification_sessions", "ListVerificationSessions"),
    ("POST", "/v1/ephemeral_keys", "CreateEphemeralKey"),
    ("POST", "/v1/file_links", "CreateFileLink"),
    ("POST", "/v1/file_links/{link}", "UpdateFileLink"),
    ("POST", "/v1/files", "CreateFile"),
    ("POST", "/v1/identity/verification_sessions", "CreateVerificationSession"),
    ("POST", "/v1/identity/verification_sessions/{session}", "UpdateVerificationSession"),
];

/// What we model beyond the fact table's schemas, and why.
pub(crate) const BEYOND: &[(&str, &str)] = &[
    ("ApiError.user_message", "the SDKs have it, for errors of the second API"),
    ("CreateFile.content_type", "a part of the upload, not a parameter"),
    ("CreateFile.filename", "a part of the upload, not a parameter"),
];

/// The routes that the fact table does not list: one stands in the `url` of a file, the other is of the second API.
pub(crate) const OTHER_ROUTES: &[(&str, &str)] =
    &[("GET", "/v1/files/{file}/contents"), ("GET", "/v2/core/events/{id}")];

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
