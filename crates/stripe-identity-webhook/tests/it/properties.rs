use proptest::prelude::*;
use stripe_identity_webhook::types::{SessionView, Timestamp};
use stripe_identity_webhook::{Delivery, Signer, Tolerance, Verifier};

fn verifier(secret: &str) -> Verifier {
    Verifier::new(secret).unwrap().tolerance(Tolerance::Unlimited)
}

fn secret() -> impl Strategy<Value = String> {
    "[!-~][ -~]{0,80}"
}

proptest! {
    #[test]
    fn signed_payload_verifies(
        secret in secret(),
        payload in prop::collection::vec(any::<u8>(), 0..500),
        at in 0..i64::MAX,
    ) {
        let at = Timestamp::from_secs(at);
        let header = Signer::new(&secret).unwrap().sign(&payload, at);
        prop_assert_eq!(verifier(&secret).verify(&payload, Some(header.as_bytes())), Ok(at));
    }

    #[test]
    fn single_bit_flip_is_rejected(
        secret in secret(),
        payload in prop::collection::vec(any::<u8>(), 1..200),
        at in 0..i64::MAX,
    ) {
        let verifier = verifier(&secret);
        let header = Signer::new(&secret).unwrap().sign(&payload, Timestamp::from_secs(at));
        for bit in 0..payload.len() * 8 {
            let mut changed = payload.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verifier.verify(&changed, Some(header.as_bytes())).is_err());
        }
        // Flips bits of the timestamp, the signature and the punctuation alike.
        for bit in 0..header.len() * 8 {
            let mut changed = header.clone().into_bytes();
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verifier.verify(&payload, Some(&changed)).is_err(), "{}", String::from_utf8_lossy(&changed));
        }
    }

    #[test]
    fn other_secret_is_rejected(
        one in secret(),
        other in secret(),
        payload in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        prop_assume!(one != other);
        let header = Signer::new(&one).unwrap().sign(&payload, Timestamp::from_secs(1));
        prop_assert!(verifier(&other).verify(&payload, Some(header.as_bytes())).is_err());
    }

    #[test]
    fn random_header_is_rejected_without_panic(header in prop::collection::vec(any::<u8>(), 0..200)) {
        let verified = verifier("whsec_1").verify(b"{}", Some(&header));
        prop_assert!(verified.is_err());
    }

    #[test]
    fn plausible_header_is_rejected_without_panic(header in "[tv01=,a-f ]{0,120}") {
        let verified = verifier("whsec_1").verify(b"{}", Some(header.as_bytes()));
        prop_assert!(verified.is_err());
    }

    #[test]
    fn random_payload_does_not_panic(payload in "[\\[\\]{}\",:a-z0-9 ]{0,100}") {
        let _ = Delivery::from_slice(payload.as_bytes());
        let _ = Delivery::from_envelope(payload.as_bytes());
    }

    /// One changed byte gives an event or an error, but no panic.
    #[test]
    fn event_with_a_changed_byte_does_not_panic(at: prop::sample::Index, byte: u8) {
        let mut payload = EVENT.replace("OBJECT", r#""\\u00e9""#).into_bytes();
        let at = at.index(payload.len());
        payload[at] = byte;
        for delivery in [Delivery::from_slice(&payload), Delivery::from_envelope(&payload)] {
            if let Ok(Delivery::Event(event)) = delivery {
                let _ = (event.verification_session(), SessionView::from_event(&event), event.data.object.expose().value());
            }
        }
    }

    #[test]
    fn event_with_random_object_is_delivered(
        strings in prop::collection::vec(prop_oneof![
            prop::collection::vec(0x80..=0xFF_u8, 0..5),
            Just(br"\ud83d".to_vec()), Just(br"\udc00".to_vec()), Just(br"\\".to_vec()), Just(b"a".to_vec()),
        ], 0..10),
        number in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?(e[+-]?[0-9]{1,9})?",
        depth in 0..500_usize,
    ) {
        let string = [&b"\""[..], &strings.concat(), b"\""].concat();
        let value = [&b"["[..], &string, b",", number.as_bytes(), b",{", &string, b":1}]"].concat();
        let object = [&b"[".repeat(depth)[..], &value, &b"]".repeat(depth)].concat();
        let (before, after) = EVENT.split_once("OBJECT").unwrap();
        let payload = [before.as_bytes(), &object, after.as_bytes()].concat();
        let Ok(Delivery::Event(event)) = Delivery::from_slice(&payload) else {
            return Err(TestCaseError::fail(String::from_utf8_lossy(&payload).into_owned()));
        };
        let session = br#"{"id":"vs_1","object":"identity.verification_session","new":"#;
        let kept = [&session[..], &object, b"}"].concat();
        prop_assert_eq!(event.data.object.expose().as_bytes(), &kept[..]);
        prop_assert!(event.verification_session().is_some());
    }
}

/// An event whose object has a field with the placeholder `OBJECT`.
const EVENT: &str = r#"{"id":"evt_1","object":"event","type":"identity.verification_session.verified","created":1793000000,
"request":{"id":"req_1","idempotency_key":null},"data":{"object":
{"id":"vs_1","object":"identity.verification_session","new":OBJECT},"previous_attributes":{"status":"processing"}}}"#;
