use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::json::{Bytes, Json, each_entry, each_field, escape_invalid_utf8};
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;

/// The part of a body that is parsed. Stripe's own errors have a few kilobytes.
const LONGEST_BODY: usize = 256 * 1024;

/// The error in the response to a request that Stripe rejected: the value of its key `error`.
///
/// All of Stripe's APIs share this object. Its fields about charges, cards and other parts of a
/// payment are for the payment APIs.
///
/// [`from_slice`](Self::from_slice) parses a whole body. [`Deserialize`] parses the value of the key
/// `error`. Neither fails because of a field: a field of an unexpected type is absent, so that the
/// rest of the error is not lost. `Deserialize` parses a value that is not an object as an error
/// without fields.
///
/// `Debug` shows only a type and a code that have a name, since Stripe may quote the request in all
/// other fields.
///
/// ```
/// use stripe_identity_types::{ApiError, ApiErrorType, ErrorCode};
///
/// let body = br#"{"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "session"}}"#;
/// let error = ApiError::from_slice(body).expect("the body has an error");
/// match (&error.type_, &error.code) {
///     (ApiErrorType::InvalidRequestError, Some(ErrorCode::ResourceMissing)) => println!("no such object"),
///     (type_, code) => panic!("{type_} {code:?}"),
/// }
/// assert_eq!(error.param.as_deref(), Some("session"));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ApiError {
    /// The advice of Stripe for a card that was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice_code: Option<String>,
    /// The id of the charge that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<String>,
    /// The machine-readable reason. Absent if Stripe has no code for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// The issuer's reason for declining a card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// The URL of the documentation of the code. Absent if the code has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc_url: Option<String>,
    /// The human-readable reason, for developers. It may quote the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Sensitive<String>>,
    /// The advice of a card's network for a card that was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_advice_code: Option<String>,
    /// The network's reason for declining a card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_decline_code: Option<String>,
    /// The parameter that caused the error, such as `options[document]`. Absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The payment intent that caused the error, as Stripe sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_intent: Option<Sensitive<Json>>,
    /// The payment method that caused the error, as Stripe sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<Sensitive<Json>>,
    /// The type of the payment method that caused the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_type: Option<String>,
    /// The URL of the request's log in the Dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_log_url: Option<String>,
    /// The setup intent that caused the error, as Stripe sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_intent: Option<Sensitive<Json>>,
    /// The payment source that caused the error, as Stripe sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Sensitive<Json>>,
    /// The kind of the error.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "ApiErrorType::is_absent")]
    pub type_: ApiErrorType,
    /// A message suitable for display to the user. Only in errors of the v2 API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_message: Option<Sensitive<String>>,
}

impl ApiError {
    /// Creates an error of a type, with a message for developers.
    pub fn new(type_: ApiErrorType, message: impl Into<String>) -> Self {
        Self { type_, message: Some(Sensitive::new(message.into())), ..Self::default() }
    }

    /// Parses the error in the body of a response. Returns `None` if the body has no key `error`, or
    /// its value is neither an object nor a string.
    ///
    /// The fields of an object are those of the error. A string is the code, and `error_description`
    /// is the message, which is the form of the OAuth endpoints.
    ///
    /// Parsing is tolerant:
    /// - A byte order mark at the beginning is skipped.
    /// - U+FFFD replaces what is not text in a string.
    /// - A field of an unexpected type is absent.
    /// - If the body ends too early, or is not JSON from some point on, the fields before that point
    ///   count.
    /// - Only the first 256 KiB of the body are parsed.
    pub fn from_slice(body: &[u8]) -> Option<Self> {
        let body = escape_invalid_utf8(&body[..body.len().min(LONGEST_BODY)]);
        let (mut error, mut description) = (None, None);
        let walked = each_field(&body, |key, value| match key {
            b"error" => error = Some(value),
            b"error_description" => description = Some(value),
            _ => {}
        });
        // The body may end within the error itself.
        let broken = walked.err().and_then(|_| Self::from_broken(&body));
        broken.or_else(|| Self::from_parts(error?, description))
    }

    fn from_parts(error: &RawValue, description: Option<&RawValue>) -> Option<Self> {
        match error.get().as_bytes().first()? {
            b'{' => Some(Self::from_object(error.get())),
            _ => Some(Self {
                code: Some(Bytes::text(error)?.into()),
                message: description.and_then(Bytes::text).map(Sensitive::new),
                ..Self::default()
            }),
        }
    }

    fn from_object(json: &str) -> Self {
        let mut error = Self::default();
        // The fields before the point at which it fails are set.
        let _ = each_field(json, |key, value| error.set(key, value));
        error
    }

