use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::json::{Bytes, Json, each_entry, each_field, escape_invalid_utf8};
use crate::open_enum::open_enum;
use crate::sensitive::Sensitive;

/// How much of a body is read. Stripe's own errors have a few kilobytes.
const LONGEST_BODY: usize = 256 * 1024;

/// What Stripe says about a request that it refused.
///
/// Reading it never fails on its fields: one of an unexpected type reads as absent, so that a status and a request id
/// are not lost over it. `Debug` shows the type and the code, as far as they have a name, and nothing else: in all the rest
/// Stripe may quote what was sent.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ApiError {
    /// Where to go from here, for a card that was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice_code: Option<String>,
    /// The id of the charge that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<String>,
    /// The reason for programs, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// Why a card was declined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// A page of documentation about the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc_url: Option<String>,
    /// The reason for developers. It may quote what was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Sensitive<String>>,
    /// Where to go from here, as the card's network says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_advice_code: Option<String>,
    /// Why a card was declined, as its network says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_decline_code: Option<String>,
    /// The parameter at fault, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The payment intent at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_intent: Option<Sensitive<Json>>,
    /// The payment method at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<Sensitive<Json>>,
    /// The type of the payment method at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_type: Option<String>,
    /// The request's log in the Dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_log_url: Option<String>,
    /// The setup intent at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_intent: Option<Sensitive<Json>>,
    /// The payment source at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Sensitive<Json>>,
    /// The kind of error.
    #[doc(alias = "type")]
    #[serde(rename = "type", skip_serializing_if = "ApiErrorType::is_absent")]
    pub type_: ApiErrorType,
    /// A message fit to be shown to the user, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_message: Option<Sensitive<String>>,
}

impl ApiError {
    /// An error of a type, with a message for developers.
    pub fn new(type_: ApiErrorType, message: impl Into<String>) -> Self {
        Self { type_, message: Some(Sensitive::new(message.into())), ..Self::default() }
    }

    /// Reads what stands under the key `error` of a response body, or returns `None` if that is no error.
    ///
    /// An object gives its fields. A string is taken as the code, as the OAuth endpoints send it, with the
    /// `error_description` beside it as the message.
    ///
    /// It takes what is there. A byte order mark at the beginning is skipped. Text is read with U+FFFD in place of what is not text, and a field of an unexpected type reads
    /// as absent; of a body that ends too early, or goes on as something else than JSON, what came before counts. No more than
    /// the first 256 KiB are read.
    pub fn from_slice(body: &[u8]) -> Option<Self> {
        let body = escape_invalid_utf8(&body[..body.len().min(LONGEST_BODY)]);
        let (mut error, mut description) = (None, None);
        let walked = each_field(&body, |key, value| match key {
            b"error" => error = Some(value),
            b"error_description" => description = Some(value),
            _ => {}
        });
        // The error itself may be what breaks off.
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
        // What came before it broke off is in the error.
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
        // It breaks off somewhere, and what came before is in the error.
        let _ = serde_json::Deserializer::from_str(body).deserialize_map(Body(&mut error));
        error
    }

    /// Sets a field. Of a key that comes twice the last value counts, as it does for all JSON.
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
    /// The kind of an error that Stripe answered with.
    pub enum ApiErrorType {
        /// Something went wrong on Stripe's side.
        ApiError = "api_error",
        /// A card was declined.
        CardError = "card_error",
        /// An idempotency key was used with other parameters, or is in use.
        IdempotencyError = "idempotency_error",
        /// The request was wrong.
        InvalidRequestError = "invalid_request_error",
    }
}

open_enum! {
    /// The code of an error that Stripe answered with. There are far more than have a name here.
    pub enum ErrorCode {
        /// The API key has expired.
        ApiKeyExpired = "api_key_expired",
        /// Another request with the same idempotency key is still running.
        IdempotencyKeyInUse = "idempotency_key_in_use",
        /// The object is live and the key is for tests, or the other way round.
        LivemodeMismatch = "livemode_mismatch",
        /// Something else holds the object; the request can be repeated.
        LockTimeout = "lock_timeout",
        /// A parameter that must not be empty is.
        ParameterInvalidEmpty = "parameter_invalid_empty",
        /// A parameter must be an integer and is not.
        ParameterInvalidInteger = "parameter_invalid_integer",
        /// A required parameter is missing.
        ParameterMissing = "parameter_missing",
        /// There is no such parameter.
        ParameterUnknown = "parameter_unknown",
        /// Parameters exclude each other.
        ParametersExclusive = "parameters_exclusive",
        /// Too many requests.
        RateLimit = "rate_limit",
        /// There is no such object.
        ResourceMissing = "resource_missing",
        /// The call takes a secret key.
        SecretKeyRequired = "secret_key_required",
        /// A URL is not one.
        UrlInvalid = "url_invalid",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn wrong_inner_types_read_as_absent() {
        let error = ApiError::from_slice(
            json!({"error": {"type": 5, "code": "rate_limit", "message": ["x"]}}).to_string().as_bytes(),
        )
        .unwrap();
        assert_eq!((error.code, error.message), (Some(ErrorCode::RateLimit), None));
        assert!(error.type_.is_absent());
    }

    #[test]
    fn an_oauth_error_gives_code_and_message() {
        let body = json!({"error": "invalid_grant", "error_description": "It has expired."});
        let error = ApiError::from_slice(body.to_string().as_bytes()).unwrap();
        assert_eq!(error.code.as_ref().map(ErrorCode::as_str), Some("invalid_grant"));
        assert_eq!(error.message.unwrap().expose(), "It has expired.");
    }

    #[test]
    fn other_shapes_give_none() {
        for body in [json!({}), json!({"error": null}), json!({"error": 5}), json!([]), json!("error"), json!(null)] {
            assert_eq!(ApiError::from_slice(body.to_string().as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn debug_shows_no_text_that_came_over_the_wire() {
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
