//! No test is left out when its package is tested alone: `cargo test -p NAME`.

use std::collections::BTreeSet;
use std::fs;

use crate::behaviour::sources;
use crate::command::Failure;
use crate::metadata::packages;

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking that no test waits for a feature that is off");
    for package in packages()? {
        let folder = package.folder.join("tests");
        if !folder.is_dir() {
            continue;
        }
        for file in sources(&folder)? {
            if let Some(feature) = closed(&fs::read_to_string(&file)?, &package.features_in_tests) {
                let file = file.display();
                return Err(format!("{file} waits for the feature {feature}, which is off in its tests").into());
            }
        }
    }
    Ok(())
}

/// A feature that some of a file waits for and that is not on.
fn closed<'a>(source: &'a str, on: &BTreeSet<String>) -> Option<&'a str> {
    let conditions =
        source.lines().map(str::trim).filter(|line| line.starts_with("#[cfg") || line.starts_with("#![cfg"));
    let features = conditions.flat_map(|line| line.split("feature = \"").skip(1));
    features.filter_map(|rest| rest.split('"').next()).find(|feature| !on.contains(*feature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feature_that_is_off_is_named() {
        let on = BTreeSet::from(["server".to_owned()]);
        assert_eq!(closed("#![cfg(feature = \"server\")]\n    #[cfg(unix)]\nfn x() {}", &on), None);
        assert_eq!(closed("mod a;\n    #[cfg(feature = \"conformance\")]\nmod b;", &on), Some("conformance"));
        assert_eq!(closed("#[cfg(all(feature = \"server\", feature = \"mock\"))]", &on), Some("mock"));
        assert_eq!(closed("// feature = \"mock\"", &on), None);
    }
}
