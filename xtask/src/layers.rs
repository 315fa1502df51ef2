//! Which crate may depend on which.

use std::collections::BTreeSet;

use crate::Failure;
use crate::command::{cargo, output};
use crate::metadata::{Package, packages};

/// Each crate of ours, and the crates of ours that it may depend on.
const MAP: &[(&str, &[&str])] = &[
    ("stripe-identity-types", &[]),
    ("stripe-identity-core", &["stripe-identity-types"]),
    ("stripe-identity-webhook", &["stripe-identity-types"]),
    ("stripe-identity-hyper", &["stripe-identity-core"]),
    ("stripe-identity-reqwest", &["stripe-identity-core"]),
    ("stripe-identity-ureq", &["stripe-identity-core"]),
    ("stripe-identity-mock", &["stripe-identity-core"]),
    // It signs its webhooks.
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

/// Everything that the models may pull in, at any depth.
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

/// What core must not pull in, at any depth: runtimes, HTTP clients, TLS, sockets. So none of their types can be in its
/// public API, nor in that of the models, which pull in far less.
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
    println!("$ checking who depends on whom");
    let packages = packages()?;
    for package in packages.iter().filter(|package| package.is_library_of_ours) {
        check_map(package)?;
    }
    let under_types = tree("stripe-identity-types")?;
    if let Some(stranger) = under_types.iter().find(|name| !UNDER_TYPES.contains(&name.as_str())) {
        return Err(format!("stripe-identity-types pulls in {stranger}").into());
    }
    let under_core = tree("stripe-identity-core")?;
    if let Some(stranger) = under_core.iter().find(|name| NOT_UNDER_CORE.contains(&name.as_str())) {
        return Err(format!("stripe-identity-core pulls in {stranger}").into());
    }
    Ok(())
}

fn check_map(package: &Package) -> Result<(), Failure> {
    let Some((_, allowed)) = MAP.iter().find(|(name, _)| *name == package.name) else {
        return Err(format!("{} is not on the map in xtask/src/layers.rs", package.name).into());
    };
    let ours = package.dependencies.iter().filter(|name| MAP.iter().any(|(ours, _)| ours == name));
    match ours.into_iter().find(|name| !allowed.contains(&name.as_str())) {
        Some(name) => Err(format!("{} must not depend on {name}", package.name).into()),
        None => Ok(()),
    }
}

/// A crate and all that it pulls in outside its tests, with all of its features.
fn tree(package: &str) -> Result<BTreeSet<String>, Failure> {
    let tree = cargo(["tree", "--package", package, "--edges", "normal", "--all-features", "--prefix", "none"]);
    let names = output(tree)?;
    Ok(names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}
