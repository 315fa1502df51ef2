use std::fmt;

use http::HeaderValue;

use crate::error::{Error, InvalidInput};

/// A secret or restricted API key. `Debug` does not show it.
///
/// ```
/// use stripe_identity_core::ApiKey;
///
/// let key = ApiKey::new("rk_test_123")?;
/// assert!(key.is_test());
/// assert_eq!(format!("{key:?}"), "ApiKey([hidden])");
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    authorization: HeaderValue,
}

impl ApiKey {
    /// Creates a key from its text. Any visible ASCII text is accepted, since only Stripe knows which
    /// keys exist.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the text is empty or has a character that is
    /// not visible ASCII, such as a space or a line break that was copied along from a file.
    pub fn new(key: impl AsRef<str>) -> Result<Self, Error> {
        let key = key.as_ref();
        if key.is_empty() {
            return Err(InvalidInput::EmptyApiKey.into());
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidInput::MalformedApiKey.into());
        }
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| InvalidInput::MalformedApiKey)?;
        authorization.set_sensitive(true);
        Ok(Self { authorization })
    }

    /// Returns whether the key is marked as a test key: it begins with `sk_test_` or `rk_test_`.
    pub fn is_test(&self) -> bool {
        let key = self.authorization.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
        key.starts_with(b"sk_test_") || key.starts_with(b"rk_test_")
    }

    pub(crate) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([hidden])")
    }
}

impl TryFrom<&str> for ApiKey {
    type Error = Error;

    fn try_from(key: &str) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl TryFrom<&String> for ApiKey {
    type Error = Error;

    fn try_from(key: &String) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl TryFrom<String> for ApiKey {
    type Error = Error;

    fn try_from(key: String) -> Result<Self, Error> {
        Self::new(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn key_that_cannot_be_sent_is_refused_and_not_quoted() {
        for key in ["", " sk_test_123", "sk_test_123\n", "sk_test_1 23", "sk_test_\u{e9}", "sk_test_\0", "\u{7f}"] {
            let error = ApiKey::new(key).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!error.was_sent());
            assert!(!format!("{error} {error:?}").contains("sk_test_"), "{error:?}");
        }
    }

    #[test]
    fn debug_hides_key_and_header() {
        let key = ApiKey::new("sk_test_123").unwrap();
        assert!(!format!("{key:?} {:?}", key.authorization()).contains("123"));
    }

    #[test]
    fn is_test_follows_the_prefix() {
        let is_test = |key| ApiKey::new(key).unwrap().is_test();
        assert!(is_test("sk_test_1") && is_test("rk_test_1"));
        assert!(!is_test("sk_live_1") && !is_test("sk_test") && !is_test("x"));
    }
}
