//! The table in COMPATIBILITY.md.

use std::fs;

use super::operations::OPERATIONS;
use super::record::{self, Records};
use super::tool::TOOLS;
use crate::command::Failure;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/stripe-identity-simulator/COMPATIBILITY.md");

const BEGIN: &str = "<!-- `cargo xtask interop --write` writes what follows. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

/// Returns the table of the tools, with the reasons for operations that a tool does not support.
pub(super) fn render(records: &Records) -> String {
    let tools: Vec<_> =
        TOOLS.iter().filter_map(|tool| records.0.get(tool.name).map(|record| (tool.name, record))).collect();
    let mut reasons: Vec<&str> = Vec::new();
    let mut rows = String::new();
    for operation in OPERATIONS {
        let cells = tools.iter().map(|(_, record)| match record.cannot.get(*operation) {
            None => " yes |".to_owned(),
            Some(reason) => format!(" no: {} |", number_of(reason, &mut reasons)),
        });
        rows.extend([format!("| {operation} |"), cells.collect(), "\n".to_owned()]);
    }
    let heads: String = tools.iter().map(|(name, record)| format!(" {name} {} |", record.version)).collect();
    let rule = "---|".repeat(tools.len() + 1);
    let reasons: String =
        reasons.iter().enumerate().map(|(index, reason)| format!("{}. {reason}\n", index + 1)).collect();
    format!("| operation |{heads}\n|{rule}\n{rows}\n{reasons}")
}

/// Returns the number of a reason, from 1, and adds it to the reasons if it is new.
fn number_of<'a>(reason: &'a str, reasons: &mut Vec<&'a str>) -> usize {
    let known = reasons.iter().position(|it| *it == reason);
    known.map_or_else(
        || {
            reasons.push(reason);
            reasons.len()
        },
        |index| index + 1,
    )
}

/// Returns the docs with the table of these records.
fn put_into(docs: &str, records: &Records) -> Result<String, Failure> {
    let parts = docs.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        parts.ok_or("COMPATIBILITY.md has no place for the table, but must have the two comments around it")?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", render(records)))
}

/// Writes the records and the table, or fails if the files differ from them.
pub(super) fn keep(records: &Records, writes: bool) -> Result<(), Failure> {
    let docs = put_into(&fs::read_to_string(DOCS)?, records)?;
    for (path, text) in [(record::FILE, records.to_json()?), (DOCS, docs)] {
        if writes {
            fs::write(path, text)?;
        } else if fs::read_to_string(path)? != text {
            return Err(
                "COMPATIBILITY.md or results.json differs from this run: `cargo xtask interop --write` writes both"
                    .into(),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::record::Record;
    use super::*;

    fn records() -> Records {
        let cannot = |operations: &[usize]| -> BTreeMap<_, _> {
            operations.iter().map(|index| (OPERATIONS[*index].to_owned(), format!("reason {index}"))).collect()
        };
        let record = |version: &str, cannot| Record { version: version.to_owned(), cannot };
        let node = ("stripe-node".to_owned(), record("23.1.0", cannot(&[1])));
        let cli = ("stripe-cli".to_owned(), record("1.52.0", cannot(&[0, 1])));
        Records(BTreeMap::from([cli, node]))
    }

    #[test]
    fn table_has_a_column_for_each_tool_and_each_reason_once() {
        let table = render(&records());
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "| operation | stripe-node 23.1.0 | stripe-cli 1.52.0 |");
        assert_eq!(lines[2], format!("| {} | yes | no: 1 |", OPERATIONS[0]));
        assert_eq!(lines[3], format!("| {} | no: 2 | no: 2 |", OPERATIONS[1]));
        assert_eq!(lines[lines.len() - 2..], ["1. reason 0", "2. reason 1"]);
    }

    #[test]
    fn table_replaces_the_old_one() {
        let docs = format!("before\n{BEGIN}the table before\n{END}after\n");
        let new = put_into(&docs, &records()).unwrap();
        assert!(new.starts_with("before\n") && new.ends_with("after\n") && !new.contains("the table before"));
        assert_eq!(put_into(&new, &records()).unwrap(), new);
        assert!(put_into("nothing", &records()).is_err());
    }

    #[test]
    fn table_in_the_docs_matches_the_records() {
        keep(&Records::read().unwrap(), false).unwrap();
    }
}
