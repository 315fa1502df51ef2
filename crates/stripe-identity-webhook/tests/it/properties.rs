use proptest::prelude::*;
use stripe_identity_webhook::types::Timestamp;
use stripe_identity_webhook::{Delivery, Signer, Tolerance, Verifier};

fn verifier(secret: &str) -> Verifier {
    Verifier::new(secret).unwrap().tolerance(Tolerance::Unlimited)
}

fn secret() -> impl Strategy<Value = String> {
    "[!-~][ -~]{0,80}"
}

proptest! {
    #[test]
    fn what_was_signed_verifies(
        secret in secret(),
        payload in prop::collection::vec(any::<u8>(), 0..500),
        at in 0..i64::MAX,
    ) {
        let at = Timestamp::from_secs(at);
        let header = Signer::new(&secret).unwrap().sign(&payload, at);
        prop_assert_eq!(verifier(&secret).verify(&payload, Some(header)), Ok(at));
    }

    #[test]
    fn a_single_bit_makes_the_difference(
        secret in secret(),
        payload in prop::collection::vec(any::<u8>(), 1..200),
        at in 0..i64::MAX,
    ) {
        let verifier = verifier(&secret);
        let header = Signer::new(&secret).unwrap().sign(&payload, Timestamp::from_secs(at));
        for bit in 0..payload.len() * 8 {
            let mut changed = payload.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verifier.verify(&changed, Some(&header)).is_err());
        }
        // The time and the signature, in whatever way that changes the header.
        for bit in 0..header.len() * 8 {
            let mut changed = header.clone().into_bytes();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verifier.verify(&payload, Some(&changed)).is_err(), "{}", String::from_utf8_lossy(&changed));
        }
    }

    #[test]
    fn another_secret_is_no_secret(one in secret(), other in secret(), payload in prop::collection::vec(any::<u8>(), 0..50)) {
        prop_assume!(one != other);
        let header = Signer::new(&one).unwrap().sign(&payload, Timestamp::from_secs(1));
        prop_assert!(verifier(&other).verify(&payload, Some(header)).is_err());
    }

    #[test]
    fn no_header_makes_it_panic_or_pass(header in prop::collection::vec(any::<u8>(), 0..200)) {
        let verified = verifier("whsec_1").verify(b"{}", Some(header));
        prop_assert!(verified.is_err());
    }

    #[test]
    fn no_header_of_the_right_letters_does_either(header in "[tv01=,a-f ]{0,120}") {
        let verified = verifier("whsec_1").verify(b"{}", Some(header));
        prop_assert!(verified.is_err());
    }

    #[test]
    fn no_payload_makes_it_panic(payload in "[\\[\\]{}\",:a-z0-9 ]{0,100}") {
        let _ = Delivery::from_slice(payload.as_bytes());
        let _ = Delivery::from_cloud(payload.as_bytes());
    }
}
