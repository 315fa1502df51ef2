//! Responses, and the headers that all of them have.

mod layout;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::{Serializer, Value};
use stripe_identity_core::headers::{IDEMPOTENCY_KEY, REQUEST_ID, STRIPE_VERSION};
use stripe_identity_core::types::API_VERSION;

use self::layout::Layout;

/// The body of a successful response.
pub(crate) enum Body {
    Json {
        text: Bytes,
        /// The id of the object in the body, if it is one object.
        object: Option<Box<str>>,
    },
    Contents(Bytes, &'static str),
    /// A page, or a redirect to one.
    Page(Response<Bytes>),
}

impl From<Value> for Body {
    fn from(json: Value) -> Self {
        Self::Json { text: print(&json), object: json["id"].as_str().map(Into::into) }
    }
}

impl Body {
    /// Creates a body with the object that has this id.
    pub(crate) fn of(id: &str, object: &impl Serialize) -> Self {
        Self::Json { text: print(object), object: Some(id.into()) }
    }

    /// Creates a body with a list.
    pub(crate) fn of_list(list: &impl Serialize) -> Self {
        Self::Json { text: print(list), object: None }
    }

    /// Takes the id of the object in the body, if it is one object.
    pub(crate) fn take_object(&mut self) -> Option<Box<str>> {
        match self {
            Self::Json { object, .. } => object.take(),
            Self::Contents(..) | Self::Page(_) => None,
        }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        match self {
            Self::Json { text, .. } => with_type(text, JSON),
            Self::Contents(contents, content_type) => with_type(contents, content_type),
            Self::Page(page) => page,
        }
    }
}

const JSON: &str = "application/json";

fn with_type(contents: Bytes, content_type: &'static str) -> Response<Bytes> {
    let mut response = Response::new(contents);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Formats JSON with indentation, as Stripe does.
fn print(json: &impl Serialize) -> Bytes {
    let mut text = Vec::with_capacity(USUAL);
    // The models serialize without fail, and writing to a Vec cannot fail.
    drop(json.serialize(&mut Serializer::with_formatter(&mut text, Layout::default())));
    text.push(b'\n');
    text.into()
}

/// Enough for most objects. The JSON of a session is shorter.
const USUAL: usize = 2048;

/// Returns a response with a JSON body.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = with_type(print(body), JSON);
    *response.status_mut() = status;
    response
}

/// Returns a response with an HTML body.
pub(crate) fn html(body: Bytes) -> Response<Bytes> {
    with_type(body, "text/html")
}

/// Adds the headers that every response of Stripe has.
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
