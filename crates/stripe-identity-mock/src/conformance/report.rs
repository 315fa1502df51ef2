use std::fmt::{self, Write as _};

/// What came of a suite.
#[derive(Clone, Debug)]
#[must_use = "a report that nobody reads judges nothing"]
pub struct Report {
    pub(super) verdicts: Vec<Verdict>,
}

/// What came of one check.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// What was checked, as a sentence that should be true.
    pub check: &'static str,
    /// Whether it is, and if not, what was seen instead. `None` if the check does not concern such a transport.
    pub outcome: Option<Result<(), String>>,
}

impl Report {
    /// All checks, in their order.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// The checks that failed, and what was seen instead.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.verdicts.iter().filter_map(|verdict| match &verdict.outcome {
            Some(Err(seen)) => Some((verdict.check, seen.as_str())),
            _ => None,
        })
    }

    /// Fails the test if any check failed.
    ///
    /// # Panics
    /// If any did; it shows which, and what was seen instead.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.failures().next().is_none(), "the transport does not keep its contract:\n{self}");
    }
}

/// The failures, one a line; or how many checks passed.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, seen) in self.failures() {
            writeln!(f, "- {check}: {seen}")?;
        }
        let passed = self.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Some(Ok(())))).count();
        write!(f, "{passed} checks passed, {} failed", self.failures().count())
    }
}

/// Reports side by side: a row for each check, a column for each transport.
pub fn table(reports: &[(&str, Report)]) -> String {
    let mut table = String::from("| |");
    // Writing to a String cannot fail.
    for (name, _) in reports {
        let _ = write!(table, " {name} |");
    }
    table += "\n|---|";
    table += &"---|".repeat(reports.len());
    let checks = reports.first().map_or(&[][..], |(_, report)| &report.verdicts);
    for (index, verdict) in checks.iter().enumerate() {
        let _ = write!(table, "\n| {} |", verdict.check);
        for (_, report) in reports {
            table += match report.verdicts.get(index).and_then(|verdict| verdict.outcome.as_ref()) {
                None => " – |",
                Some(Ok(())) => " passed |",
                Some(Err(_)) => " FAILED |",
            };
        }
    }
    table + "\n"
}
