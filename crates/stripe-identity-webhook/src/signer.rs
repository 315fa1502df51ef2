use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use stripe_identity_types::Timestamp;

use crate::error::WebhookError;

/// HMAC-SHA256 with a secret as its key: the whole text of it, `whsec_` included.
#[derive(Clone)]
pub(crate) struct Key(Hmac<Sha256>);

impl Key {
    pub(crate) fn new(secret: &str) -> Result<Self, WebhookError> {
        // The key of HMAC is filled up with zeros, so that of nothing but zeros is an empty one. The others are what is left
        // where a variable was not set.
        let says_nothing =
            |letter: char| letter.is_whitespace() || letter.is_control() || "\u{200b}\u{feff}".contains(letter);
        if secret.strip_prefix("whsec_").unwrap_or(secret).chars().all(says_nothing) {
            return Err(WebhookError::BlankSecret);
        }
        // HMAC takes keys of any length.
        Hmac::new_from_slice(secret.as_bytes()).map(Self).map_err(|_| WebhookError::BlankSecret)
    }

    pub(crate) fn sign(&self, timestamp: &[u8], payload: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(timestamp);
        mac.update(b".");
        mac.update(payload);
        mac.finalize().into_bytes().into()
    }
}

/// Signs payloads as Stripe does, for tests of a receiver.
#[derive(Clone)]
pub struct Signer {
    key: Key,
    scheme: String,
}

impl Signer {
    /// A signer with an endpoint's secret.
    ///
    /// # Errors
    /// [`BlankSecret`](WebhookError::BlankSecret) if it is empty or blank.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, WebhookError> {
        Ok(Self { key: Key::new(secret.as_ref())?, scheme: "v1".to_owned() })
    }

    /// The same signer with another scheme than `v1`, such as `v0`, which verifiers pass over.
    pub fn scheme(self, scheme: impl Into<String>) -> Self {
        Self { scheme: scheme.into(), ..self }
    }

    /// The `Stripe-Signature` header for a payload: `t=…,v1=…`. Of a time before 1970, verifiers call it malformed.
    pub fn sign(&self, payload: impl AsRef<[u8]>, at: Timestamp) -> String {
        let timestamp = at.as_secs().to_string();
        let mut header = format!("t={timestamp},{}=", self.scheme);
        for byte in self.key.sign(timestamp.as_bytes(), payload.as_ref()) {
            // Writing to a String cannot fail.
            let _ = write!(header, "{byte:02x}");
        }
        header
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}
