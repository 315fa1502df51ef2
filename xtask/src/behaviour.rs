//! Whether BEHAVIOUR.md speaks of every rule, and it and RELIABILITY.md name tests that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Failure;

const PAGE: &str = "crates/stripe-identity-core/BEHAVIOUR.md";
const PROMISES: &str = "RELIABILITY.md";

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking {PAGE} and {PROMISES}");
    let tests = tests()?;
    check_page(&fs::read_to_string(PAGE)?, &tests)?;
    check_names(&fs::read_to_string(PROMISES)?, &tests)
}

/// How many rules there are.
const RULES: u32 = 131;

fn wanted() -> BTreeSet<u32> {
    (1..=RULES).collect()
}

fn check_page(page: &str, tests: &BTreeSet<String>) -> Result<(), Failure> {
    let mut rules = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| B")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [rule, deed, proof] = cells[..] else { return Err(format!("not three cells: {line}").into()) };
        let number: u32 = rule.trim_start_matches('B').parse()?;
        if deed.is_empty() || rules.insert(number, deed).is_some() {
            return Err(format!("{rule} is empty, or there twice").into());
        }
        let names_a_test = proof.split('`').any(|name| tests.contains(name));
        let is_not_taken = proof == "–" && deed.starts_with("Not taken");
        if !names_a_test && !is_not_taken {
            return Err(format!("{rule} is taken and not proven").into());
        }
    }
    if let Some(missing) = wanted().iter().find(|number| !rules.contains_key(number)) {
        return Err(format!("B{missing} is missing").into());
    }
    check_names(page, tests)
}

/// What looks like `file::test` anywhere on a page is one.
fn check_names(page: &str, tests: &BTreeSet<String>) -> Result<(), Failure> {
    let named = page.split('`').filter(|text| text.contains("::") && text.chars().all(|c| c == ':' || is_lower(c)));
    match named.into_iter().find(|name| !tests.contains(*name)) {
        Some(name) => Err(format!("there is no test {name}").into()),
        None => Ok(()),
    }
}

fn is_lower(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}

/// All tests of the crates, the examples and the corpus, as `file::test`.
fn tests() -> Result<BTreeSet<String>, Failure> {
    let mut tests = BTreeSet::new();
    let folders = ["crates", "examples", "xtask/fuzz/tests"].map(|folder| sources(Path::new(folder)));
    for file in folders.into_iter().collect::<Result<Vec<_>, _>>()?.concat() {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file)?;
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                let name = lines.next().unwrap_or_default();
                let name = name.trim_start_matches("async ").trim_start_matches("fn ");
                tests.insert(format!("{stem}::{}", name.split('(').next().unwrap_or_default()));
            }
        }
    }
    Ok(tests)
}

pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page that says of each rule what the function says.
    fn page(line: impl Fn(u32) -> String) -> String {
        wanted().into_iter().map(line).collect()
    }

    #[test]
    fn a_rule_that_is_missing_empty_or_unproven_is_seen() {
        let tests = BTreeSet::from(["form::numbers".to_owned()]);
        let check = |line: &dyn Fn(u32) -> String| check_page(&page(line), &tests).map_err(|error| error.to_string());
        let good = |number| format!("| B{number} | It is so. | `form::numbers` |\n");
        assert_eq!(check(&good), Ok(()));
        let bad = |bad: &'static str| {
            let error = check(&move |number| if number == 7 { bad.to_owned() } else { good(number) });
            error.expect_err(bad)
        };
        assert_eq!(bad(""), "B7 is missing");
        assert_eq!(bad("| B7 |  | `form::numbers` |\n"), "B7 is empty, or there twice");
        assert_eq!(bad("| B8 | It is so. | `form::numbers` |\n"), "B8 is empty, or there twice");
        assert_eq!(bad("| B7 | It is so. | – |\n"), "B7 is taken and not proven");
        assert_eq!(bad("| B7 | It is so. |  |\n"), "B7 is taken and not proven");
        assert_eq!(bad("| B7 | It is so. | see the code |\n"), "B7 is taken and not proven");
        let both = "| B7 | It is so. | `form::numbers` `form::letters` |\n";
        assert_eq!(bad(both), "there is no test form::letters");
        assert_eq!(bad("| B7 | It is so. |\n"), "not three cells: | B7 | It is so. |");
    }
}
