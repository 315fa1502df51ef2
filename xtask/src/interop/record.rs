//! The results of the tools, which `results.json` keeps between runs.

use std::collections::BTreeMap;
use std::fs;

use serde::{Deserialize, Serialize};

use super::operations::OPERATIONS;
use super::script::{Outcome, Reports};
use crate::command::Failure;

pub(super) const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/results.json");

/// The result of one tool.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) version: String,
    /// The operations that the tool does not support, each with the reason. All others work.
    pub(super) cannot: BTreeMap<String, String>,
}

impl Record {
    /// Fails unless each operation is reported once, and none has failed.
    pub(super) fn new(reports: Reports) -> Result<Self, String> {
        let mut problems = Vec::new();
        let mut missing = OPERATIONS.to_vec();
        let mut cannot = BTreeMap::new();
        for report in reports.operations {
            let before = missing.len();
            missing.retain(|operation| *operation != report.operation);
            if missing.len() == before {
                problems.push(format!("unknown operation, or reported twice: {}", report.operation));
            }
            let reason = report.reason.unwrap_or_default();
            match report.result {
                Outcome::Yes => {}
                Outcome::No => problems.push(format!("does not work: {}: {reason}", report.operation)),
                Outcome::Cannot => drop(cannot.insert(report.operation, reason)),
            }
        }
        problems.extend(missing.into_iter().map(|operation| format!("not reported: {operation}")));
        if problems.is_empty() { Ok(Self { version: reports.version, cannot }) } else { Err(problems.join("\n")) }
    }
}

/// The results of all tools, by their names.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Records(pub(super) BTreeMap<String, Record>);

impl Records {
    pub(super) fn read() -> Result<Self, Failure> {
        Ok(serde_json::from_slice(&fs::read(FILE)?)?)
    }

    pub(super) fn insert(&mut self, tool: &str, record: Record) {
        self.0.insert(tool.to_owned(), record);
    }

    /// Returns the text of the file.
    pub(super) fn to_json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::Report;
    use super::*;

    fn reports(change: impl FnOnce(&mut Vec<Report>)) -> Result<Record, String> {
        let report =
            |operation: &&str| Report { operation: (*operation).to_owned(), result: Outcome::Yes, reason: None };
        let mut operations = OPERATIONS.iter().map(report).collect();
        change(&mut operations);
        Record::new(Reports { version: "1".to_owned(), operations })
    }

    #[test]
    fn record_has_the_operations_that_a_tool_does_not_support() {
        let record = reports(|operations| {
            operations[0].result = Outcome::Cannot;
            operations[0].reason = Some("why".to_owned());
        });
        assert_eq!(record.unwrap().cannot.into_iter().collect::<Vec<_>>(), [(OPERATIONS[0].into(), "why".into())]);
    }

    #[test]
    fn failed_missing_repeated_or_unknown_operation_is_a_problem() {
        assert!(reports(|_| ()).is_ok());
        assert!(reports(|operations| operations[0].result = Outcome::No).unwrap_err().contains("does not work"));
        assert!(reports(|operations| drop(operations.pop())).unwrap_err().contains("not reported"));
        assert!(reports(|operations| operations[1].operation = OPERATIONS[0].into()).unwrap_err().contains("twice"));
        assert!(reports(|operations| operations[0].operation = "fly".into()).unwrap_err().contains("unknown"));
    }
}
