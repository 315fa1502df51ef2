//! Calls by hand, as a careful user would write them: one pooled client of hyper-util, a form with its
//! names written out, and derived structs of plain strings.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::measure::{Failure, repeat};

/// What is done with the body of a response, after it was read.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    Parsed,
    Dropped,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct Session {
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
#[allow(dead_code, reason = "fields are parsed and not read")]
struct LastError {
    code: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code, reason = "fields are parsed and not read")]
enum Report {
    Id(String),
    Object(Box<ReportObject>),
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
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
#[allow(dead_code, reason = "fields are parsed and not read")]
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
#[allow(dead_code, clippy::struct_field_names, reason = "fields are parsed and not read, and named by Stripe")]
struct Selfie {
    document: Option<String>,
    error: Option<LastError>,
    selfie: Option<String>,
    status: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct Options {
    document: Option<DocumentOptions>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct DocumentOptions {
    allowed_types: Option<Vec<String>>,
    require_id_number: Option<bool>,
    require_live_capture: Option<bool>,
    require_matching_selfie: Option<bool>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct ProvidedDetails {
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct Redaction {
    status: String,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct VerifiedOutputs {
    address: Option<Address>,
    dob: Option<Date>,
    first_name: Option<String>,
    id_number: Option<String>,
    id_number_type: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct Address {
    city: Option<String>,
    country: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    state: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct Date {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "fields are parsed and not read")]
struct List {
    data: Vec<Session>,
    has_more: bool,
}

const SESSIONS: &str = "/v1/identity/verification_sessions";

struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    authorization: HeaderValue,
    url: String,
    reply: Reply,
}

impl Api {
    fn request(&self, method: &Method, path: &str, body: String) -> Result<Request<Full<Bytes>>, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(AUTHORIZATION, self.authorization.clone())
            .header("stripe-version", "2026-10-28.endive");
        if *method == Method::POST {
            request = request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header("idempotency-key", "01234567-89ab-4cde-8f01-23456789abcd");
        }
        Ok(request.body(Full::new(body.into()))?)
    }

    async fn send<T: DeserializeOwned>(&self, request: Request<Full<Bytes>>) -> Result<Option<T>, Failure> {
        let response = self.client.request(request).await?;
        let is_success = response.status().is_success();
        let body = response.into_body().collect().await?.to_bytes();
        if !is_success {
            return Err("the response is not a success".into());
        }
        match self.reply {
            Reply::Parsed => Ok(Some(serde_json::from_slice(&body)?)),
            Reply::Dropped => Ok(None),
        }
    }
}

fn escape(form: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            form.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(form, "%{byte:02X}");
        }
    }
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut form = String::with_capacity(512);
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        escape(&mut form, value);
    }
    form
}

pub(crate) fn run(operation: &str, calls: u32, url: &str, reply: Reply) -> Result<u64, Failure> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
    let authorization = HeaderValue::from_static("Bearer sk_test_123");
    let api = &Api { client, authorization, url: url.to_owned(), reply };
    match operation {
        "create" => repeat(calls, || async {
            let body = form(&[
                ("client_reference_id", "user_0001"),
                ("metadata[order]", "6735"),
                ("metadata[team]", "kyc"),
                ("options[document][allowed_types][0]", "passport"),
                ("options[document][allowed_types][1]", "driving_license"),
                ("options[document][require_live_capture]", "true"),
                ("options[document][require_matching_selfie]", "true"),
                ("provided_details[email]", "robin@example.test"),
                ("return_url", "https://example.test/return"),
                ("type", "document"),
            ]);
            api.send::<Session>(api.request(&Method::POST, SESSIONS, body)?).await
        }),
        "retrieve" => repeat(calls, || async {
            let path =
                format!("{SESSIONS}/vs_1Bench000001?expand[0]=verified_outputs&expand[1]=last_verification_report");
            api.send::<Session>(api.request(&Method::GET, &path, String::new())?).await
        }),
        "list100" => repeat(calls, || async {
            let path = format!("{SESSIONS}?limit=100");
            api.send::<List>(api.request(&Method::GET, &path, String::new())?).await
        }),
        other => Err(format!("{other} is not an operation: it must be create, retrieve or list100").into()),
    }
}
