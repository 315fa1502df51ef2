//! The checks of this workspace, for people and for CI: `cargo xtask`.

mod behaviour;
mod bench;
mod command;
mod drift;
mod examples;
mod features;
mod fuzz;
mod gates;
mod layers;
mod metadata;
mod models;
mod mutants;
mod openapi;

use std::process::ExitCode;

use command::{Failure, WORKSPACE, cargo, step};

const HELP: &str = "\
The checks of this workspace.

Usage: cargo xtask CHECK|TOOL

  ci            all of the following
  fmt           the code is formatted
  models        the models are what the fact table says, both ways round
  behaviour     BEHAVIOUR.md speaks of every rule, and the tests that it and RELIABILITY.md name exist
  layers        crates depend on what they may, and on nothing else
  gates         no test is left out when its package is tested alone
  clippy        no warnings
  docs          the documentation builds without warnings
  features      every feature builds by itself, and all together, with which the facade's tests pass
  examples      every example runs

  bench         what verifying a webhook costs; to be built with --release: cargo run --release -p xtask -- bench
  drift FILE    what has changed in Stripe's own OpenAPI document, against the fact table
  fuzz [TARGET] [SECONDS]
                looks for inputs that break a parser, 60 seconds for each of them (takes cargo-fuzz)
  mutants [FILE | --shard K/N]
                changes the code that decides about calls, lists and signatures, and looks whether a test fails
                (takes cargo-mutants)
";

type Check = fn() -> Result<(), Failure>;
type Tool = fn(&[String]) -> Result<(), Failure>;

const CHECKS: &[(&str, Check)] = &[
    ("fmt", fmt),
    ("models", models::check),
    ("behaviour", behaviour::check),
    ("layers", layers::check),
    ("gates", gates::check),
    ("clippy", clippy),
    ("docs", docs),
    ("features", features::check),
    ("examples", examples::check),
];

/// What is not part of `ci`: it takes other programs, files or much time.
const TOOLS: &[(&str, Tool)] = &[
    ("bench", |_| {
        bench::webhook();
        Ok(())
    }),
    ("drift", |arguments| drift::check(arguments.first().ok_or("which FILE?")?.as_ref())),
    ("fuzz", fuzz::run),
    ("mutants", mutants::run),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let name = arguments.first().cloned().unwrap_or_default();
    if let Some((_, tool)) = TOOLS.iter().find(|(tool, _)| name == *tool) {
        return match tool(&arguments[1..]) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("xtask {name}: {failure}");
                ExitCode::FAILURE
            }
        };
    }
    let checks: Vec<_> = CHECKS.iter().filter(|(check, _)| name == *check || name == "ci").collect();
    if checks.is_empty() {
        eprint!("{HELP}");
        return ExitCode::from(2);
    }
    // Paths are those of the workspace, wherever in it this was called.
    if let Err(error) = std::env::set_current_dir(WORKSPACE) {
        eprintln!("xtask: {WORKSPACE}: {error}");
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
