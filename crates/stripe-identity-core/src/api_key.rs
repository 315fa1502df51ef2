use std::fmt;

use http::HeaderValue;

use crate::error::Error;
use crate::invalid_input::InvalidInput;

/// A secret or restricted API key. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    authorization: HeaderValue,
}

impl ApiKey {
    /// A key from its text. Any visible ASCII text is taken for one.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty or holds anything but visible ASCII: a space or a
    /// line break that came along from a file would else fail at Stripe, or end up in a log.
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
    fn a_key_that_cannot_be_sent_is_refused_and_not_quoted() {
        for key in ["", " sk_test_123", "sk_test_123\n", "sk_test_1 23", "sk_test_\u{e9}", "sk_test_\0", "\u{7f}"] {
            let error = ApiKey::new(key).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(!error.was_sent());
            assert!(!format!("{error} {error:?}").contains("sk_test_"), "{error:?}");
        }
    }

    #[test]
    fn debug_hides_the_key_and_the_header() {
        let key = ApiKey::new("sk_test_123").unwrap();
        assert!(!format!("{key:?} {:?}", key.authorization()).contains("123"));
    }

    #[test]
    fn only_a_marked_key_is_for_tests() {
        let is_test = |key| ApiKey::new(key).unwrap().is_test();
        assert!(is_test("sk_test_1") && is_test("rk_test_1"));
        assert!(!is_test("sk_live_1") && !is_test("sk_test") && !is_test("x"));
    }
}
