use std::time::Duration;

use stripe_identity_webhook::types::Timestamp;
use stripe_identity_webhook::{BlankSecret, Signer, Tolerance, Verifier, WebhookError};

use super::{NOW, SECRET, verifier};

const BODY: &[u8] = b"{\"id\": \"evt_1\"}";

fn sign(secret: &str, at: i64) -> String {
    Signer::new(secret).unwrap().sign(BODY, Timestamp::from_secs(at))
}

fn verify(header: &str) -> Result<Timestamp, WebhookError> {
    verifier().verify(BODY, Some(header.as_bytes()))
}

#[test]
fn signature_equals_that_of_openssl() {
    // Computed apart: printf '1793000000.{"id": "evt_1"}' | openssl dgst -sha256 -hmac whsec_made_up
    let known = "599fbf0510218d38d4dca82abc79fce4d790e598e1be9429f0b4e4db00926290";
    let header = format!("t={NOW},v1={known}");
    assert_eq!(sign(SECRET, NOW), header);
    assert_eq!(verify(&header), Ok(Timestamp::from_secs(NOW)));
}

#[test]
fn header_items_come_in_any_order_and_unknown_ones_are_ignored() {
    let good = sign(SECRET, NOW);
    let (time, signature) = good.split_once(',').unwrap();
    let wrong = format!("v1={}", "0".repeat(64));
    for header in [
        format!("{signature},{time}"),
        format!("{time},{wrong},{signature}"),
        format!("{time},{signature},{wrong}"),
        format!("{time},v1=,v1=abc,v1=é,{signature}"),
        format!("v0=x,{time},v2={},{signature},unknown,=,", "1".repeat(64)),
    ] {
        assert!(verify(&header).is_ok(), "{header}");
    }
}

#[test]
fn each_failure_has_its_own_error() {
    let good = sign(SECRET, NOW);
    let signature = good.split_once(',').unwrap().1;
    let malformed = WebhookError::MalformedHeader;
    let no_match = WebhookError::NoMatch { padded_secret: false };
    let table = [
        (String::new(), WebhookError::MissingHeader),
        (" ".to_owned(), WebhookError::MissingHeader),
        ("\t \r\n".to_owned(), WebhookError::MissingHeader),
        (",".to_owned(), malformed.clone()),
        ("nonsense".to_owned(), malformed.clone()),
        (signature.to_owned(), malformed.clone()),
        (format!("t=,{signature}"), malformed.clone()),
        (format!("t={NOW}abc,{signature}"), malformed.clone()),
        (format!("t=+{NOW},{signature}"), malformed.clone()),
        (format!("t=-{NOW},{signature}"), malformed.clone()),
        (format!("t= {NOW},{signature}"), malformed.clone()),
        (format!("t=99999999999999999999,{signature}"), malformed.clone()),
        (format!("t={NOW},t={NOW},{signature}"), malformed.clone()),
        (format!("t,{signature}"), malformed.clone()),
        (format!("{good},{}", "x".repeat(4096 - good.len())), malformed.clone()),
        (format!("{good}{}", ",v1=".repeat(16)), malformed),
        (format!("t={NOW}"), WebhookError::NoSignature),
        (format!("t={NOW},v0={}", "0".repeat(64)), WebhookError::NoSignature),
        (format!("t={NOW},v1="), no_match.clone()),
        (format!("t={NOW},v1={}", "0".repeat(64)), no_match.clone()),
        (format!("t={NOW},{}", signature.to_uppercase().replace("V1", "v1")), no_match.clone()),
        (format!("t={NOW},{signature}0"), no_match.clone()),
        (format!("t={},{signature}", NOW - 1), no_match.clone()),
        (format!("t=0{NOW},{signature}"), no_match.clone()),
        (sign("whsec_other", NOW), no_match),
    ];
    for (header, expected) in table {
        assert_eq!(verify(&header), Err(expected), "{header}");
    }
    assert!(verify(&format!("{good},{}", "x".repeat(4095 - good.len()))).is_ok(), "exactly at the limit of bytes");
    assert!(verify(&format!("{good}{}", ",v1=".repeat(15))).is_ok(), "exactly at the limit of signatures");
    assert_eq!(verifier().verify(BODY, None), Err(WebhookError::MissingHeader));
    assert_eq!(verifier().verify(b"", Some(good.as_bytes())), Err(WebhookError::NoMatch { padded_secret: false }));
}

#[test]
fn blank_secret_is_rejected() {
    for blank in ["", " ", "\t\r\n", "\x0b\x0c", "\0", "\u{a0}", "\u{3000}\u{200b}\u{feff}", "whsec_", "whsec_ \n"] {
        let error: BlankSecret = Verifier::new(blank).unwrap_err();
        assert_eq!(verifier().add_secret(blank).unwrap_err(), error);
        assert_eq!(Signer::new(blank).unwrap_err(), error);
        assert!(error.to_string().contains("blank"), "{error}");
    }
}

