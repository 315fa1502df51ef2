use std::fmt::{self, Write as _};

use stripe_identity_types::Timestamp;

use crate::error::BlankSecret;
use crate::key::Key;

/// Signs payloads as Stripe does, for tests of a receiver.
///
/// ```
/// use stripe_identity_webhook::types::Timestamp;
/// use stripe_identity_webhook::{SIGNATURE_HEADER, Signer};
///
/// let payload = r#"{"id": "evt_1", "object": "event"}"#;
/// let signature = Signer::new("whsec_example")?.sign(payload, Timestamp::from_secs(1_793_000_000));
/// assert!(signature.starts_with("t=1793000000,v1="));
///
/// let request = http::Request::post("/webhook").header(SIGNATURE_HEADER, signature).body(payload)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Signer {
    key: Key,
    scheme: String,
}

impl Signer {
    /// Creates a signer with an endpoint's secret.
    ///
    /// # Errors
    ///
    /// Returns [`BlankSecret`] if the secret is empty or blank.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, BlankSecret> {
        Ok(Self { key: Key::new(secret.as_ref())?, scheme: "v1".to_owned() })
    }

    /// Sets another scheme than `v1`, such as `v0`, which verifiers ignore.
    pub fn scheme(self, scheme: impl Into<String>) -> Self {
        Self { scheme: scheme.into(), ..self }
    }

    /// Returns the value of the `Stripe-Signature` header for a payload: `t=…,v1=…`.
    ///
    /// A timestamp before 1970 gives a header that verifiers reject as malformed.
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
