//! Any header and any body, told apart by the first zero byte.
//!
//! `cargo +nightly fuzz run delivery`, in `crates/stripe-identity-webhook`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stripe_identity_webhook::types::Timestamp;
use stripe_identity_webhook::{Delivery, Signer, Tolerance, Verifier};

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |&byte| byte == 0);
    let (header, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let verifier = Verifier::new("whsec_made_up").expect("it is not blank").tolerance(Tolerance::Unlimited);
    // Nobody guesses a signature.
    assert!(verifier.verify(body, Some(header)).is_err());

    // What is signed verifies, and what reads reads again and has an id.
    let signed = Signer::new("whsec_made_up").expect("it is not blank").sign(body, Timestamp::from_secs(1));
    assert_eq!(verifier.verify(body, Some(&signed)), Ok(Timestamp::from_secs(1)));
    let delivery = verifier.delivery(body, Some(&signed));
    assert_eq!(delivery, Delivery::from_slice(body));
    if let Ok(delivery) = delivery {
        let _ = (delivery.id(), delivery.type_(), delivery.is_known(), format!("{delivery:?}"));
        assert_eq!(Delivery::from_cloud(body).map(|delivery| delivery.kind()), Ok(delivery.kind()));
    }
    let _ = Delivery::from_cloud(body);
});
