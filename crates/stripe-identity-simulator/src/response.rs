//! Responses, and the headers that each of them has.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::Value;
use stripe_identity_core::headers::{IDEMPOTENCY_KEY, REQUEST_ID, STRIPE_VERSION};
use stripe_identity_core::types::API_VERSION;

/// The body of a success.
pub(crate) enum Body {
    Json(Value),
    Contents(Bytes, &'static str),
    /// A page, or what leads to one.
    Page(Response<Bytes>),
}

impl From<Value> for Body {
    fn from(json: Value) -> Self {
        Self::Json(json)
    }
}

impl Body {
    /// Returns the id of the object that it shows, if it shows one.
    pub(crate) fn object_id(&self) -> Option<String> {
        match self {
            Self::Json(object) => object["id"].as_str().map(str::to_owned),
            Self::Contents(..) | Self::Page(_) => None,
        }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        match self {
            Self::Json(body) => json(StatusCode::OK, &body),
            Self::Page(page) => page,
            Self::Contents(contents, content_type) => {
                let mut response = Response::new(contents);
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                response
            }
        }
    }
}

/// Returns a response with a body of JSON, laid out for people as Stripe's is.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{body:#}\n")));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns a response with a body of HTML.
pub(crate) fn html(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// Adds the headers that a response has whatever it says.
pub(crate) fn complete(response: &mut Response<Bytes>, request: &Request<Bytes>, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    let version = request.headers().get(STRIPE_VERSION).cloned();
    headers.insert(STRIPE_VERSION, version.unwrap_or(HeaderValue::from_static(API_VERSION)));
    if let Some(key) = request.headers().get(IDEMPOTENCY_KEY) {
        headers.insert(IDEMPOTENCY_KEY, key.clone());
    }
}
