use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::BlankSecret;

/// HMAC-SHA256 with a whole secret as its key, `whsec_` included.
#[derive(Clone)]
pub(crate) struct Key(Hmac<Sha256>);

impl Key {
    pub(crate) fn new(secret: &str) -> Result<Self, BlankSecret> {
        // HMAC pads its key with zeros, so a secret of zeros is an empty one. The other invisible
        // characters are what remains of a variable that is not set.
        let is_invisible =
            |letter: char| letter.is_whitespace() || letter.is_control() || "\u{200b}\u{feff}".contains(letter);
        if secret.strip_prefix("whsec_").unwrap_or(secret).chars().all(is_invisible) {
            return Err(BlankSecret);
        }
        // HMAC accepts keys of any length, so this does not fail.
        Hmac::new_from_slice(secret.as_bytes()).map(Self).map_err(|_| BlankSecret)
    }

    pub(crate) fn sign(&self, timestamp: &[u8], payload: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(timestamp);
        mac.update(b".");
        mac.update(payload);
        mac.finalize().into_bytes().into()
    }
}
