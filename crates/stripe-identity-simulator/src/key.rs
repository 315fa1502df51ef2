use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::refusal::Refusal;

/// What kind of API key a request came with. The key itself is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Secret,
    Restricted,
}

impl Key {
    /// Reads the `Authorization` header: `Bearer`, or `Basic` with the key as the user name.
    pub(crate) fn of(authorization: Option<&HeaderValue>) -> Result<Self, Refusal> {
        let authorization = authorization.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, credentials) = authorization.split_once(' ').unwrap_or_default();
        let key = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => credentials.trim().to_owned(),
            "basic" => user_name(credentials.trim()).unwrap_or_default(),
            _ => String::new(),
        };
        // A live key does not belong here: whoever sends one has mixed up two configurations.
        match key.as_str() {
            "" => Err(Refusal::missing_key()),
            key if key.strip_prefix("sk_test_").is_some_and(|rest| !rest.is_empty()) => Ok(Self::Secret),
            key if key.strip_prefix("rk_test_").is_some_and(|rest| !rest.is_empty()) => Ok(Self::Restricted),
            _ => Err(Refusal::invalid_key()),
        }
    }
}

fn user_name(credentials: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    Some(decoded.split(':').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(authorization: &'static str) -> Result<Key, Refusal> {
        Key::of(Some(&HeaderValue::from_static(authorization)))
    }

    #[test]
    fn both_schemes_and_both_kinds_of_test_key() {
        assert_eq!(key("Bearer sk_test_1").unwrap(), Key::Secret);
        assert_eq!(key("bearer rk_test_1").unwrap(), Key::Restricted);
        // sk_test_123:
        assert_eq!(key("Basic c2tfdGVzdF8xMjM6").unwrap(), Key::Secret);
    }

    #[test]
    fn other_keys_are_refused() {
        for authorization in
            ["Bearer sk_live_1", "Bearer sk_test_", "Bearer x", "Bearer", "", "Digest x", "Basic !!", "Basic"]
        {
            assert!(key(authorization).is_err(), "{authorization}");
        }
        assert!(Key::of(None).is_err());
    }
}
