use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::open_enum::open_enum;
use crate::{ErrorCode, Sensitive};

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
    pub payment_intent: Option<Sensitive<Map<String, Value>>>,
    /// The payment method at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<Sensitive<Map<String, Value>>>,
    /// The type of the payment method at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_method_type: Option<String>,
    /// The request's log in the Dashboard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_log_url: Option<String>,
    /// The setup intent at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_intent: Option<Sensitive<Map<String, Value>>>,
    /// The payment source at fault, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Sensitive<Map<String, Value>>>,
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

    /// Reads what stands under the key `error` of a response body, in any shape that it may have.
    ///
    /// An object gives its fields. A string is taken as the code, as the OAuth endpoints send it, with the
    /// `error_description` beside it as the message. Anything else gives `None`.
    pub fn from_body(body: &Value) -> Option<Self> {
        match body.get("error")? {
            Value::Object(_) => Some(Self::from_object(&body["error"])),
            Value::String(code) => Some(Self {
                code: Some(code.as_str().into()),
                message: text(body, "error_description").map(Sensitive::new),
                ..Self::default()
            }),
            _ => None,
        }
    }

    fn from_object(error: &Value) -> Self {
        Self {
            advice_code: text(error, "advice_code"),
            charge: text(error, "charge"),
            code: text(error, "code").map(ErrorCode::from),
            decline_code: text(error, "decline_code"),
            doc_url: text(error, "doc_url"),
            message: text(error, "message").map(Sensitive::new),
            network_advice_code: text(error, "network_advice_code"),
            network_decline_code: text(error, "network_decline_code"),
            param: text(error, "param"),
            payment_intent: object(error, "payment_intent"),
            payment_method: object(error, "payment_method"),
            payment_method_type: text(error, "payment_method_type"),
            request_log_url: text(error, "request_log_url"),
            setup_intent: object(error, "setup_intent"),
            source: object(error, "source"),
            type_: text(error, "type").map(ApiErrorType::from).unwrap_or_default(),
            user_message: text(error, "user_message").map(Sensitive::new),
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

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

fn object(object: &Value, key: &str) -> Option<Sensitive<Map<String, Value>>> {
    object.get(key)?.as_object().cloned().map(Sensitive::new)
}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::from_object(&value))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wrong_inner_types_read_as_absent() {
        let error =
            ApiError::from_body(&json!({"error": {"type": 5, "code": "rate_limit", "message": ["x"]}})).unwrap();
        assert_eq!((error.code, error.message), (Some(ErrorCode::RateLimit), None));
        assert!(error.type_.is_absent());
    }

    #[test]
    fn an_oauth_error_gives_code_and_message() {
        let body = json!({"error": "invalid_grant", "error_description": "It has expired."});
        let error = ApiError::from_body(&body).unwrap();
        assert_eq!(error.code.as_ref().map(ErrorCode::as_str), Some("invalid_grant"));
        assert_eq!(error.message.unwrap().expose(), "It has expired.");
    }

    #[test]
    fn other_shapes_give_none() {
        for body in [json!({}), json!({"error": null}), json!({"error": 5}), json!([]), json!("error"), json!(null)] {
            assert_eq!(ApiError::from_body(&body), None, "{body}");
        }
    }

    #[test]
    fn debug_shows_no_text_that_came_over_the_wire() {
        let all = "advice_code charge code decline_code doc_url message network_advice_code network_decline_code param \
                   payment_method_type request_log_url type user_message";
        let fields: Map<_, _> =
            all.split_whitespace().map(|key| (key.to_owned(), json!("robin@example.test"))).collect();
        let error = ApiError::from_body(&json!({"error": fields})).unwrap();
        assert_eq!(error.param.as_deref(), Some("robin@example.test"));
        assert_eq!(format!("{error:?}"), "ApiError { type: None, code: None, .. }");
        let known = ApiError::from_body(&json!({"error": {"type": "api_error", "code": "rate_limit"}})).unwrap();
        assert_eq!(format!("{known:?}"), "ApiError { type: Some(ApiError), code: Some(RateLimit), .. }");
    }
}
