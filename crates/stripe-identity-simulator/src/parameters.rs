//! Reads what a request brings: its parameters, its headers, and a file.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, Method, Request};
use stripe_identity_core::headers::{STRIPE_ACCOUNT, STRIPE_CONTEXT};

use crate::multipart::{self, UploadedFile};
use crate::refusal::Refusal;

/// The parameters of a request as a form, and its file.
pub(crate) struct Parameters {
    pub(crate) form: Bytes,
    pub(crate) file: Option<UploadedFile>,
}

impl Parameters {
    /// Reads the query's parameters and, of a `POST`, the body's.
    pub(crate) fn of(request: &Request<Bytes>) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        if request.method() != Method::POST || request.body().is_empty() {
            return Ok(Self { form: Bytes::copy_from_slice(query.as_bytes()), file: None });
        }
        let content_type = header(request.headers(), &CONTENT_TYPE).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            // Without one, what else could it be.
            "" | "application/x-www-form-urlencoded" => {
                Ok(Self { form: [query.as_bytes(), request.body()].join(&b'&').into(), file: None })
            }
            "multipart/form-data" => {
                let parts = multipart::parse(&content_type, request.body())?;
                Ok(Self { form: format!("{query}{}", parts.form).into(), file: parts.file })
            }
            _ => Err(Refusal::content_type()),
        }
    }
}

/// Returns the account that is acted on: the one of `Stripe-Account`, or the last one of `Stripe-Context`.
pub(crate) fn account(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let text = |name| header(headers, name).filter(|text| !text.is_empty());
    match (text(&STRIPE_ACCOUNT), text(&STRIPE_CONTEXT)) {
        (Some(_), Some(_)) => Err(Refusal::two_accounts()),
        (Some(account), None) => Ok(Some(account)),
        (None, context) => {
            let context = context.unwrap_or_default();
            // It may also end in an organization.
            Ok(context.rsplit('/').next().filter(|account| account.starts_with("acct_")).map(str::to_owned))
        }
    }
}

pub(crate) fn header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}
