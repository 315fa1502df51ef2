//! Structs of plain strings, as a careful user would derive them.
#![allow(dead_code, reason = "the fields are only parsed")]

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Session {
    id: String,
    object: String,
    client_reference_id: Option<String>,
    client_secret: Option<String>,
    created: i64,
    last_error: Option<LastError>,
    last_verification_report: Option<Report>,
    livemode: bool,
    metadata: BTreeMap<String, String>,
    options: Options,
    provided_details: Option<ProvidedDetails>,
    redaction: Option<Redaction>,
    related_customer: Option<String>,
    status: String,
    #[serde(rename = "type")]
    type_: String,
    url: Option<String>,
    verified_outputs: Option<VerifiedOutputs>,
}

#[derive(Deserialize)]
struct LastError {
    code: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Report {
    Id(String),
    Object(Box<ReportObject>),
}

#[derive(Deserialize)]
struct ReportObject {
    id: String,
    created: i64,
    document: Option<Document>,
    livemode: bool,
    selfie: Option<Selfie>,
    #[serde(rename = "type")]
    type_: String,
    verification_session: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    address: Option<Address>,
    dob: Option<Date>,
    error: Option<LastError>,
    expiration_date: Option<Date>,
    files: Option<Vec<String>>,
    first_name: Option<String>,
    issued_date: Option<Date>,
    issuing_country: Option<String>,
    last_name: Option<String>,
    number: Option<String>,
    status: String,
    #[serde(rename = "type")]
    type_: Option<String>,
}

#[derive(Deserialize)]
#[allow(clippy::struct_field_names, reason = "the names are Stripe's")]
struct Selfie {
    document: Option<String>,
    error: Option<LastError>,
    selfie: Option<String>,
    status: String,
}

#[derive(Deserialize)]
struct Options {
    document: Option<DocumentOptions>,
}

#[derive(Deserialize)]
struct DocumentOptions {
    allowed_types: Option<Vec<String>>,
    require_id_number: Option<bool>,
    require_live_capture: Option<bool>,
    require_matching_selfie: Option<bool>,
}

#[derive(Deserialize)]
struct ProvidedDetails {
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Deserialize)]
struct Redaction {
    status: String,
}

#[derive(Deserialize)]
struct VerifiedOutputs {
    address: Option<Address>,
    dob: Option<Date>,
    first_name: Option<String>,
    id_number: Option<String>,
    id_number_type: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize)]
struct Address {
    city: Option<String>,
    country: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Date {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct List {
    data: Vec<Session>,
    has_more: bool,
}
