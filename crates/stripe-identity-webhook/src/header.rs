//! The `Stripe-Signature` header.

use crate::error::WebhookError;

/// Stripe's own headers have some hundred bytes, and a signature for each secret that is rolled.
const LONGEST: usize = 4096;
const MOST_SIGNATURES: usize = 16;

/// What a header says: when it was signed, and with what signatures of the scheme `v1`.
pub(crate) struct Header<'a> {
    /// As it stands in the header, since that is what was signed.
    pub(crate) timestamp: &'a [u8],
    pub(crate) time: i64,
    pub(crate) signatures: Vec<&'a [u8]>,
}

impl<'a> Header<'a> {
    pub(crate) fn parse(header: &'a [u8]) -> Result<Self, WebhookError> {
        if header.len() > LONGEST {
            return Err(WebhookError::MalformedHeader);
        }
        let (mut timestamp, mut signatures) = (None, Vec::new());
        for item in header.split(|&byte| byte == b',') {
            let mut parts = item.splitn(2, |&byte| byte == b'=');
            let (key, value) = (parts.next().unwrap_or_default(), parts.next());
            match (key, value) {
                // Of two times, who could say which was signed.
                (b"t", Some(value)) if timestamp.is_none() => timestamp = Some(value),
                (b"t", _) => return Err(WebhookError::MalformedHeader),
                (b"v1", Some(value)) => signatures.push(value),
                // Other schemes, and what may come one day.
                _ => {}
            }
            if signatures.len() > MOST_SIGNATURES {
                return Err(WebhookError::MalformedHeader);
            }
        }
        let timestamp = timestamp.ok_or(WebhookError::MalformedHeader)?;
        let time = decimal(timestamp).ok_or(WebhookError::MalformedHeader)?;
        if signatures.is_empty() {
            return Err(WebhookError::NoSignature);
        }
        Ok(Self { timestamp, time, signatures })
    }
}

/// Digits and nothing else, within 64 bits.
fn decimal(text: &[u8]) -> Option<i64> {
    let is_plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    is_plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// A signature in lower-case hexadecimal; `None` if it is of another form, which matches nothing.
pub(crate) fn signature(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut signature = [0; 32];
    for (byte, digits) in signature.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(signature)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}
