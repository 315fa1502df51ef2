//! Valid, malformed and forged deliveries.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod deliveries;
mod properties;
mod signatures;

use stripe_identity_webhook::Verifier;
use stripe_identity_webhook::types::Timestamp;

const SECRET: &str = "whsec_made_up";
const NOW: i64 = 1_793_000_000;

/// Returns a verifier whose clock is fixed.
fn verifier() -> Verifier {
    Verifier::new(SECRET).unwrap().clock(|| Timestamp::from_secs(NOW))
}
