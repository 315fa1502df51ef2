//! Checks that BEHAVIOUR.md has every rule, each with a test, and that the tests that it and the other pages name exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Failure, files};

const PAGE: &str = "crates/stripe-identity-core/BEHAVIOUR.md";
const OTHER_PAGES: [&str; 2] = ["RELIABILITY.md", "COMPARISON.md"];

pub(crate) fn check() -> Result<(), Failure> {
    println!("$ checking the tests that {PAGE}, {} name", OTHER_PAGES.join(" and "));
    let tests = tests()?;
    check_page(&fs::read_to_string(PAGE)?, &tests)?;
    OTHER_PAGES.iter().try_for_each(|page| check_names(&fs::read_to_string(page)?, &tests))
}

/// The number of rules: B1 to B131.
const RULES: u32 = 131;

fn check_page(page: &str, tests: &BTreeSet<String>) -> Result<(), Failure> {
    let mut rules = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| B")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [rule, text, proof] = cells[..] else {
            return Err(format!("this row does not have three cells: {line}").into());
        };
        let number: u32 = rule.trim_start_matches('B').parse()?;
        if text.is_empty() || rules.insert(number, text).is_some() {
            return Err(format!("{rule} has no text, or two rows: it must have one row with a text").into());
        }
        let names_a_test = proof.split('`').any(|name| tests.contains(name));
        let is_not_taken = proof == "–" && text.starts_with("Not taken");
        if !names_a_test && !is_not_taken {
            return Err(format!(
                "{rule} names no test that exists: name one, or write `–` and begin with \"Not taken\""
            )
            .into());
        }
    }
    if let Some(missing) = (1..=RULES).find(|number| !rules.contains_key(number)) {
        return Err(format!("B{missing} is missing: each rule from B1 to B{RULES} must have a row").into());
    }
    check_names(page, tests)
}

/// Checks that each text on a page that has the form `file::test` names a test.
fn check_names(page: &str, tests: &BTreeSet<String>) -> Result<(), Failure> {
    let named = page.split('`').filter(|text| text.contains("::") && text.chars().all(|c| c == ':' || is_lower(c)));
    match named.into_iter().find(|name| !tests.contains(*name)) {
        Some(name) => Err(format!("there is no test {name}: a name must be `file::test`").into()),
        None => Ok(()),
    }
}

fn is_lower(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}

/// Returns all tests of the crates, the examples and the corpus, as `file::test`.
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

/// Returns the Rust files in a folder and in the folders inside it.
pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let files = files(folder)?.into_iter();
    Ok(files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_that_is_missing_empty_or_without_a_test_is_an_error() {
        let tests = BTreeSet::from(["form::numbers".to_owned()]);
        let check = |line: &dyn Fn(u32) -> String| {
            check_page(&(1..=RULES).map(line).collect::<String>(), &tests).map_err(|error| error.to_string())
        };
        let good = |number| format!("| B{number} | It is so. | `form::numbers` |\n");
        assert_eq!(check(&good), Ok(()));
        let bad = |bad: &'static str| {
            let error = check(&move |number| if number == 7 { bad.to_owned() } else { good(number) });
            error.expect_err(bad)
        };
        assert_eq!(bad(""), "B7 is missing: each rule from B1 to B131 must have a row");
        assert_eq!(
            bad("| B7 |  | `form::numbers` |\n"),
            "B7 has no text, or two rows: it must have one row with a text"
        );
        assert_eq!(
            bad("| B8 | It is so. | `form::numbers` |\n"),
            "B8 has no text, or two rows: it must have one row with a text"
        );
        let no_test = "B7 names no test that exists: name one, or write `–` and begin with \"Not taken\"";
        assert_eq!(bad("| B7 | It is so. | – |\n"), no_test);
        assert_eq!(bad("| B7 | It is so. |  |\n"), no_test);
        assert_eq!(bad("| B7 | It is so. | see the code |\n"), no_test);
        let both = "| B7 | It is so. | `form::numbers` `form::letters` |\n";
        assert_eq!(bad(both), "there is no test form::letters: a name must be `file::test`");
        assert_eq!(bad("| B7 | It is so. |\n"), "this row does not have three cells: | B7 | It is so. |");
    }
}
