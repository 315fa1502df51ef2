//! The inputs of a webhook: the header with the signature, and the body.

use stripe_identity_webhook::types::Timestamp;
use stripe_identity_webhook::{Delivery, Signer, Tolerance, Verifier, WebhookError};

fn verifier() -> Verifier {
    Verifier::new("whsec_made_up").unwrap().tolerance(Tolerance::Unlimited)
}

/// The header comes first, and the body after a zero byte.
pub(crate) fn header(input: &[u8]) {
    let mut parts = input.splitn(2, |&byte| byte == 0);
    let (header, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // No input contains a valid signature.
    let error = verifier().verify(body, Some(header)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains('@'));
    assert!(header.iter().any(|byte| !byte.is_ascii_whitespace()) || error == WebhookError::MissingHeader);

    // One valid signature suffices, even among others of any form.
    let right = Signer::new("whsec_made_up").unwrap().sign(body, Timestamp::from_secs(1));
    assert_eq!(verifier().verify(body, Some(right.as_bytes())), Ok(Timestamp::from_secs(1)));
    let among_others = [right.as_bytes(), b",v1=", header].concat();
    match verifier().verify(body, Some(&among_others)) {
        Ok(time) => assert_eq!(time, Timestamp::from_secs(1)),
        Err(error) => assert_eq!(error, WebhookError::MalformedHeader),
    }
}

pub(crate) fn body(body: &[u8]) {
    let header = Signer::new("whsec_made_up").unwrap().sign(body, Timestamp::from_secs(1));
    let delivery = verifier().verify_delivery(body, Some(header.as_bytes()));
    assert_eq!(delivery, Delivery::from_slice(body));
    match delivery {
        Ok(delivery) => {
            let debug = format!("{delivery:?}");
            assert!(
                crate::shown::shows_an_address(body) || !debug.contains("robin@"),
                "a delivery must not show an address"
            );
            let _ = (delivery.id(), delivery.type_(), delivery.is_known());
            assert_eq!(Delivery::from_envelope(body).map(|delivery| delivery.kind()), Ok(delivery.kind()));
            if let Delivery::Event(event) = &delivery {
                let _ = (event.verification_session(), stripe_identity_webhook::types::SessionView::from_event(event));
                let json = serde_json::to_vec(event).unwrap();
                assert_eq!(Delivery::from_slice(&json), Ok(delivery));
            }
        }
        Err(error) => {
            assert!(matches!(error, WebhookError::NotJson | WebhookError::NotAnEvent { .. }), "{error:?}");
            let _ = Delivery::from_envelope(body);
        }
    }
}
