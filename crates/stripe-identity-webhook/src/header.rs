//! The `Stripe-Signature` header.

use crate::error::WebhookError;

/// The name of the header that holds a delivery's signatures, `Stripe-Signature`, in the lower case
/// that the `http` crate expects of a constant.
pub const SIGNATURE_HEADER: &str = "stripe-signature";

// Stripe's own headers have some hundred bytes, and one signature for each secret that is valid
// while one is rolled.
const MAX_LEN: usize = 4096;
const MAX_SIGNATURES: usize = 16;

/// A parsed header: when the payload was signed, and its signatures of scheme `v1`.
pub(crate) struct Header<'a> {
    /// The bytes of `t` as they stand in the header, because these were signed.
    pub(crate) timestamp: &'a [u8],
    pub(crate) time: i64,
    pub(crate) signatures: Vec<&'a [u8]>,
}

impl<'a> Header<'a> {
    pub(crate) fn parse(header: &'a [u8]) -> Result<Self, WebhookError> {
        if header.len() > MAX_LEN {
            return Err(WebhookError::MalformedHeader);
        }
        let (mut timestamp, mut signatures) = (None, Vec::new());
        for item in header.split(|&byte| byte == b',') {
            let mut parts = item.splitn(2, |&byte| byte == b'=');
            let (key, value) = (parts.next().unwrap_or_default(), parts.next());
            match (key, value) {
                // With two timestamps, it would be ambiguous which one was signed.
                (b"t", Some(value)) if timestamp.is_none() => timestamp = Some(value),
                (b"t", _) => return Err(WebhookError::MalformedHeader),
                (b"v1", Some(value)) => signatures.push(value),
                // Other schemes, and keys that Stripe may add.
                _ => {}
            }
            if signatures.len() > MAX_SIGNATURES {
                return Err(WebhookError::MalformedHeader);
            }
        }
        let timestamp = timestamp.ok_or(WebhookError::MalformedHeader)?;
        let time = parse_timestamp(timestamp).ok_or(WebhookError::MalformedHeader)?;
        if signatures.is_empty() {
            return Err(WebhookError::NoSignature);
        }
        Ok(Self { timestamp, time, signatures })
    }
}

/// Parses digits alone, without a sign or white space. Returns `None` if they exceed an `i64`.
fn parse_timestamp(text: &[u8]) -> Option<i64> {
    let is_plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    is_plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// Decodes a signature from 64 lower-case hexadecimal digits. Returns `None` for any other form,
/// which matches no payload.
pub(crate) fn decode_signature(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut signature = [0; 32];
    for (byte, digits) in signature.iter_mut().zip(text.chunks_exact(2)) {
        *byte = decode_digit(digits[0])? << 4 | decode_digit(digits[1])?;
    }
    Some(signature)
}

fn decode_digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}
