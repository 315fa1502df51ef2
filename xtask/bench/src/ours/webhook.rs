use std::hint::black_box;

use stripe_identity::types::Timestamp;
use stripe_identity::webhook::{Signer, Tolerance, Verifier};

use crate::canned;
use crate::round::{Failure, Round, synchronous};

pub(super) fn round() -> Result<Round, Failure> {
    let payload = canned::EVENT;
    let header = Signer::new(canned::SECRET)?.sign(payload, Timestamp::from_secs(1));
    let verifier = Verifier::new(canned::SECRET)?.tolerance(Tolerance::Unlimited);
    Ok(synchronous(move || Ok(verifier.verify_event(black_box(payload.as_bytes()), Some(header.as_bytes()))?)))
}
