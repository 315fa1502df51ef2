//! Compares the public API of the crates with an earlier one, by cargo-semver-checks.

use crate::command::{Failure, WORKSPACE, cargo, output, step};
use crate::metadata::packages;

/// Compares with a revision of git, or with the last published version: `[BASELINE]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let ([] | [_]) = arguments else {
        return Err("too many arguments: expected at most one, a revision of git".into());
    };
    if output(cargo(["semver-checks", "--version"])).is_err() {
        return Err(
            "cargo-semver-checks is not installed: `cargo install cargo-semver-checks --locked` installs it".into()
        );
    }
    std::env::set_current_dir(WORKSPACE)?;
    let mut check = cargo(["semver-checks", "--all-features"]);
    let packages = packages()?;
    let crates = packages.iter().filter(|package| package.is_library);
    check.args(crates.flat_map(|package| ["--package", &package.name]));
    check.args(arguments.iter().flat_map(|baseline| ["--baseline-rev", baseline]));
    step(check)
}
