//! Builds the request of a call.

use std::io;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use stripe_identity_types::AccountId;

use super::{Call, Caller};
use crate::config::{BaseUrl, Settings, header_value, set_scope, version_value};
use crate::encode::{append_form, check_finite, multipart_body};
use crate::endpoint::{Endpoint, Host};
use crate::error::{Error, InvalidInput};
use crate::headers::{IDEMPOTENCY_KEY, STRIPE_ACCOUNT, STRIPE_CONTEXT, STRIPE_VERSION};

/// The parameter that every endpoint takes besides its own.
#[derive(Serialize)]
struct Expand {
    expand: Vec<String>,
}

impl<C: Caller, E: Endpoint> Call<C, E> {
    pub(super) fn request(&self) -> Result<http::Request<Bytes>, Error> {
        let settings = self.caller.config().settings();
        let route = self.endpoint.route();
        let base_url = match route.host() {
            Host::Api => &settings.base_url,
            Host::Files => &settings.files_base_url,
        };
        if ![Method::GET, Method::POST, Method::DELETE].contains(route.method()) {
            return Err(InvalidInput::UnsupportedMethod.into());
        }
        let has_given_key = self.options.idempotency_key.is_some();
        if has_given_key && *route.method() == Method::GET {
            return Err(InvalidInput::IdempotencyKeyOnGet.into());
        }
        let (id, is_v2) = (self.endpoint.id(), route.is_v2());
        let has_key = has_given_key || *route.method() == Method::POST || is_v2 && *route.method() == Method::DELETE;

        let mut request = http::Request::new(Bytes::new());
        let mut content_type = None;
        let uri = if *route.method() == Method::POST {
            let (body, type_) = self.body(settings, is_v2)?;
            *request.body_mut() = body;
            content_type = Some(type_);
            base_url.join(&route, id, "")?
        } else {
            let mut query = route.query()?.to_owned();
            self.append_form(&mut query)?;
            base_url.join(&route, id, &query)?
        };
        *request.method_mut() = route.method().clone();
        *request.uri_mut() = uri;
        let mut headers = self.headers(settings, base_url, has_key)?;
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type);
            headers.insert(CONTENT_LENGTH, HeaderValue::from(request.body().len()));
        }
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Returns the body of a `POST`, and its media type.
    fn body(&self, settings: &Settings, is_v2: bool) -> Result<(Bytes, HeaderValue), Error> {
        if is_v2 {
            if !self.options.expand.is_empty() {
                return Err(InvalidInput::ExpandInV2.into());
            }
            let params = self.endpoint.params();
            check_finite(params).map_err(|_| InvalidInput::UnrepresentableParams)?;
            let json = serde_json::to_vec(params).map_err(|_| InvalidInput::UnrepresentableParams)?;
            // `()` means no parameters.
            let json = if json == b"null" { b"{}".to_vec() } else { json };
            return Ok((json.into(), HeaderValue::from_static("application/json")));
        }
        let mut form = String::new();
        self.append_form(&mut form)?;
        let Some(file) = self.endpoint.file() else {
            return Ok((form.into(), HeaderValue::from_static("application/x-www-form-urlencoded")));
        };
        header_value(file.content_type)?;
        let boundary = random_uuid(settings.random.as_ref()).map_err(Error::no_random_bytes)?;
        let content_type = header_value(&format!("multipart/form-data; boundary={boundary}"))?;
        Ok((multipart_body(&boundary, &form, file).into(), content_type))
    }

    fn append_form(&self, form: &mut String) -> Result<(), Error> {
        append_form(form, self.endpoint.params()).map_err(|_| InvalidInput::UnrepresentableParams)?;
        if self.options.expand.is_empty() {
            return Ok(());
        }
        if form.split('&').any(|pair| pair.starts_with("expand[") || pair.starts_with("expand=")) {
            return Err(InvalidInput::DuplicateExpand.into());
        }
        let expand = self.options.expand.iter().map(|part| format!("{}{}", E::EXPAND_PREFIX, part.as_ref())).collect();
        append_form(form, &Expand { expand }).map_err(|_| InvalidInput::UnrepresentableParams.into())
    }

    fn headers(&self, settings: &Settings, base_url: &BaseUrl, has_idempotency_key: bool) -> Result<HeaderMap, Error> {
        let options = &self.options;
        let mut headers = settings.headers.clone();
        for (name, value) in &options.headers {
            let (name, value) = extra_header(name, value)?;
            headers.try_insert(name, value).map_err(|_| InvalidInput::MalformedHeader)?;
        }

        let api_key = options.api_key.as_ref().unwrap_or(&settings.api_key);
        if base_url.takes_test_keys_only && !api_key.is_test() {
            return Err(InvalidInput::NotATestKey.into());
        }
        headers.insert(AUTHORIZATION, api_key.authorization());
        if let Some(version) = &options.api_version {
            headers.insert(STRIPE_VERSION, version_value(version)?);
        }
        let (account, context) = (options.account.as_ref().map(AccountId::as_str), options.context.as_deref());
        // Both name an account, so setting one on the call removes the client's other.
        if account.is_some_and(|account| !account.is_empty()) {
            headers.remove(STRIPE_CONTEXT);
        }
        if context.is_some_and(|context| !context.is_empty()) {
            headers.remove(STRIPE_ACCOUNT);
        }
        set_scope(&mut headers, account, context)?;
        if has_idempotency_key {
            let mut key = match &options.idempotency_key {
                Some(key) => idempotency_key(key)?,
                None => header_value(&random_uuid(settings.random.as_ref()).map_err(Error::no_random_bytes)?)?,
            };
            // A given key may contain a user's id.
            key.set_sensitive(true);
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        Ok(headers)
    }
}

fn extra_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    /// The headers that an option of the call or the transport sets.
    const RESERVED: &[&str] = &[
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "stripe-account",
        "stripe-context",
        "stripe-version",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = HeaderName::try_from(name).map_err(|_| InvalidInput::MalformedHeader)?;
    if RESERVED.contains(&name.as_str()) {
        return Err(InvalidInput::ReservedHeader.into());
    }
    let mut value = header_value(value)?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn idempotency_key(key: &str) -> Result<HeaderValue, Error> {
    if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidInput::MalformedIdempotencyKey.into());
    }
    header_value(key)
}

/// Returns a UUID of version 4.
fn random_uuid(random: &dyn Fn() -> io::Result<u64>) -> io::Result<String> {
    let bits = u128::from(random()?) << 64 | u128::from(random()?);
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    // `format!` takes three times as long.
    let mut uuid = String::with_capacity(36);
    for (index, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            uuid.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    Ok(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_key_is_a_uuid_of_version_4() {
        let ones = random_uuid(&|| Ok(u64::MAX)).unwrap();
        assert_eq!(ones, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let zeros = random_uuid(&|| Ok(0)).unwrap();
        assert_eq!(zeros, "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn malformed_idempotency_key_is_refused() {
        for key in ["", " ", "a b", "a\n", "é", &"x".repeat(256)] {
            assert!(idempotency_key(key).is_err(), "{key:?}");
        }
        assert!(idempotency_key(&"x".repeat(255)).is_ok());
    }
}
