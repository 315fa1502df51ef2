//! The checks of this workspace, for people and for CI: `cargo xtask`.

mod command;
mod examples;
mod features;
mod layers;
mod metadata;

use std::process::ExitCode;

use command::{cargo, step};

const HELP: &str = "\
The checks of this workspace.

Usage: cargo xtask CHECK

  ci         all of the following
  fmt        the code is formatted
  clippy     no warnings
  docs       the documentation builds without warnings
  layers     crates depend on what they may, and on nothing else
  features   every feature builds by itself, and all together
  examples   every example runs
";

/// Why a check failed.
pub(crate) type Failure = Box<dyn std::error::Error>;

type Check = fn() -> Result<(), Failure>;

const CHECKS: &[(&str, Check)] = &[
    ("fmt", fmt),
    ("layers", layers::check),
    ("clippy", clippy),
    ("docs", docs),
    ("features", features::check),
    ("examples", examples::check),
];

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let checks: Vec<_> = CHECKS.iter().filter(|(check, _)| name == *check || name == "ci").collect();
    if checks.is_empty() {
        eprint!("{HELP}");
        return ExitCode::from(2);
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
