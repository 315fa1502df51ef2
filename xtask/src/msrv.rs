//! The oldest Rust version that the crates support: `rust-version` in `Cargo.toml`. Without its compiler, clippy still
//! refuses what is newer in std.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::process::Command;

use serde_json::Value;

use crate::command::{Failure, output, step};
use crate::metadata::{metadata, text};

const VERSION: &str = env!("CARGO_PKG_RUST_VERSION");
const WORKFLOW: &str = ".github/workflows/ci.yml";

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking the Rust version that the crates and their dependencies ask for");
    check_readme(&fs::read_to_string("README.md")?)?;
    check_workflow(&fs::read_to_string(WORKFLOW)?)?;
    check_packages(&metadata(&["--all-features"])?)?;
    let Some(toolchain) = toolchain()? else {
        println!("not checked: a build with Rust {VERSION}, which `rustup toolchain install {VERSION}` installs");
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

/// Checks the version that the workflow installs.
fn check_workflow(workflow: &str) -> Result<(), Failure> {
    let install = format!("rustup toolchain install {VERSION} ");
    if workflow.contains(&install) {
        Ok(())
    } else {
        Err(format!("{WORKFLOW} does not install Rust {VERSION}, but must run `{}`", install.trim_end()).into())
    }
}

/// Checks the `rust-version` of the packages of this workspace, and of what the crates depend on outside their tests.
fn check_packages(metadata: &Value) -> Result<(), Failure> {
    let unknown = "cargo metadata has an unknown format";
    let packages = metadata["packages"].as_array().ok_or(unknown)?;
    let packages: BTreeMap<_, _> = packages.iter().map(|package| (package["id"].as_str(), package)).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().ok_or(unknown)?;
    let nodes: BTreeMap<_, _> = nodes.iter().map(|node| (node["id"].as_str(), &node["deps"])).collect();

    let ours = packages.values().filter(|package| package["source"].is_null());
    if let Some(other) = ours.clone().find(|package| package["rust_version"] != VERSION) {
        return Err(format!("{} must have `rust-version = \"{VERSION}\"`", text(other, "name")).into());
    }
    let mut next: Vec<_> = ours.filter(|package| package["publish"].is_null()).map(|it| it["id"].as_str()).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        let package = packages.get(&id).ok_or(unknown)?;
        let asked = text(package, "rust_version");
        if is_newer(asked, VERSION) {
            let (name, version) = (text(package, "name"), text(package, "version"));
            return Err(format!("{name} {version} asks for Rust {asked}, but must support {VERSION}").into());
        }
        let dependencies = nodes.get(&id).and_then(|dependencies| dependencies.as_array()).ok_or(unknown)?;
        next.extend(dependencies.iter().filter(|it| !is_of_tests(it)).map(|it| it["pkg"].as_str()));
    }
    Ok(())
}

fn is_of_tests(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind["kind"] == "dev"))
}

/// Whether a Rust version, such as `1.88` or `1.88.0`, is newer than another. The empty string is older than any
/// version.
fn is_newer(version: &str, other: &str) -> bool {
    let parts = |version: &str| {
        let parts = version.split('.').map(|part| part.parse().unwrap_or(0));
        parts.chain([0, 0]).take(3).collect::<Vec<u32>>()
    };
    parts(version) > parts(other)
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
    use serde_json::json;

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

    #[test]
    fn workflow_must_install_the_rust_version_of_the_manifest() {
        assert!(check_workflow(&format!("rustup toolchain install {VERSION} --profile minimal")).is_ok());
        assert!(check_workflow("rustup toolchain install 1.2 --profile minimal").is_err());
    }

    #[test]
    fn dependency_outside_tests_must_not_need_a_newer_rust_version() {
        let check = |versions: [&str; 3], kind: Value| {
            let [ours, direct, indirect] = versions;
            let deps = |id: &str, kind: &Value| json!([{"pkg": id, "dep_kinds": [{"kind": kind}]}]);
            check_packages(&json!({
                "packages": [
                    {"id": "a", "name": "a", "version": "0.1.0", "source": null, "publish": null, "rust_version": ours},
                    {"id": "b", "name": "b", "version": "1.0.0", "source": "crates.io", "rust_version": direct},
                    {"id": "c", "name": "c", "version": "2.0.0", "source": "crates.io", "rust_version": indirect},
                ],
                "resolve": {"nodes": [
                    {"id": "a", "deps": deps("b", &kind)},
                    {"id": "b", "deps": deps("c", &Value::Null)},
                    {"id": "c", "deps": []},
                ]},
            }))
            .map_err(|error| error.to_string())
        };
        assert_eq!(check([VERSION, "1.0", VERSION], Value::Null), Ok(()));
        assert_eq!(check([VERSION, "1.0", "99.0"], json!("dev")), Ok(()));
        for kind in [Value::Null, json!("build")] {
            let error = check([VERSION, "1.0", "99.0"], kind).unwrap_err();
            assert_eq!(error, format!("c 2.0.0 asks for Rust 99.0, but must support {VERSION}"));
        }
        let error = check(["1.2", "1.0", "1.0"], Value::Null).unwrap_err();
        assert_eq!(error, format!("a must have `rust-version = \"{VERSION}\"`"));
    }

    #[test]
    fn rust_version_is_newer_by_number_and_not_by_text() {
        assert!(is_newer("1.100", "1.88"));
        assert!(is_newer("1.88.1", "1.88"));
        assert!(!is_newer("1.88.0", "1.88"));
        assert!(!is_newer("1.9", "1.88"));
        assert!(!is_newer("", "1.88"));
    }
}
