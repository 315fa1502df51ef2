//! Checks the licences, versions, sources and advisories of all dependencies with cargo-deny.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{Failure, cargo, output, step, target};

/// The version that `.cargo/deny.toml` is written for.
const VERSION: &str = "0.20.2";

pub(crate) fn check() -> Result<(), Failure> {
    if !is_installed() {
        return Err(format!(
            "cargo-deny {VERSION} is not installed: `cargo xtask tools` installs it below `target`, \
             and `cargo install cargo-deny --version {VERSION} --locked` for all projects"
        )
        .into());
    }
    // A warning names an exception that nothing needs any more.
    step(deny(&["check", "--deny", "warnings", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    // Fetching is a step of its own, so that only an advisory can fail the check of advisories.
    let mut fetch = deny(&["fetch", "db"]);
    fetch.env("GIT_TERMINAL_PROMPT", "0");
    if let Err(failure) = output(fetch) {
        let reason = last_line(&failure.to_string());
        println!("not checked: advisories, since their database is out of reach: {reason}");
        return Ok(());
    }
    step(deny(&["--offline", "check", "--hide-inclusion-graph", "advisories"]))
}

/// Installs cargo-deny below `target`, unless this version is there or in the `PATH`.
pub(crate) fn install(arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err("tools takes no arguments".into());
    }
    if is_installed() {
        return Ok(());
    }
    // An optimized build takes minutes longer, and a check seconds either way.
    let mut install = cargo(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--root"]);
    install.arg(folder()).env("CARGO_PROFILE_DEV_DEBUG", "0");
    step(install)
}

fn is_installed() -> bool {
    output(deny(&["--version"])).is_ok_and(|it| it.trim() == format!("cargo-deny {VERSION}"))
}

fn folder() -> PathBuf {
    target().join("tools")
}

/// Returns a call of cargo-deny from `target`, or from the `PATH` if it is not there.
fn deny(arguments: &[&str]) -> Command {
    let installed = folder().join("bin/cargo-deny");
    let mut deny = Command::new(if installed.exists() { installed } else { "cargo-deny".into() });
    deny.args(arguments);
    deny
}

fn last_line(text: &str) -> String {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_line_of_an_error_is_its_reason() {
        let error = "cargo-deny fetch db ended with 1:\n[ERROR] failed to clone: [\"clone\"]\nfatal: no host\n\n";
        assert_eq!(last_line(error), "fatal: no host");
        assert_eq!(last_line(""), "");
    }
}
