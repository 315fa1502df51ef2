//! What state in a file costs: `cargo bench -p stripe-identity-simulator --bench state`.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::Request;
use stripe_identity_simulator::{Durability, Outcome, Plan, Simulator, StateFile};

#[path = "../tests/it/folder.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod folder;

use folder::Folder;

const SESSIONS: &str = "/v1/identity/verification_sessions";
const MANY: u32 = 100_000;

fn create(stripe: &Simulator, count: u32) -> Duration {
    let start = Instant::now();
    for number in 0..count {
        let body = format!("type=document&client_reference_id=user-{number}&metadata[case]={number}");
        let request =
            Request::post(SESSIONS).header("authorization", "Bearer sk_test_a").body(Bytes::from(body)).unwrap();
        assert_eq!(stripe.handle(request).status(), 200);
    }
    start.elapsed() / count
}

fn open(folder: &Folder, durability: Durability) -> Simulator {
    Simulator::builder().open(StateFile::new(folder.file()).durability(durability)).unwrap()
}

fn main() {
    println!("a create without a file: {:?}", create(&Simulator::new(), MANY));
    for (what, plan) in [("created", None), ("verified", Some(Plan::from(Outcome::Verified).every_session()))] {
        let folder = Folder::new();
        let stripe = open(&folder, Durability::Process);
        if let Some(plan) = plan {
            stripe.plan(plan);
        }
        println!("a create, {what}, with a file: {:?}", create(&stripe, MANY));
        if what == "verified" {
            stripe.advance(Duration::from_secs(1));
        }
        drop(stripe);
        let bytes = std::fs::metadata(folder.file()).unwrap().len();
        for _ in 0..3 {
            let start = Instant::now();
            let stripe = open(&folder, Durability::Process);
            println!(
                "a start with {MANY} sessions, {what}: {:?} ({} bytes each)",
                start.elapsed(),
                bytes / u64::from(MANY)
            );
            drop(stripe);
        }
        let stripe = open(&folder, Durability::Process);
        println!("a create then: {:?}", create(&stripe, 1000));
        drop(stripe);
        let stripe = open(&folder, Durability::Full);
        println!("a create then, with full durability: {:?}", create(&stripe, 1000));
    }
}
