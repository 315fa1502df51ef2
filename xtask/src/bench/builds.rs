//! Measures what a dependency on this workspace adds to the build and to the size of a program.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::{cpu, table};
use crate::command::{Failure, cargo, output, target};

const ROUNDS: usize = 3;
const BASE: &str = "bench-hello-base";
const OURS: &str = "bench-hello-ours";

pub(super) fn rows() -> Result<(), Failure> {
    let hello = cpu::ratio(ROUNDS, || build(OURS), || build(BASE))?;
    table::ratio("hello: CPU of a clean release build", 1.3, hello);
    table::against("hello: stripped binary", 1.38, size(OURS)?, size(BASE)?);
    table::count("hello: crates", 58, crates(OURS)?);
    let types = cpu::ratio(ROUNDS, || build("stripe-identity-types"), || build("bench-hello-serde"))?;
    table::ratio("types alone: CPU of a clean release build, against serde and serde_json", 1.6, types);
    Ok(fs::remove_dir_all(target().join("bench"))?)
}

/// Returns the target folder of a package, which is empty before its build.
fn folder(package: &str) -> PathBuf {
    target().join("bench").join(package)
}

fn build(package: &str) -> Result<(), Failure> {
    let folder = folder(package);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut build = cargo(["build", "--quiet", "--release", "--package", package, "--target-dir"]);
    // A cache of compiled crates would be measured in place of the compiler.
    build.arg(folder).env("CARGO_PROFILE_RELEASE_STRIP", "symbols").env("RUSTC_WRAPPER", "");
    output(build).map(drop)
}

/// Returns the size of a program in bytes.
fn size(package: &str) -> Result<u32, Failure> {
    Ok(fs::metadata(folder(package).join("release").join(package))?.len().try_into()?)
}

/// Counts the crates that a package depends on.
fn crates(package: &str) -> Result<u32, Failure> {
    let tree = output(cargo(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--no-dedupe"]))?;
    let crates: BTreeSet<_> = tree.lines().filter(|line| !line.starts_with(package)).collect();
    Ok(crates.len().try_into()?)
}
