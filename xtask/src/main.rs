//! The checks and tools of this workspace, for people and for CI: `cargo xtask`.

mod behaviour;
mod bench;
mod browser;
mod command;
mod drift;
mod examples;
mod features;
mod fuzz;
mod gates;
mod interop;
mod layers;
mod metadata;
mod models;
mod msrv;
mod mutants;
mod openapi;
mod recipes;
mod simulator;

use std::process::ExitCode;

use command::{Failure, WORKSPACE, cargo, step};

/// What a command runs.
#[derive(Clone, Copy)]
enum Run {
    /// Part of `ci`. It runs in the folder of the workspace.
    Check(fn() -> Result<(), Failure>),
    /// Not part of `ci`: it takes arguments, other programs, files or much time.
    Tool(fn(&[String]) -> Result<(), Failure>),
}

use Run::{Check, Tool};

/// Every command: its name, its arguments, what it does, and how.
const COMMANDS: &[(&str, &str, &str, Run)] = &[
    ("fmt", "", "checks that the code is formatted", Check(fmt)),
    ("models", "", "compares the models with the fact table", Check(models::check)),
    ("behaviour", "", "checks that BEHAVIOUR.md and RELIABILITY.md name tests that exist", Check(behaviour::check)),
    ("layers", "", "checks the dependencies of crates and the imports of files", Check(layers::check)),
    ("gates", "", "checks that no test is left out when its package is tested alone", Check(gates::check)),
    ("clippy", "", "checks that clippy gives no warnings", Check(clippy)),
    ("docs", "", "builds the documentation without warnings", Check(docs)),
    ("features", "", "checks each feature alone, and runs tests with all of them", Check(features::check)),
    ("examples", "", "runs every example", Check(examples::check)),
    ("msrv", "", "checks the crates with the oldest compiler that they support", Check(msrv::check)),
    ("bench", "[--ci | simulator]", "measures calls, webhooks and builds; needs valgrind", Tool(bench::run)),
    ("browser", "[CHECK]", "walks the pages of the simulator; needs Chromium and Node", Tool(browser::run)),
    ("drift", "FILE", "compares Stripe's own OpenAPI document with the fact table", Tool(drift::run)),
    ("fuzz", "[TARGET] [SECONDS]", "searches for inputs that break a parser; needs cargo-fuzz", Tool(fuzz::run)),
    (
        "interop",
        "[--write] [TOOL]",
        "drives the simulator with Stripe's libraries; needs npm and Python",
        Tool(interop::run),
    ),
    (
        "mutants",
        "[FILE | --shard K/N]",
        "searches for changes that no test sees; needs cargo-mutants",
        Tool(mutants::run),
    ),
    ("recipes", "", "runs the recipes; needs Node, Python and their registries", Tool(recipes::run)),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (name, arguments) = arguments.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    let mut chosen =
        COMMANDS.iter().filter(|(it, _, _, run)| *it == name || name == "ci" && matches!(run, Check(_))).peekable();
    if chosen.peek().is_none() {
        let asks_for_help = matches!(name, "" | "help" | "--help" | "-h");
        if !asks_for_help {
            eprintln!("xtask: there is no command {name}: it must be one of these");
        }
        print!("{}", help());
        return if asks_for_help { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    for (name, _, _, run) in chosen {
        let result = match run {
            Tool(run) => run(arguments),
            Check(_) if !arguments.is_empty() => Err(format!("{name} takes no arguments").into()),
            Check(run) => std::env::set_current_dir(WORKSPACE).map_err(Into::into).and_then(|()| run()),
        };
        if let Err(failure) = result {
            eprintln!("xtask {name} failed: {failure}");
            return ExitCode::FAILURE;
        }
    }
    println!("xtask {name}: passed");
    ExitCode::SUCCESS
}

fn help() -> String {
    let line = |(name, arguments, help, _): &(&str, &str, &str, Run)| {
        let usage = format!("{name} {arguments}");
        format!("  {usage:28} {help}\n")
    };
    let (checks, tools): (Vec<_>, Vec<_>) = COMMANDS.iter().partition(|(_, _, _, run)| matches!(run, Check(_)));
    let checks: String = checks.into_iter().map(line).collect();
    let tools: String = tools.into_iter().map(line).collect();
    let ci = line(&("ci", "", "runs all of these", Check(fmt)));
    format!("Usage: cargo xtask COMMAND\n\nChecks:\n{checks}{ci}\nTools:\n{tools}")
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
