//! Facts that the check needs and the fact table does not have.

/// The schemas of Stripe's objects, and the model of each. Those of nested objects follow from the fields.
pub(super) const OBJECTS: &[(&str, &str)] = &[
    ("api_errors", "ApiError"),
    ("ephemeral_key", "EphemeralKey"),
    ("event", "Event"),
    ("file", "File"),
    ("file_link", "FileLink"),
    ("identity.verification_report", "VerificationReport"),
    ("identity.verification_session", "VerificationSession"),
    ("v2.core.event", "ThinEvent"),
];

/// The operations with parameters besides `expand`, and the model of the parameters.
pub(super) const PARAMETERS: &[(&str, &str)] = &[
    ("GET /v1/events", "ListEvents"),
    ("GET /v1/file_links", "ListFileLinks"),
    ("GET /v1/files", "ListFiles"),
    ("GET /v1/identity/verification_reports", "ListVerificationReports"),
    ("GET /v1/identity/verification_sessions", "ListVerificationSessions"),
    ("POST /v1/ephemeral_keys", "CreateEphemeralKey"),
    ("POST /v1/file_links", "CreateFileLink"),
    ("POST /v1/file_links/{link}", "UpdateFileLink"),
    ("POST /v1/files", "CreateFile"),
    ("POST /v1/identity/verification_sessions", "CreateVerificationSession"),
    ("POST /v1/identity/verification_sessions/{session}", "UpdateVerificationSession"),
];

/// Fields of the models that the fact table does not have, and why.
pub(super) const EXTRA_FIELDS: &[(&str, &str)] = &[
    ("ApiError.user_message", "the SDKs have it, for errors of v2"),
    ("CreateFile.content_type", "a part of the upload, not a parameter"),
    ("CreateFile.filename", "a part of the upload, not a parameter"),
];

/// Fields that go into a part of the upload, so that serde must skip them.
const PARTS: &[&str] = &["CreateFile.content_type", "CreateFile.file", "CreateFile.filename"];

/// Endpoints that the fact table does not list: one is the `url` of a file, the other is of v2.
pub(super) const OTHER_ROUTES: &[&str] = &["GET /v1/files/{file}/contents", "GET /v2/core/events/{id}"];

/// Names of fields that hold a secret or personal data, in any object.
pub(super) const PRIVATE: &[&str] = &[
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

/// Fields with one of these names that hold neither.
pub(super) const NOT_PRIVATE: &[&str] = &["MatchingOptions.dob", "RelatedObject.url"];

/// The enums of the paths that can be expanded, by object.
pub(super) const EXPANSIONS: &[(&str, &str)] = &[
    ("file", "FileExpand"),
    ("file_link", "FileLinkExpand"),
    ("identity.verification_report", "ReportExpand"),
    ("identity.verification_session", "SessionExpand"),
];

/// Fields that Stripe sends whenever they are set, so that they need not be expanded.
pub(super) const ALWAYS_PRESENT: &[&str] = &["provided_details"];

/// Fields besides `id` that an object must have to be deserialized: a list needs its objects.
pub(super) const REQUIRED: &[&str] = &["file.links.data"];

/// Structs that programs store, and that Stripe neither sends nor accepts.
pub(super) const STORED: &[&str] = &["SessionView", "StoredError", "StoredState"];

/// The serde option that keeps a JSON list from being deserialized as a struct.
pub(super) const NO_LISTS: &str = "crate=\"crate::maps\"";

/// The functions that may deserialize fields, besides those of `own`.
const DESERIALIZERS: &[&str] = &["hiding_errors", "invalid_as_absent", "link", "null_as_default", "request"];

/// Whether a serde option of a struct changes nothing that this check relies on.
pub(super) fn is_struct_option(option: &str) -> bool {
    matches!(option, NO_LISTS | "default" | "transparent") || option.starts_with("bound(")
}

/// Whether a serde option of a field changes nothing that this check relies on.
pub(super) fn is_field_option(option: &str, field: &str) -> bool {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let value = value.trim_matches('"');
    match name {
        "rename" => true,
        "default" => matches!(value, "" | "Vec::new" | "Option::default"),
        "deserialize_with" => DESERIALIZERS.contains(&value) || value.starts_with("own::"),
        "skip_serializing_if" => value
            .split_once("::")
            .is_some_and(|(_, test)| matches!(test, "is_none" | "is_absent" | "is_keep" | "is_empty")),
        "skip" => PARTS.contains(&field),
        _ => false,
    }
}

/// The types of ids, and the fields that hold each.
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

/// Free texts that have an open enum, since many of their values are known.
const OPEN: &[(&str, &str)] = &[
    ("api_errors.code", "ErrorCode"),
    ("event.type", "EventType"),
    ("v2.core.event.type", "ThinEventType"),
    ("v2.core.event_related_object.type", "ObjectType"),
    ("GET /v1/events.types[]", "EventType"),
];

/// Whether a type is right for a free text in this place.
pub(super) fn is_text(type_: &str, place: &str) -> bool {
    let field = place.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
    let is_id = || IDS.iter().any(|(id, fields)| *id == type_ && fields.contains(&field));
    type_ == "String" || is_id() || OPEN.contains(&(place, type_))
}
