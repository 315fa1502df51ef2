//! The checks and tools of this workspace, for people and for CI: `cargo xtask`.

mod behaviour;
mod bench;
mod browser;
mod command;
mod deny;
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
mod package;
mod recipes;
mod semver;
mod simulator;

use std::process::ExitCode;

use command::{Failure, WORKSPACE, cargo, step};

/// How a command runs.
#[derive(Clone, Copy)]
enum Run {
    /// Part of `ci`. It runs in the folder of the workspace.
    Check(fn() -> Result<(), Failure>),
    /// Not part of `ci`, because it needs arguments, other programs, files or much time.
    Tool(fn(&[String]) -> Result<(), Failure>),
}

use Run::{Check, Tool};

/// A command: its name, its arguments, its line of help, and how it runs.
type Command = (&'static str, &'static str, &'static str, Run);

/// Every command.
const COMMANDS: &[Command] = &[
    ("fmt", "", "checks that the code is formatted", Check(fmt)),
    ("models", "", "compares the models with the fact table", Check(models::check)),
    (
        "behaviour",
        "",
        "checks that each rule of BEHAVIOUR.md has a test, and that tests exist where pages name them",
        Check(behaviour::check),
    ),
    ("layers", "", "checks the dependencies of crates and the imports of files", Check(layers::check)),
    ("gates", "", "checks that no test is left out when its package is tested alone", Check(gates::check)),
    ("deny", "", "checks licences, versions, sources and advisories of dependencies", Check(deny::check)),
    ("clippy", "", "checks that clippy gives no warnings", Check(clippy)),
    ("test", "", "runs the tests of all packages", Check(test)),
    ("docs", "", "builds the documentation without warnings", Check(docs)),
    ("features", "", "checks each feature alone, and runs tests with all of them", Check(features::check)),
    ("examples", "", "runs every example", Check(examples::check)),
    ("package", "", "checks that each crate can be published, and builds its package", Check(package::check)),
    ("msrv", "", "checks the oldest Rust version that the crates support", Check(msrv::check)),
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
        "searches for changes that no test detects; needs cargo-mutants",
        Tool(mutants::run),
    ),
    ("recipes", "", "runs the recipes; needs Node, Python and their registries", Tool(recipes::run)),
    (
        "semver",
        "[BASELINE]",
        "compares the public API with an earlier one; needs cargo-semver-checks",
        Tool(semver::run),
    ),
    ("tools", "", "installs cargo-deny below `target`, for `deny`", Tool(deny::install)),
];

/// What a newcomer runs first: `cargo run` in the folder of the workspace prints the help.
const BEGINNING: &str = "\
To begin:
  cargo run --example quickstart           the life of a session, over a real HTTP connection
  cargo run -p stripe-identity-simulator   a local Stripe Identity at http://127.0.0.1:12111
  cargo test --workspace                   all tests
";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (name, arguments) = arguments.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    if matches!(name, "" | "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let (commands, arguments) = match chosen(name, arguments) {
        Ok(chosen) => chosen,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            print!("{}", help());
            return ExitCode::from(2);
        }
    };
    for (name, _, _, run) in commands {
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

/// Returns the commands of a name, and their arguments.
fn chosen<'a>(name: &str, arguments: &'a [String]) -> Result<(Vec<&'static Command>, &'a [String]), String> {
    let find = |name: &str| COMMANDS.iter().find(|command| command.0 == name);
    if name != "ci" {
        let command = find(name).ok_or_else(|| format!("there is no command {name}: it must be one of these"))?;
        return Ok((vec![command], arguments));
    }
    let left_out = match arguments {
        [] => None,
        [option, check] if option == "--without" && is_check(find(check)) => Some(check),
        _ => return Err("ci takes no arguments but `--without CHECK`, with one of these checks".to_owned()),
    };
    let checks =
        COMMANDS.iter().filter(|command| is_check(Some(command)) && Some(command.0) != left_out.map(String::as_str));
    Ok((checks.collect(), &[]))
}

fn is_check(command: Option<&Command>) -> bool {
    command.is_some_and(|(_, _, _, run)| matches!(run, Check(_)))
}

fn help() -> String {
    let line = |(name, arguments, help, _): &Command| {
        let usage = format!("{name} {arguments}");
        format!("  {usage:28} {help}\n")
    };
    let (checks, tools): (Vec<_>, Vec<_>) = COMMANDS.iter().partition(|command| is_check(Some(command)));
    let checks: String = checks.into_iter().map(line).collect();
    let tools: String = tools.into_iter().map(line).collect();
    let ci = line(&("ci", "[--without CHECK]", "runs all of these, or all but one", Check(fmt)));
    format!("{BEGINNING}\nUsage: cargo xtask COMMAND\n\nChecks:\n{checks}{ci}\nTools:\n{tools}")
}

fn fmt() -> Result<(), Failure> {
    step(cargo(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<(), Failure> {
    step(cargo(["clippy", "--workspace", "--all-targets", "--all-features", "--", "--deny", "warnings"]))
}

fn test() -> Result<(), Failure> {
    step(cargo(["test", "--workspace"]))
}

fn docs() -> Result<(), Failure> {
    let mut docs = cargo(["doc", "--workspace", "--no-deps", "--all-features"]);
    docs.env("RUSTDOCFLAGS", "--deny warnings");
    step(docs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str, arguments: &[&str]) -> Result<Vec<&'static str>, String> {
        let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
        chosen(name, &arguments).map(|(commands, _)| commands.iter().map(|command| command.0).collect())
    }

    #[test]
    fn ci_runs_every_check_but_one_that_is_left_out() {
        let all = names("ci", &[]).unwrap();
        assert!(all.contains(&"test") && all.contains(&"package") && !all.contains(&"bench"));
        let others = names("ci", &["--without", "test"]).unwrap();
        assert_eq!(others.len(), all.len() - 1);
        assert!(!others.contains(&"test"));
        for wrong in [&["--without"][..], &["--without", "bench"], &["--without", "no"], &["test"]] {
            assert!(names("ci", wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn command_that_does_not_exist_is_an_error() {
        assert_eq!(names("fmt", &[]), Ok(vec!["fmt"]));
        assert_eq!(names("bench", &["--ci"]), Ok(vec!["bench"]));
        assert!(names("tests", &[]).is_err());
    }
}