#[test]
fn either_secret_verifies_while_one_is_rolled() {
    let both = verifier().add_secret("whsec_new").unwrap();
    for secret in [SECRET, "whsec_new"] {
        assert!(both.verify(BODY, Some(sign(secret, NOW).as_bytes())).is_ok());
    }
    let (old, new) = (sign(SECRET, NOW), sign("whsec_new", NOW));
    let header = format!("{old},{}", new.split_once(',').unwrap().1);
    for verifier in [both, verifier(), Verifier::new("whsec_new").unwrap().clock(|| Timestamp::from_secs(NOW))] {
        assert!(verifier.verify(BODY, Some(header.as_bytes())).is_ok());
    }
}

#[test]
fn white_space_is_part_of_a_secret_and_a_hint_on_mismatch() {
    let padded = Verifier::new(format!("{SECRET}\n")).unwrap().clock(|| Timestamp::from_secs(NOW));
    let error = padded.verify(BODY, Some(sign(SECRET, NOW).as_bytes())).unwrap_err();
    assert_eq!(error, WebhookError::NoMatch { padded_secret: true });
    assert!(error.to_string().contains("white space"));
    assert!(padded.verify(BODY, Some(sign(&format!("{SECRET}\n"), NOW).as_bytes())).is_ok());
}

#[test]
fn age_is_compared_in_whole_seconds() {
    let age = |seconds| verify(&sign(SECRET, NOW - seconds)).map(Timestamp::as_secs);
    assert_eq!(age(300), Ok(NOW - 300));
    assert_eq!(age(301), Err(WebhookError::TooOld { age: Duration::from_secs(301) }));
    assert_eq!(age(-100_000), Ok(NOW + 100_000), "a signature ahead of the clock passes by default");

    let verify = |verifier: Verifier, at: i64| verifier.verify(BODY, Some(sign(SECRET, at).as_bytes()));
    let strict = || verifier().tolerance(Tolerance::Within(Duration::ZERO)).max_clock_skew(Duration::from_secs(60));
    assert!(verify(strict(), NOW).is_ok() && verify(strict(), NOW + 60).is_ok());
    assert_eq!(verify(strict(), NOW - 1), Err(WebhookError::TooOld { age: Duration::from_secs(1) }));
    assert_eq!(verify(strict(), NOW + 61), Err(WebhookError::TooNew { ahead: Duration::from_secs(61) }));
    assert!(verify(verifier().tolerance(Tolerance::Unlimited), 0).is_ok());
    assert!(matches!(verify(verifier(), 0), Err(WebhookError::TooOld { .. })));
    let far = verifier().max_clock_skew(Duration::from_secs(1));
    assert!(matches!(verify(far, i64::MAX), Err(WebhookError::TooNew { .. })));
}

#[test]
fn clock_defaults_to_system_time() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap();
    let verifier = Verifier::new(SECRET).unwrap().max_clock_skew(Duration::from_secs(60));
    let verify = |at| verifier.verify(BODY, Some(sign(SECRET, at).as_bytes()));
    assert!(verify(now).is_ok());
    assert!(matches!(verify(now - 1000), Err(WebhookError::TooOld { age }) if age.as_secs() >= 1000));
    assert!(matches!(verify(now + 1000), Err(WebhookError::TooNew { .. })));
}

#[test]
fn mismatch_is_reported_before_age() {
    assert_eq!(verify(&sign("whsec_other", 0)), Err(WebhookError::NoMatch { padded_secret: false }));
}

#[test]
fn payload_bytes_are_compared_without_decoding() {
    for body in [&b"\xef\xbb\xbf{}"[..], b"\xff\xfe\x00", b""] {
        let header = Signer::new(SECRET).unwrap().sign(body, Timestamp::from_secs(NOW));
        assert!(verifier().verify(body, Some(header.as_bytes())).is_ok());
        assert!(
            verifier()
                .verify(
                    String::from_utf8_lossy(body).trim_start_matches('\u{feff}').as_bytes(),
                    Some(header.as_bytes())
                )
                .is_ok()
                == body.is_empty()
        );
    }
}

#[test]
fn other_scheme_is_ignored() {
    let header = Signer::new(SECRET).unwrap().scheme("v0").sign(BODY, Timestamp::from_secs(NOW));
    assert!(header.contains(",v0="));
    assert_eq!(verify(&header), Err(WebhookError::NoSignature));
}

#[test]
fn debug_hides_secrets() {
    let (verifier, signer) = (verifier().add_secret("whsec_second").unwrap(), Signer::new(SECRET).unwrap());
    let shown = format!("{verifier:?} {signer:?} {:#?} {:#?}", verifier.clone(), signer.clone());
    assert!(!shown.contains("whsec") && !shown.contains("made_up"), "{shown}");
    assert!(shown.contains("secrets: 2"), "{shown}");
}
