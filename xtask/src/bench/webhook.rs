//! Measures the verification and parsing of a webhook against the least that it takes: one HMAC-SHA256 over the same
//! bytes, and one parse of the same JSON.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use stripe_identity_types::{Event, Timestamp};
use stripe_identity_webhook::{Signer, Tolerance, Verifier};

use crate::command::Failure;

const SECRET: &str = "whsec_made_up";
const ROUNDS: usize = 41;
const CALLS: u32 = 2000;

pub(crate) fn print() -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        println!("note: this is a debug build: use --release for numbers that mean something");
    }
    for padding in [0, 2_000, 20_000] {
        let payload = payload(padding);
        let header = Signer::new(SECRET).map(|signer| signer.sign(&payload, Timestamp::from_secs(1)));
        let verifier = Verifier::new(SECRET).map(|verifier| verifier.tolerance(Tolerance::Unlimited));
        let (header, verifier) = (header?, verifier?);
        let bare = || bare(&payload).is_some();
        let ours = || verifier.verify_event(&payload, Some(header.as_bytes())).is_ok();
        assert!(bare() && ours(), "both must succeed to be compared");
        let (ratios, times) = compare(bare, ours);
        println!(
            "{:6} bytes: {:.3} times the minimum ({:.3} to {:.3} over {ROUNDS} rounds), {:?} per call",
            payload.len(),
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1],
            times / CALLS,
        );
    }
    Ok(())
}

fn bare(payload: &[u8]) -> Option<Event> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).ok()?;
    mac.update(b"1.");
    mac.update(payload);
    black_box(mac.finalize().into_bytes());
    serde_json::from_slice(payload).ok()
}

/// Returns the ratios of all rounds, sorted, and the shortest time of a round of ours.
fn compare(bare: impl Fn() -> bool, ours: impl Fn() -> bool) -> (Vec<f64>, Duration) {
    let time = |call: &dyn Fn() -> bool| {
        let started = Instant::now();
        for _ in 0..CALLS {
            black_box(call());
        }
        started.elapsed()
    };
    let mut shortest = Duration::MAX;
    let mut ratios: Vec<_> = (0..ROUNDS)
        .map(|round| {
            // In alternating order, so that other load on the machine affects both.
            let (bare, ours) = if round % 2 == 0 {
                let bare = time(&bare);
                (bare, time(&ours))
            } else {
                let ours = time(&ours);
                (time(&bare), ours)
            };
            shortest = shortest.min(ours);
            ours.as_secs_f64() / bare.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    (ratios, shortest)
}

/// Returns an event as Stripe delivers it, with so many bytes of metadata.
fn payload(padding: usize) -> Vec<u8> {
    let metadata: String = (0..padding / 100).map(|key| format!(r#""key_{key:04}": "{}","#, "x".repeat(84))).collect();
    format!(
        r#"{{"id": "evt_1Fixture000005", "object": "event", "api_version": "2026-10-28.endive", "created": 1793000505,
        "data": {{"object": {{"id": "vs_1Fixture000002", "object": "identity.verification_session",
        "client_reference_id": null, "client_secret": "vs_1Fixture000002_secret_test_madeUp", "created": 1793000002,
        "last_error": {{"code": "document_expired", "reason": "The document is past its expiry date."}},
        "last_verification_report": "vr_1Fixture000002", "livemode": false, "metadata": {{{metadata} "end": ""}},
        "options": {{"document": {{}}}}, "redaction": null, "related_customer": null, "status": "requires_input",
        "type": "document", "url": "https://verify.stripe.com/start/test_madeUp"}}}}, "livemode": false,
        "pending_webhooks": 1, "request": {{"id": null, "idempotency_key": null}},
        "type": "identity.verification_session.requires_input"}}"#
    )
    .into_bytes()
}
