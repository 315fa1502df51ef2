//! The target that `FUZZ_TARGET` names: see `cargo xtask fuzz`.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stripe_identity_fuzz::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET must be the name of a target");
    TARGETS.iter().find(|target| target.name == name).expect("FUZZ_TARGET must be the name of a target")
});

fuzz_target!(|input: &[u8]| (TARGET.run)(input));
