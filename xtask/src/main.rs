//! The checks of this workspace, for people and for CI: `cargo xtask`.

mod behaviour;
mod bench;
mod command;
mod conformance;
mod drift;
mod examples;
mod features;
mod gates;
mod layers;
mod metadata;
mod openapi;

use std::process::ExitCode;

use command::{cargo, step};

const HELP: &str = "\
The checks of this workspace.

Usage: cargo xtask CHECK

  ci            all of the following
  fmt           the code is formatted
  conformance   the models are what the fact table says, both ways round
  behaviour     BEHAVIOUR.md speaks of every rule, and the tests that it names exist
  layers        crates depend on what they may, and on nothing else
  gates         no test is left out when its package is tested alone
  clippy        no warnings
  docs          the documentation builds without warnings
  features      every feature builds by itself, and all together, with which the facade's tests pass
  examples      every example runs

  bench         what verifying a webhook costs; to be built with --release: cargo run --release -p xtask -- bench
  drift FILE    what has changed in Stripe's own OpenAPI document, against the fact table
";

/// Why a check failed.
pub(crate) type Failure = Box<dyn std::error::Error>;

type Check = fn() -> Result<(), Failure>;

const CHECKS: &[(&str, Check)] = &[
    ("fmt", fmt),
    ("conformance", conformance::check),
    ("behaviour", behaviour::check),
    ("layers", layers::check),
    ("gates", gates::check),
    ("clippy", clippy),
    ("docs", docs),
    ("features", features::check),
    ("examples", examples::check),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    if let ("drift", Some(file)) = (name.as_str(), arguments.next()) {
        return match drift::check(file.as_ref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("xtask drift: {failure}");
                ExitCode::FAILURE
            }
        };
    }
    if name == "bench" {
        bench::webhook();
        return ExitCode::SUCCESS;
    }
    let checks: Vec<_> = CHECKS.iter().filter(|(check, _)| name == *check || name == "ci").collect();
    if checks.is_empty() {
        eprint!("{HELP}");
        return ExitCode::from(2);
    }
    // Paths are those of the workspace, wherever in it this was called.
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    if let Err(error) = std::env::set_current_dir(workspace) {
        eprintln!("xtask: {workspace}: {error}");
        return ExitCode::FAILURE;
    }
    for (name, check) in checks {
        if let Err(failure) = check() {
            eprintln!("xtask {name} failed: {failure}");
            return ExitCode::FAILURE;
        }
    }
    println!("xtask {name}: passed");
    ExitCode::SUCCESS
}

fn fmt() -> Result<(), Failure> {
    step(cargo(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<(), Failure> {
    step(cargo(["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"]))
}

fn docs() -> Result<(), Failure> {
    let mut docs = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
    docs.env("RUSTDOCFLAGS", "--deny warnings");
    step(docs)
}
