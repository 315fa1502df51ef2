//! Checks that each crate can be published: its manifest is complete, and its package holds what it must and builds.

use std::fs;
use std::path::Path;

use serde_json::Value;
use stripe_identity_core::types::API_VERSION;

use crate::command::{Failure, WORKSPACE, cargo, files, step, target};
use crate::metadata::{metadata, text};

const LICENSE: &str = "MIT OR Apache-2.0";
const LICENSE_FILES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Those of the categories of crates.io that can describe a crate of this workspace. crates.io drops unknown ones.
const CATEGORIES: &[&str] = &[
    "api-bindings",
    "asynchronous",
    "authentication",
    "command-line-utilities",
    "cryptography",
    "data-structures",
    "development-tools",
    "development-tools::testing",
    "encoding",
    "finance",
    "network-programming",
    "parser-implementations",
    "simulation",
    "web-programming",
    "web-programming::http-client",
    "web-programming::http-server",
];

/// The size in bytes that no file of a package exceeds.
const LARGEST: u64 = 100_000;

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking the manifests of the packages");
    let metadata = metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    fail_if_any(packages.iter().flat_map(mistakes))?;

    let crates: Vec<_> = packages.iter().filter(|package| is_published(package)).collect();
    let mut package = cargo(["package", "--quiet", "--allow-dirty"]);
    package.args(crates.iter().flat_map(|it| ["--package", text(it, "name")]));
    step(package)?;
    for it in crates {
        let (name, version) = (text(it, "name"), text(it, "version"));
        check_files(name, &target().join(format!("package/{name}-{version}")))?;
    }
    Ok(())
}

fn fail_if_any(mistakes: impl Iterator<Item = String>) -> Result<(), Failure> {
    let mistakes: Vec<_> = mistakes.collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n").into()) }
}

