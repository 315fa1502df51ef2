//! The oldest Rust version that the crates support: `rust-version` in `Cargo.toml`.

use std::fs;
use std::io::ErrorKind;
use std::process::Command;

use crate::command::{Failure, output, step};

const VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

pub(crate) fn check() -> Result<(), Failure> {
    check_readme(&fs::read_to_string("README.md")?)?;
    let Some(toolchain) = toolchain()? else {
        println!("skipped: Rust {VERSION} is not installed; `rustup toolchain install {VERSION}` installs it");
        return Ok(());
    };
    let mut check = Command::new("rustup");
    check.args(["run", &toolchain, "cargo", "check", "--workspace", "--all-features"]);
    step(check)
}

/// Checks the version that the README asks for: `1.88 or newer`.
fn check_readme(readme: &str) -> Result<(), Failure> {
    let words: Vec<_> = readme.split_whitespace().collect();
    let version = words.windows(3).find_map(|words| match words {
        [version, "or", newer] if newer.starts_with("newer") => Some(version.trim_start_matches('(')),
        _ => None,
    });
    match version {
        Some(VERSION) => Ok(()),
        Some(other) => Err(format!("README.md asks for Rust {other}, but Cargo.toml for {VERSION}").into()),
        None => Err(format!("README.md names no Rust version, but should say `{VERSION} or newer`").into()),
    }
}

/// Returns the name of the installed toolchain of that version, if there is one.
fn toolchain() -> Result<Option<String>, Failure> {
    let mut list = Command::new("rustup");
    list.args(["toolchain", "list"]);
    // Compilers do not only come from rustup.
    if list.output().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let list = output(list)?;
    let mut names = list.lines().filter_map(|line| line.split(' ').next());
    Ok(names.find(|name| is_of(name, VERSION)).map(str::to_owned))
}

/// Whether a toolchain is of this version, such as `1.88.0-x86_64-unknown-linux-gnu` of 1.88.
fn is_of(toolchain: &str, version: &str) -> bool {
    toolchain.strip_prefix(version).is_some_and(|rest| rest.starts_with(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readme_must_ask_for_the_rust_version_of_the_manifest() {
        let check = |readme: &str| check_readme(readme).map_err(|error| error.to_string());
        assert_eq!(check(&format!("a Rust toolchain ({VERSION} or newer; tested with 1.95)")), Ok(()));
        assert_eq!(check(&format!("Rust {VERSION} or\nnewer")), Ok(()));
        assert_eq!(check("(1.2 or newer)"), Err(format!("README.md asks for Rust 1.2, but Cargo.toml for {VERSION}")));
        assert!(check("Rust").is_err());
    }

    #[test]
    fn toolchain_of_a_version_is_found_with_and_without_patch_release() {
        assert!(is_of("1.88.0-x86_64-unknown-linux-gnu", "1.88"));
        assert!(is_of("1.88-x86_64-unknown-linux-gnu", "1.88"));
        assert!(!is_of("1.880.0-x86_64-unknown-linux-gnu", "1.88"));
        assert!(!is_of("stable-x86_64-unknown-linux-gnu", "1.88"));
    }
}
