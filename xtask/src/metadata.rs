use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{Failure, cargo, output};

/// A package of this workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its dependencies outside its tests, with the optional ones.
    pub(crate) dependencies: Vec<String>,
    pub(crate) features: Vec<String>,
    /// The features that are on when the package is tested alone.
    pub(crate) features_in_tests: BTreeSet<String>,
    pub(crate) folder: PathBuf,
    pub(crate) is_library: bool,
    /// The root files of its libraries, programs and examples.
    pub(crate) roots: Vec<PathBuf>,
}

/// Returns what `cargo metadata` prints.
pub(crate) fn metadata(arguments: &[&str]) -> Result<Value, Failure> {
    let mut metadata = cargo(["metadata", "--format-version", "1"]);
    metadata.args(arguments);
    Ok(serde_json::from_str(&output(metadata)?)?)
}

/// Returns the text of a key, or the empty string if there is none.
pub(crate) fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

/// Returns the packages of this workspace, as `cargo metadata` has them.
pub(crate) fn packages() -> Result<Vec<Package>, Failure> {
    let metadata = metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata has no packages")?;
    packages.iter().map(|package| read(package).ok_or_else(|| "cargo metadata has an unknown format".into())).collect()
}

fn read(package: &Value) -> Option<Package> {
    let name = package["name"].as_str()?.to_owned();
    let dependencies = package["dependencies"].as_array()?.iter().filter(|dependency| dependency["kind"] != "dev");
    let dependencies = dependencies.map(|dependency| dependency["name"].as_str().map(str::to_owned));
    let features = package["features"].as_object()?.keys().filter(|feature| *feature != "default").cloned();
    let features_in_tests = features_in_tests(package)?;
    let folder = Path::new(package["manifest_path"].as_str()?).parent()?.to_owned();
    let targets = package["targets"].as_array()?.iter();
    let targets = targets.filter(|target| ["lib", "bin", "example"].iter().any(|kind| target["kind"][0] == *kind));
    let roots = targets.map(|target| target["src_path"].as_str().map(PathBuf::from)).collect::<Option<_>>()?;
    Some(Package {
        roots,
        features_in_tests,
        folder,
        is_library: package["manifest_path"].as_str()?.contains("/crates/"),
        dependencies: dependencies.collect::<Option<_>>()?,
        features: features.collect(),
        name,
    })
}

/// Returns the features that are on in the tests of a package: the default ones, those of its dev-dependency on itself,
/// and all that these turn on.
fn features_in_tests(package: &Value) -> Option<BTreeSet<String>> {
    let of_itself = package["dependencies"].as_array()?.iter();
    let of_itself = of_itself.filter(|dependency| dependency["kind"] == "dev" && dependency["name"] == package["name"]);
    let asked =
        of_itself.filter_map(|dependency| dependency["features"].as_array()).flatten().filter_map(Value::as_str);
    let mut next: Vec<_> = asked.chain(["default"]).collect();
    let mut on = BTreeSet::new();
    while let Some(feature) = next.pop() {
        if on.insert(feature.to_owned()) {
            let turned_on = package["features"][feature].as_array().into_iter().flatten().filter_map(Value::as_str);
            next.extend(turned_on);
        }
    }
    Some(on)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn features_in_tests_are_the_default_ones_and_those_of_a_dependency_on_itself() {
        let package = |dependencies: Value| {
            let features = json!({"default": ["a"], "a": ["b", "dep:x"], "b": [], "c": ["d"], "d": [], "e": []});
            json!({"name": "it", "features": features, "dependencies": dependencies})
        };
        let on = |dependencies| {
            let on = features_in_tests(&package(dependencies)).unwrap();
            ["a", "b", "c", "d", "e"].into_iter().filter(|feature| on.contains(*feature)).collect::<String>()
        };
        assert_eq!(on(json!([])), "ab");
        assert_eq!(on(json!([{"name": "it", "kind": "dev", "features": ["c"]}])), "abcd");
        assert_eq!(on(json!([{"name": "other", "kind": "dev", "features": ["c"]}])), "ab");
    }
}
