//! Calls by hand, as a careful user would write them: one pooled client of hyper-util, a form with its
//! names written out, and derived structs of plain strings.

mod models;

use std::fmt::Write as _;
use std::hint::black_box;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::de::DeserializeOwned;
use sha2::Sha256;
use stripe_identity::Event;

use crate::canned::{self, ID};
use crate::round::{Failure, Round, calls, synchronous};
use models::{List, Session};

/// What to do with the body of a response after reading it.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    Parsed,
    Dropped,
}

const SESSIONS: &str = "/v1/identity/verification_sessions";

struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    authorization: HeaderValue,
    url: String,
    reply: Reply,
}

impl Api {
    fn new(url: &str, reply: Reply) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Self { client, authorization: HeaderValue::from_static("Bearer sk_test_123"), url: url.to_owned(), reply }
    }

    fn request(&self, method: &Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Failure> {
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
        Ok(request.body(Full::new(body))?)
    }

    async fn send<T: DeserializeOwned>(&self, request: Request<Full<Bytes>>) -> Result<Option<T>, Failure> {
        let response = self.client.request(request).await?;
        let is_success = response.status().is_success();
        let body = response.into_body().collect().await?.to_bytes();
        if !is_success {
            return Err("the status of the response must be 200".into());
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

fn form(pairs: &[(&str, &str)]) -> Bytes {
    let mut form = String::with_capacity(512);
    for (name, value) in pairs {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        escape(&mut form, value);
    }
    form.into()
}

fn create_form() -> Bytes {
    form(&[
        ("client_reference_id", "user_000001"),
        ("metadata[order]", "6735"),
        ("metadata[team]", "kyc"),
        ("options[document][allowed_types][0]", "passport"),
        ("options[document][allowed_types][1]", "driving_license"),
        ("options[document][require_live_capture]", "true"),
        ("options[document][require_matching_selfie]", "true"),
        ("provided_details[email]", "robin@example.test"),
        ("return_url", "https://example.test/return"),
        ("type", "document"),
    ])
}

fn parse<T: DeserializeOwned + 'static>(text: impl AsRef<[u8]> + 'static) -> Round {
    synchronous(move || Ok(serde_json::from_slice::<T>(black_box(text.as_ref()))?))
}

/// Computes one HMAC.
fn hmac(payload: &[u8]) -> Result<(), Failure> {
    let mut mac = Hmac::<Sha256>::new_from_slice(black_box(canned::SECRET.as_bytes()))?;
    mac.update(b"1.");
    mac.update(black_box(payload));
    black_box(mac.finalize().into_bytes());
    Ok(())
}

/// Returns the call of a task, or `None` if there is no such task.
pub(crate) fn call(task: &str, url: &str, reply: Reply) -> Result<Option<Round>, Failure> {
    let api = Api::new(url, reply);
    Ok(Some(match task {
        "create" => calls(async move || {
            let request = api.request(&Method::POST, SESSIONS, create_form())?;
            api.send::<Session>(request).await
        })?,
        "retrieve" => calls(async move || {
            let path = format!("{SESSIONS}/{ID}?expand[0]=verified_outputs&expand[1]=last_verification_report");
            api.send::<Session>(api.request(&Method::GET, &path, Bytes::new())?).await
        })?,
        "list" => calls(async move || {
            let path = format!("{SESSIONS}?limit=100");
            api.send::<List>(api.request(&Method::GET, &path, Bytes::new())?).await
        })?,
        _ => return Ok(None),
    }))
}

/// Returns the round of a task, or `None` if there is no such task.
pub(crate) fn round(task: &str, url: &str) -> Result<Option<Round>, Failure> {
    Ok(Some(match task {
        "encode" => synchronous(|| Ok(create_form())),
        "name_buffer" => synchronous(|| Ok(String::with_capacity(black_box(64)))),
        "request" => {
            let api = Api::new(url, Reply::Parsed);
            synchronous(move || api.request(&Method::POST, SESSIONS, create_form()))
        }
        "parse_created" => parse::<Session>(canned::CREATED),
        "parse_verified" => parse::<Session>(canned::VERIFIED),
        "parse_list" => parse::<List>(canned::page(0)),
        "hmac" => synchronous(|| hmac(canned::EVENT.as_bytes())),
        "webhook" => synchronous(|| {
            let payload = canned::EVENT.as_bytes();
            hmac(payload)?;
            Ok(serde_json::from_slice::<Event>(payload)?)
        }),
        _ => return call(task, url, Reply::Parsed),
    }))
}