    fn from_broken(body: &str) -> Option<Self> {
        struct Body<'a>(&'a mut Option<ApiError>);
        struct Object<'a>(&'a mut Option<ApiError>);

        impl<'de> Visitor<'de> for Body<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                while let Some(Bytes(key)) = map.next_key()? {
                    if *key == *b"error" {
                        *self.0 = None;
                        map.next_value_seed(Object(self.0))?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(())
            }
        }

        impl<'de> DeserializeSeed<'de> for Object<'_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for Object<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
                let error = self.0.insert(ApiError::default());
                each_entry(map, |key, value| error.set(key, value))
            }
        }

        let mut error = None;
        // It fails at some point, and the fields before that point are set.
        let _ = serde_json::Deserializer::from_str(body).deserialize_map(Body(&mut error));
        error
    }

    /// Sets a field. If a key occurs twice, its last value counts, as `serde_json` has it for maps.
    fn set(&mut self, key: &[u8], value: &RawValue) {
        let text = || Bytes::text(value);
        let private = || text().map(Sensitive::new);
        let object = || {
            let object = value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok())?;
            object.map(Sensitive::new)
        };
        match key {
            b"advice_code" => self.advice_code = text(),
            b"charge" => self.charge = text(),
            b"code" => self.code = text().map(ErrorCode::from),
            b"decline_code" => self.decline_code = text(),
            b"doc_url" => self.doc_url = text(),
            b"message" => self.message = private(),
            b"network_advice_code" => self.network_advice_code = text(),
            b"network_decline_code" => self.network_decline_code = text(),
            b"param" => self.param = text(),
            b"payment_intent" => self.payment_intent = object(),
            b"payment_method" => self.payment_method = object(),
            b"payment_method_type" => self.payment_method_type = text(),
            b"request_log_url" => self.request_log_url = text(),
            b"setup_intent" => self.setup_intent = object(),
            b"source" => self.source = object(),
            b"type" => self.type_ = text().map(ApiErrorType::from).unwrap_or_default(),
            b"user_message" => self.user_message = private(),
            _ => {}
        }
    }
}

/// Shows the type and the code, if they have a name.
impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("type", &Some(&self.type_).filter(|type_| type_.is_known()))
            .field("code", &self.code.as_ref().filter(|code| code.is_known()))
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Ok(Self::from_object(&escape_invalid_utf8(json.as_bytes())))
    }
}

open_enum! {
    /// The kind of an error, Stripe's `error.type`.
    pub enum ApiErrorType {
        /// A problem on Stripe's side.
        ApiError = "api_error",
        /// A card was declined.
        CardError = "card_error",
        /// An idempotency key was used before with other parameters, or is in use.
        IdempotencyError = "idempotency_error",
        /// The request is invalid.
        InvalidRequestError = "invalid_request_error",
    }
}

open_enum! {
    /// The code of an error, Stripe's `error.code`. Stripe has far more codes than this crate has
    /// names for.
    pub enum ErrorCode {
        /// The API key has expired.
        ApiKeyExpired = "api_key_expired",
        /// Another request with the same idempotency key is still in progress. The type of the
        /// error may be [`InvalidRequestError`](ApiErrorType::InvalidRequestError).
        IdempotencyKeyInUse = "idempotency_key_in_use",
        /// The object is live and the API key is for test mode, or the object is test data and the
        /// API key is live.
        LivemodeMismatch = "livemode_mismatch",
        /// Another request holds a lock on the object. The request can be retried.
        LockTimeout = "lock_timeout",
        /// A parameter is empty and must not be.
        ParameterInvalidEmpty = "parameter_invalid_empty",
        /// A parameter is not an integer and must be.
        ParameterInvalidInteger = "parameter_invalid_integer",
        /// A required parameter is missing.
        ParameterMissing = "parameter_missing",
        /// A parameter does not exist.
        ParameterUnknown = "parameter_unknown",
        /// The request has parameters that exclude each other.
        ParametersExclusive = "parameters_exclusive",
        /// There were too many requests in a short time. The request can be retried later.
        RateLimit = "rate_limit",
        /// The object does not exist.
        ResourceMissing = "resource_missing",
        /// The call needs a secret key.
        SecretKeyRequired = "secret_key_required",
        /// A URL is invalid.
        UrlInvalid = "url_invalid",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn field_of_an_unexpected_type_is_absent() {
        let error = ApiError::from_slice(
            json!({"error": {"type": 5, "code": "rate_limit", "message": ["x"]}}).to_string().as_bytes(),
        )
        .unwrap();
        assert_eq!((error.code, error.message), (Some(ErrorCode::RateLimit), None));
        assert!(error.type_.is_absent());
    }

    #[test]
    fn oauth_error_has_code_and_message() {
        let body = json!({"error": "invalid_grant", "error_description": "It has expired."});
        let error = ApiError::from_slice(body.to_string().as_bytes()).unwrap();
        assert_eq!(error.code.as_ref().map(ErrorCode::as_str), Some("invalid_grant"));
        assert_eq!(error.message.unwrap().expose(), "It has expired.");
    }

    #[test]
    fn body_without_an_error_gives_none() {
        for body in [json!({}), json!({"error": null}), json!({"error": 5}), json!([]), json!("error"), json!(null)] {
            assert_eq!(ApiError::from_slice(body.to_string().as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn error_debug_shows_no_text_of_the_response() {
        let all = "advice_code charge code decline_code doc_url message network_advice_code network_decline_code param \
                   payment_method_type request_log_url type user_message";
        let fields: Map<_, _> =
            all.split_whitespace().map(|key| (key.to_owned(), json!("robin@example.test"))).collect();
        let error = ApiError::from_slice(json!({"error": fields}).to_string().as_bytes()).unwrap();
        assert_eq!(error.param.as_deref(), Some("robin@example.test"));
        assert_eq!(format!("{error:?}"), "ApiError { type: None, code: None, .. }");
        let known =
            ApiError::from_slice(json!({"error": {"type": "api_error", "code": "rate_limit"}}).to_string().as_bytes())
                .unwrap();
        assert_eq!(format!("{known:?}"), "ApiError { type: Some(ApiError), code: Some(RateLimit), .. }");
    }
}
