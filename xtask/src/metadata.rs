use serde_json::Value;

use crate::Failure;
use crate::command::{cargo, output};

/// A package of this workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    /// What it depends on outside its tests, optional ones included.
    pub(crate) dependencies: Vec<String>,
    pub(crate) features: Vec<String>,
    pub(crate) is_library_of_ours: bool,
}

/// The packages of this workspace, as cargo sees them.
pub(crate) fn packages() -> Result<Vec<Package>, Failure> {
    let metadata = output(cargo(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    packages.iter().map(|package| read(package).ok_or_else(|| "cargo metadata is of another form".into())).collect()
}

fn read(package: &Value) -> Option<Package> {
    let name = package["name"].as_str()?.to_owned();
    let dependencies = package["dependencies"].as_array()?.iter().filter(|dependency| dependency["kind"] != "dev");
    let dependencies = dependencies.map(|dependency| dependency["name"].as_str().map(str::to_owned));
    let features = package["features"].as_object()?.keys().filter(|feature| *feature != "default").cloned();
    Some(Package {
        is_library_of_ours: package["manifest_path"].as_str()?.contains("/crates/"),
        dependencies: dependencies.collect::<Option<_>>()?,
        features: features.collect(),
        name,
    })
}
