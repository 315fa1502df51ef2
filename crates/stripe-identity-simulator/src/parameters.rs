//! Reads the parameters, the headers and the files of a request.

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, Method, Request};
use serde_json::Value;
use stripe_identity_core::headers::{STRIPE_ACCOUNT, STRIPE_CONTEXT};

use crate::form;
use crate::multipart::{self, UploadedFile};
use crate::refusal::Refusal;

const LONGEST_NAME: usize = 1000;
const LARGEST_FORM: usize = 1024 * 1024;
const LONGEST_ACCOUNT: usize = 255;

/// The parameters of a request as a form, and its files.
pub(crate) struct Parameters {
    pub(crate) form: Bytes,
    pub(crate) file: Option<UploadedFile>,
    pub(crate) images: Vec<(String, Bytes)>,
}

impl Parameters {
    /// Reads the parameters of the query and, if the method is `POST`, those of the body. Refuses too many of them
    /// before it parses them.
    pub(crate) fn of(request: &Request<Bytes>) -> Result<Self, Refusal> {
        let parameters = Self::read(request)?;
        if form::is_too_long(&parameters.form) { Err(Refusal::too_many_parameters()) } else { Ok(parameters) }
    }

    fn of_form(form: Bytes) -> Self {
        Self { form, file: None, images: Vec::new() }
    }

    fn read(request: &Request<Bytes>) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        if request.method() != Method::POST || request.body().is_empty() {
            return Ok(Self::of_form(Bytes::copy_from_slice(query.as_bytes())));
        }
        let content_type = header(request.headers(), &CONTENT_TYPE).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            // A body without a media type can only be a form.
            "" | "application/x-www-form-urlencoded" => {
                Ok(Self::of_form([query.as_bytes(), request.body()].join(&b'&').into()))
            }
            "multipart/form-data" => {
                let parts = multipart::parse(&content_type, request.body())?;
                Ok(Self { form: format!("{query}{}", parts.form).into(), file: parts.file, images: parts.images })
            }
            "application/json" if request.uri().path().starts_with("/v2/") => {
                // Parsed JSON takes far more memory than its text.
                if request.body().len() > LARGEST_FORM {
                    return Err(Refusal::too_large_json());
                }
                let json = serde_json::from_slice(request.body()).map_err(|_| Refusal::malformed_json())?;
                let mut form = query.to_owned();
                append(&mut form, "", &json)?;
                Ok(Self::of_form(form.into()))
            }
            _ => Err(Refusal::content_type()),
        }
    }
}

/// Writes JSON as a form, in which `null` is an empty string.
fn append(form: &mut String, name: &str, json: &Value) -> Result<(), Refusal> {
    // Each name contains the names above it, so that a small body can become a large form.
    if name.len() > LONGEST_NAME || form.len() > LARGEST_FORM {
        return Err(Refusal::too_many_parameters());
    }
    let below = |field: &str| if name.is_empty() { field.to_owned() } else { format!("{name}[{field}]") };
    let text = match json {
        Value::Object(fields) => {
            return fields.iter().try_for_each(|(field, value)| append(form, &below(field), value));
        }
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            return items.try_for_each(|(index, item)| append(form, &below(&index.to_string()), item));
        }
        _ if name.is_empty() => return Err(Refusal::malformed_json()),
        Value::Null => "",
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) => &json.to_string(),
    };
    Serializer::new(form).append_pair(name, text);
    Ok(())
}

/// Returns the account that the request acts on: that of `Stripe-Account`, or the last one of `Stripe-Context`.
pub(crate) fn account(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let text = |name| header(headers, name).filter(|text| !text.is_empty());
    let account = match (text(&STRIPE_ACCOUNT), text(&STRIPE_CONTEXT)) {
        (Some(_), Some(_)) => return Err(Refusal::two_accounts()),
        (Some(account), None) => Some(account),
        (None, context) => {
            let context = context.unwrap_or_default();
            // The last segment may be an organization instead of an account.
            context.rsplit('/').next().filter(|account| account.starts_with("acct_")).map(str::to_owned)
        }
    };
    // Each object has a copy of it.
    if account.as_ref().is_some_and(|account| account.len() > LONGEST_ACCOUNT) {
        return Err(Refusal::long_account());
    }
    Ok(account)
}

pub(crate) fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_larger_than_1_mib_is_refused_unparsed() {
        let read = |length: usize| {
            let body = format!("{{\"a\":{}1}}", " ".repeat(length - 7));
            let request = Request::post("/v2/core/event_destinations").header(CONTENT_TYPE, "application/json");
            Parameters::of(&request.body(Bytes::from(body)).unwrap()).is_ok()
        };
        assert!(read(LARGEST_FORM) && !read(LARGEST_FORM + 1));
    }

    #[test]
    fn too_many_parameters_are_refused_unparsed() {
        let read = |query: &str, body: String| {
            Parameters::of(&Request::post(format!("/{query}")).body(Bytes::from(body)).unwrap()).is_ok()
        };
        assert!(read("", "k=v&".repeat(1000)));
        assert!(!read("", "k=v&".repeat(1001)));
        assert!(read("?k=v", "&k=v".repeat(999)));
        assert!(!read("?k=v", "&k=v".repeat(1001)));
    }

    fn form(json: &Value) -> Result<String, Refusal> {
        let mut form = String::new();
        append(&mut form, "", json).map(|()| form)
    }

    #[test]
    fn json_becomes_the_equivalent_form() {
        let json = json!({"a": {"b": ["x y", 1, true]}, "c": null, "d": [], "e": {}});
        assert_eq!(form(&json).unwrap(), "a%5Bb%5D%5B0%5D=x+y&a%5Bb%5D%5B1%5D=1&a%5Bb%5D%5B2%5D=true&c=");
        for json in [json!("x"), json!(1), json!(null), json!(true)] {
            assert!(form(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn json_with_long_names_or_many_fields_is_refused() {
        let named = |length: usize| form(&json!({"k".repeat(length): "v"}));
        assert!(named(LONGEST_NAME).is_ok() && named(LONGEST_NAME + 1).is_err());
        let of_length = |length: usize| {
            let mut form = "x".repeat(length);
            append(&mut form, "a", &json!("b"))
        };
        assert!(of_length(LARGEST_FORM).is_ok() && of_length(LARGEST_FORM + 1).is_err());
        assert_eq!(LARGEST_FORM, 1 << 20);
    }
}
