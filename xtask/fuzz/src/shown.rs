//! The texts of a model that its `Debug` output shows.

/// The keys of texts that Stripe writes, and that `Debug` therefore shows.
const SHOWN: &[&str] = &[
    "advice_code",
    "api_version",
    "charge",
    "context",
    "decline_code",
    "doc_url",
    "issuing_card",
    "network_advice_code",
    "network_decline_code",
    "payment_method_type",
    "reason",
    "request",
    "request_log_url",
];

/// Whether a body has an address where `Debug` may show it: under a key of a text that is not personal, or as
/// the type of a file or the id of a request.
pub(crate) fn shows_an_address(body: &[u8]) -> bool {
    fn is_shown(value: &serde_json::Value, key: &str) -> bool {
        match value {
            serde_json::Value::String(text) => {
                (SHOWN.contains(&key) || matches!(key, "id" | "type")) && text.contains('@')
            }
            serde_json::Value::Array(items) => items.iter().any(|item| is_shown(item, key)),
            serde_json::Value::Object(fields) => fields.iter().any(|(key, value)| is_shown(value, key)),
            _ => false,
        }
    }
    let text = stripe_identity_core::types::escape_invalid_utf8(body);
    // A body that is not JSON to a `Value` may still parse leniently, so it counts as shown.
    serde_json::from_str(&text).map_or(true, |value| is_shown(&value, ""))
}
