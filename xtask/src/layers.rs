//! Checks which crates depend on which, and that no files of a crate import each other in a circle.

mod imports;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::command::{Failure, cargo, output};
use crate::metadata::{Package, packages};
use imports::circles;

const HERE: &str = "xtask/src/layers.rs";

/// Each crate of this workspace, and those of them that it may depend on.
const MAP: &[(&str, &[&str])] = &[
    ("stripe-identity-types", &[]),
    ("stripe-identity-core", &["stripe-identity-types"]),
    ("stripe-identity-webhook", &["stripe-identity-types"]),
    ("stripe-identity-hyper", &["stripe-identity-core"]),
    ("stripe-identity-reqwest", &["stripe-identity-core"]),
    ("stripe-identity-ureq", &["stripe-identity-core"]),
    ("stripe-identity-mock", &["stripe-identity-core"]),
    // To sign its webhooks.
    ("stripe-identity-simulator", &["stripe-identity-core", "stripe-identity-webhook"]),
    (
        "stripe-identity",
        &[
            "stripe-identity-types",
            "stripe-identity-core",
            "stripe-identity-hyper",
            "stripe-identity-reqwest",
            "stripe-identity-ureq",
            "stripe-identity-mock",
            "stripe-identity-simulator",
            "stripe-identity-webhook",
        ],
    ),
];

/// All dependencies that the models may have, direct or not.
const UNDER_TYPES: &[&str] = &[
    "itoa",
    "memchr",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "stripe-identity-types",
    "syn",
    "unicode-ident",
    "zmij",
];

/// Dependencies that core must not have, direct or not: runtimes, HTTP clients, TLS, sockets. Then none of their types
/// can be in its public API, nor in that of the models, which have far fewer dependencies.
const NOT_UNDER_CORE: &[&str] = &[
    "async-std",
    "aws-lc-rs",
    "futures-util",
    "h2",
    "hyper",
    "hyper-rustls",
    "hyper-util",
    "mio",
    "native-tls",
    "openssl",
    "reqwest",
    "ring",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "tokio-rustls",
    "ureq",
];

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking the dependencies of crates and the imports of files");
    let packages = packages()?;
    let mut wrong = Vec::new();
    for package in &packages {
        wrong.extend(check_files(package, &|path| fs::read_to_string(path).ok())?);
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    for package in packages.iter().filter(|package| package.is_library) {
        check_map(package)?;
    }
    let under_types = tree("stripe-identity-types")?;
    if let Some(stranger) = under_types.iter().find(|name| !UNDER_TYPES.contains(&name.as_str())) {
        return Err(
            format!("stripe-identity-types depends on {stranger}, which is not in UNDER_TYPES in {HERE}").into()
        );
    }
    let under_core = tree("stripe-identity-core")?;
    if let Some(stranger) = under_core.iter().find(|name| NOT_UNDER_CORE.contains(&name.as_str())) {
        return Err(format!("stripe-identity-core depends on {stranger}, which is in NOT_UNDER_CORE in {HERE}").into());
    }
    Ok(())
}

fn check_map(package: &Package) -> Result<(), Failure> {
    let Some((_, allowed)) = MAP.iter().find(|(name, _)| *name == package.name) else {
        return Err(format!("{} is not in MAP in {HERE}: add the crates that it may depend on", package.name).into());
    };
    let ours = package.dependencies.iter().filter(|name| MAP.iter().any(|(ours, _)| ours == name));
    match ours.into_iter().find(|name| !allowed.contains(&name.as_str())) {
        Some(name) => Err(format!("{} depends on {name}, but MAP in {HERE} does not allow it", package.name).into()),
        None => Ok(()),
    }
}

/// Describes the circles in a package.
fn check_files(package: &Package, read: &dyn Fn(&Path) -> Option<String>) -> Result<Vec<String>, Failure> {
    let relative = |path: &Path| path.strip_prefix(&package.folder).unwrap_or(path).display().to_string();
    let mut wrong = Vec::new();
    for root in &package.roots {
        for circle in circles(root, read)? {
            let imports = circle.imports.iter();
            let imports: String = imports
                .map(|(from, to, path)| format!("\n  {} imports {path} from {}", relative(from), relative(to)))
                .collect();
            let count = circle.files.len();
            wrong.push(format!("{}: {count} files import each other in a circle:{imports}", package.name));
        }
    }
    Ok(wrong)
}

/// Returns a crate and all of its dependencies outside its tests, with all of its features.
fn tree(package: &str) -> Result<BTreeSet<String>, Failure> {
    let tree = cargo(["tree", "--package", package, "--edges", "normal", "--all-features", "--prefix", "none"]);
    let names = output(tree)?;
    Ok(names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a package of three files, one of which is given.
    fn check(a: &str) -> Vec<String> {
        let package = Package {
            name: "it".to_owned(),
            dependencies: Vec::new(),
            features: Vec::new(),
            features_in_tests: BTreeSet::new(),
            folder: "it".into(),
            is_library: true,
            roots: vec!["it/src/lib.rs".into()],
        };
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", "pub struct B(crate::a::A);")];
        let read = |path: &Path| {
            let file = files.iter().find(|(name, _)| path == Path::new("it/src").join(name));
            file.map(|(_, text)| (*text).to_owned())
        };
        check_files(&package, &read).unwrap()
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn circle_of_files_fails_and_is_described() {
        let circle = "it: 2 files import each other in a circle:\n  \
            src/a.rs imports crate::b::B from src/b.rs\n  \
            src/b.rs imports crate::a::A from src/a.rs";
        assert_eq!(check("use crate::b::B; pub struct A;"), [circle]);
        assert_eq!(check("pub struct A;"), NONE);
    }
}
