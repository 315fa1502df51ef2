//! Checks that no test is left out when its package is tested alone: `cargo test -p NAME`.

use std::collections::BTreeSet;
use std::fs;

use crate::behaviour::sources;
use crate::command::Failure;
use crate::metadata::packages;

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking that no test needs a feature that is off");
    for package in packages()? {
        let folder = package.folder.join("tests");
        if !folder.is_dir() {
            continue;
        }
        for file in sources(&folder)? {
            if let Some(feature) = missing_feature(&fs::read_to_string(&file)?, &package.features_in_tests) {
                let file = file.display();
                let name = package.name;
                return Err(format!(
                    "{file} needs the feature {feature}, which is off in `cargo test -p {name}`: \
                     turn it on in a dev-dependency of {name} on itself"
                )
                .into());
            }
        }
    }
    Ok(())
}

/// Returns a feature that a `#[cfg]` of this source needs and that is off.
fn missing_feature<'a>(source: &'a str, on: &BTreeSet<String>) -> Option<&'a str> {
    let conditions =
        source.lines().map(str::trim).filter(|line| line.starts_with("#[cfg") || line.starts_with("#![cfg"));
    let features = conditions.flat_map(|line| line.split("feature = \"").skip(1));
    features.filter_map(|rest| rest.split('"').next()).find(|feature| !on.contains(*feature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_that_is_off_is_returned() {
        let on = BTreeSet::from(["server".to_owned()]);
        assert_eq!(missing_feature("#![cfg(feature = \"server\")]\n    #[cfg(unix)]\nfn x() {}", &on), None);
        assert_eq!(missing_feature("mod a;\n    #[cfg(feature = \"conformance\")]\nmod b;", &on), Some("conformance"));
        assert_eq!(missing_feature("#[cfg(all(feature = \"server\", feature = \"mock\"))]", &on), Some("mock"));
        assert_eq!(missing_feature("// feature = \"mock\"", &on), None);
    }
}
