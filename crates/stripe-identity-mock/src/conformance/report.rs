use std::fmt::{self, Write as _};
use std::panic::Location;

/// The results of a run of a [`Suite`](super::Suite), one for each check.
///
/// ```
/// use stripe_identity_mock::conformance::{Report, Verdict};
///
/// fn print(report: &Report) {
///     for result in report.results() {
///         match &result.verdict {
///             Verdict::Passed => println!("{}: passed", result.check),
///             Verdict::Failed(failure) => println!("{}: {failure}", result.check),
///             _ => println!("{}: skipped", result.check),
///         }
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "failed checks are only reported here, for example by `assert_passed`"]
pub struct Report {
    pub(super) results: Vec<CheckResult>,
}

/// The result of one check.
///
/// See [`Report`] for an example.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckResult {
    /// The name of the check: a sentence that is true of a transport that passes it.
    pub check: &'static str,
    /// Whether the transport passed.
    pub verdict: Verdict,
}

/// Whether a transport passed a check.
///
/// See [`Report`] for an example.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// The transport passed the check.
    Passed,
    /// The transport failed the check.
    Failed(Failure),
    /// The check was not run: it does not apply to the transport, or
    /// [`Suite::only`](super::Suite::only) left it out.
    Skipped,
}

/// Why a transport failed a check, and where in the suite this was noticed.
///
/// Its [`Display`](fmt::Display) form has both.
///
/// ```
/// use stripe_identity_mock::conformance::Report;
///
/// fn lines(report: &Report) -> Vec<u32> {
///     report.failures().map(|(_, failure)| failure.location().line()).collect()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Failure {
    message: String,
    location: &'static Location<'static>,
}

impl Failure {
    #[track_caller]
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), location: Location::caller() }
    }

    /// Adds in which case of the check this happened.
    pub(super) fn context(self, case: impl fmt::Display) -> Self {
        Self { message: format!("{case}: {}", self.message), ..self }
    }

    /// Replaces the location, where a helper of several checks noticed the failure.
    pub(super) fn at(self, location: &'static Location<'static>) -> Self {
        Self { location, ..self }
    }

    /// Returns what was expected of the transport and what it did instead.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the file and line of the check that failed.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {})", self.message, self.location)
    }
}

impl Report {
    /// Returns the results of all checks, in the order in which the suite ran them.
    pub fn results(&self) -> &[CheckResult] {
        &self.results
    }

    /// Returns the name of each check that failed, and why it failed.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &Failure)> {
        self.results.iter().filter_map(|result| match &result.verdict {
            Verdict::Failed(failure) => Some((result.check, failure)),
            Verdict::Passed | Verdict::Skipped => None,
        })
    }

    /// Panics if a check failed.
    ///
    /// # Panics
    ///
    /// If a check failed. The message is this report in its [`Display`](fmt::Display) form.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.failures().next().is_none(), "the transport does not keep its contract:\n{self}");
    }
}

/// Writes each failure on a line, and then how many checks passed and failed.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, failure) in self.failures() {
            writeln!(f, "- {check}: {failure}")?;
        }
        let passed = self.results.iter().filter(|result| matches!(result.verdict, Verdict::Passed)).count();
        write!(f, "{passed} checks passed, {} failed", self.failures().count())
    }
}

/// Renders named reports as a Markdown table with a row for each check and a column for each
/// report.
///
/// ```
/// use stripe_identity_mock::conformance::{Report, table};
///
/// fn compare(plain: Report, tls: Report) -> String {
///     table(&[("plain", plain), ("TLS", tls)])
/// }
/// ```
pub fn table(reports: &[(&str, Report)]) -> String {
    let mut table = String::from("| |");
    // Writing to a String cannot fail.
    for (name, _) in reports {
        let _ = write!(table, " {name} |");
    }
    table += "\n|---|";
    table += &"---|".repeat(reports.len());
    let checks = reports.first().map_or(&[][..], |(_, report)| &report.results);
    for (index, result) in checks.iter().enumerate() {
        let _ = write!(table, "\n| {} |", result.check);
        for (_, report) in reports {
            table += match report.results.get(index).map(|result| &result.verdict) {
                None | Some(Verdict::Skipped) => " – |",
                Some(Verdict::Passed) => " passed |",
                Some(Verdict::Failed(_)) => " FAILED |",
            };
        }
    }
    table + "\n"
}
