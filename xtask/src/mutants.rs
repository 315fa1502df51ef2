//! Runs cargo-mutants, which changes the code and reports each change that no test fails on.

use crate::command::{Failure, WORKSPACE, cargo, step};

/// The files that decide about calls, lists and signatures.
const FILES: &[&str] = &[
    "crates/stripe-identity-core/src/call.rs",
    "crates/stripe-identity-core/src/call/request.rs",
    "crates/stripe-identity-core/src/page.rs",
    "crates/stripe-identity-core/src/paging.rs",
    "crates/stripe-identity-core/src/retry.rs",
    "crates/stripe-identity-core/src/retry/poll.rs",
    "crates/stripe-identity-core/src/step.rs",
    "crates/stripe-identity-webhook/src/header.rs",
    "crates/stripe-identity-webhook/src/verifier.rs",
];

/// Tests mutants of one file or of all of `FILES`: `[FILE | --shard K/N]`, and any other option of cargo-mutants.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (files, options): (Vec<_>, Vec<_>) = arguments
        .iter()
        .partition(|argument| std::path::Path::new(argument).extension().is_some_and(|extension| extension == "rs"));
    let mut mutants =
        cargo(["mutants", "--dir", WORKSPACE, "--output", concat!(env!("CARGO_MANIFEST_DIR"), "/../target")]);
    // Each mutant takes a build and a run, so both are kept short: nothing is optimized, and sequences
    // have two replies or two pages. The tests print that depth.
    mutants.arg("--cargo-arg=--config=profile.dev.package.stripe-identity-core.opt-level=0");
    mutants.env("CARGO_INCREMENTAL", "1").env("CARGO_PROFILE_DEV_DEBUG", "0").env("STRIPE_IDENTITY_DEPTH", "2");
    if files.is_empty() {
        mutants.args(FILES.iter().flat_map(|file| ["--file", file]));
    }
    mutants.args(files.into_iter().flat_map(|file| ["--file", file])).args(options);
    step(mutants)
}