fn list<'a>(package: &'a Value, key: &str) -> Vec<&'a str> {
    package[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_published(package: &Value) -> bool {
    package["publish"].is_null()
}

/// Describes what is wrong with the manifest of a package of this workspace.
fn mistakes(package: &Value) -> Vec<String> {
    let mut mistakes = Vec::new();
    let name = text(package, "name");
    let mut require = |holds: bool, mistake: &str| {
        if !holds {
            mistakes.push(format!("{name}: {mistake}"));
        }
    };
    let is_crate = text(package, "manifest_path").contains("/crates/");
    require(is_crate || !is_published(package), "must have `publish = false`, since it is not in `crates`");
    require(!is_crate || is_published(package), "must not have `publish`, since it is in `crates`");
    if is_crate {
        require(!text(package, "description").is_empty(), "has no description");
        require(text(package, "license") == LICENSE, &format!("license must be `{LICENSE}`"));
        require(text(package, "readme") == "README.md", "readme must be `README.md`");
        let keywords = list(package, "keywords");
        let are_valid = keywords.iter().all(|it| is_keyword(it));
        require((1..=5).contains(&keywords.len()), "must have one to five keywords");
        require(are_valid, "a keyword must have at most 20 letters, digits, `-`, `_` and `+`, and begin with a letter");
        let categories = list(package, "categories");
        let are_known = categories.iter().all(|it| CATEGORIES.contains(it));
        require((1..=5).contains(&categories.len()), "must have one to five categories");
        require(
            are_known,
            "has a category that is not in CATEGORIES in xtask/src/package.rs: add it if crates.io has it",
        );
        let docs = &package["metadata"]["docs"]["rs"];
        let has_features = package["features"].as_object().is_some_and(|features| !features.is_empty());
        require(docs.is_object(), "must have `[package.metadata.docs.rs]`");
        let hides_features = docs.is_object() && has_features && docs["all-features"] != true;
        require(!hides_features, "must have `all-features = true` in `[package.metadata.docs.rs]`");
    }
    mistakes
}

fn is_keyword(keyword: &str) -> bool {
    keyword.len() <= 20
        && keyword.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && keyword.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_+".contains(letter))
}

/// Checks the files of a package, which cargo has unpacked in `folder` to build it.
fn check_files(name: &str, folder: &Path) -> Result<(), Failure> {
    for file in ["README.md"].into_iter().chain(LICENSE_FILES) {
        if !folder.join(file).is_file() {
            return Err(format!("the package of {name} has no {file}, but must have it").into());
        }
    }
    check_readme(&fs::read_to_string(folder.join("README.md"))?)
        .map_err(|mistake| format!("the README of {name} {mistake}"))?;
    for file in LICENSE_FILES {
        if fs::read(folder.join(file))? != fs::read(Path::new(WORKSPACE).join(file))? {
            return Err(format!("{file} in the package of {name} must be the text of the workspace").into());
        }
    }
    for file in files(folder)? {
        let path = file.strip_prefix(folder)?;
        if !belongs(path) {
            let path = path.display();
            return Err(
                format!("{path} is in the package of {name}: leave it out by `include.workspace = true`").into()
            );
        }
        if fs::metadata(&file)?.len() > LARGEST {
            let path = path.display();
            return Err(format!("{path} in the package of {name} is too large: at most {LARGEST} bytes").into());
        }
    }
    Ok(())
}

/// Checks the versions that the README of a crate names.
fn check_readme(readme: &str) -> Result<(), String> {
    let rust = concat!("Rust ", env!("CARGO_PKG_RUST_VERSION"), " or newer");
    if !readme.contains(rust) {
        return Err(format!("must say `{rust}`"));
    }
    let mut versions = readme.split("API version ").skip(1);
    match versions.find(|version| !version.starts_with(API_VERSION)) {
        Some(_) => Err(format!("names another API version than {API_VERSION}")),
        None => Ok(()),
    }
}

/// Returns whether `include` in the workspace's manifest allows a file, or cargo adds it.
fn belongs(path: &Path) -> bool {
    let name = path.to_str().unwrap_or_default();
    let is_page = path.extension().is_some_and(|extension| extension == "md");
    match name.split_once('/') {
        Some((folder, _)) => ["src", "templates"].contains(&folder) || folder == "docs" && is_page,
        None => is_page || name.starts_with("Cargo.") || name.starts_with(".cargo") || LICENSE_FILES.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn manifest() -> Value {
        json!({
            "name": "it",
            "manifest_path": "/here/crates/it/Cargo.toml",
            "publish": null,
            "description": "A crate",
            "license": "MIT OR Apache-2.0",
            "readme": "README.md",
            "keywords": ["stripe", "sans-io"],
            "categories": ["api-bindings"],
            "features": {},
            "metadata": {"docs": {"rs": {"rustdoc-args": []}}},
        })
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn manifest_that_is_not_complete_is_an_error() {
        assert_eq!(mistakes(&manifest()), NONE);
        for (key, value, mistake) in [
            ("description", Value::Null, "has no description"),
            ("license", json!("MIT"), "license must be `MIT OR Apache-2.0`"),
            ("readme", Value::Null, "readme must be `README.md`"),
            ("keywords", json!([]), "must have one to five keywords"),
            ("keywords", json!(["a", "b", "c", "d", "e", "f"]), "must have one to five keywords"),
            ("categories", json!([]), "must have one to five categories"),
            ("metadata", Value::Null, "must have `[package.metadata.docs.rs]`"),
            ("features", json!({"a": []}), "must have `all-features = true` in `[package.metadata.docs.rs]`"),
            ("publish", json!([]), "must not have `publish`, since it is in `crates`"),
        ] {
            let mut manifest = manifest();
            manifest[key] = value;
            assert_eq!(mistakes(&manifest), [format!("it: {mistake}")]);
        }
        for (key, value) in [("keywords", "two words"), ("keywords", "1st"), ("categories", "api")] {
            let mut manifest = manifest();
            manifest[key] = json!([value]);
            assert_eq!(mistakes(&manifest).len(), 1, "{value}");
        }
    }

    #[test]
    fn only_packages_in_crates_are_published() {
        let mut manifest = manifest();
        manifest["manifest_path"] = json!("/here/xtask/Cargo.toml");
        assert_eq!(mistakes(&manifest), ["it: must have `publish = false`, since it is not in `crates`"]);
        manifest["publish"] = json!([]);
        manifest["keywords"] = json!([]);
        assert_eq!(mistakes(&manifest), NONE);
    }

    #[test]
    fn readme_names_the_versions_of_the_workspace() {
        let rust = concat!("Rust ", env!("CARGO_PKG_RUST_VERSION"), " or newer.");
        assert_eq!(check_readme(&format!("API version {API_VERSION}. {rust}")), Ok(()));
        assert_eq!(check_readme(rust), Ok(()));
        assert!(check_readme(&format!("API version 2020-08-27. {rust}")).is_err());
        assert!(check_readme(&format!("API version {API_VERSION}. Rust 1.2 or newer.")).is_err());
    }

    #[test]
    fn package_has_sources_pages_and_licences_only() {
        let belongs = |path| belongs(Path::new(path));
        for path in ["src/lib.rs", "src/document/front.png", "docs/guide/time.md", "README.md", "LICENSE-MIT"] {
            assert!(belongs(path), "{path}");
        }
        for path in ["Cargo.toml", "Cargo.toml.orig", "Cargo.lock", ".cargo_vcs_info.json", ".cargo-ok"] {
            assert!(belongs(path), "{path}");
        }
        for path in ["tests/it/main.rs", "docs/page.png", "page.png", "LICENSE"] {
            assert!(!belongs(path), "{path}");
        }
    }
}
