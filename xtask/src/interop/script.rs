//! Runs the script of a tool, which prints its version and then a report of each operation, as lines of JSON.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::command::Failure;

/// Ten times what the slowest script takes.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// What a script reports.
#[derive(Debug, Deserialize)]
pub(super) struct Reports {
    pub(super) version: String,
    #[serde(skip)]
    pub(super) operations: Vec<Report>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Report {
    pub(super) operation: String,
    pub(super) result: Outcome,
    /// Why the tool does not support the operation, or how it failed.
    pub(super) reason: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Yes,
    /// It should work, but failed.
    No,
    /// The tool does not support it.
    Cannot,
}

pub(super) fn run(mut command: Command, simulator: &str) -> Result<Reports, Failure> {
    run_within(command.env("SIMULATOR", simulator), WITHIN)
}

fn run_within(command: &mut Command, within: Duration) -> Result<Reports, Failure> {
    let mut script = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = script.stdout.take();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
            // Fails only after the time is over.
            let _ = sender.send(line);
        }
    });
    let end = Instant::now() + within;
    let mut texts = Vec::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => texts.push(line?),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                script.kill()?;
                script.wait()?;
                let last = texts.pop().unwrap_or_default();
                return Err(format!("the script took more than {within:?}; its last line was: {last}").into());
            }
        }
    }
    let status = script.wait()?;
    if !status.success() {
        return Err(format!("the script ended with {status}").into());
    }
    let (version, operations) = texts.split_first().ok_or("the script printed nothing")?;
    let mut reports: Reports = serde_json::from_str(version)?;
    reports.operations = operations.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?;
    Ok(reports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, within: Duration) -> Result<Reports, String> {
        run_within(Command::new("sh").args(["-c", script]), within).map_err(|failure| failure.to_string())
    }

    #[test]
    fn script_reports_its_version_and_each_operation() {
        let script = r#"echo '{"version": "1.2"}'; echo '{"operation": "a", "result": "cannot", "reason": "b"}'"#;
        let reports = sh(script, WITHIN).unwrap();
        assert_eq!(reports.version, "1.2");
        let report = &reports.operations[0];
        assert_eq!((report.operation.as_str(), report.result), ("a", Outcome::Cannot));
        assert_eq!(report.reason.as_deref(), Some("b"));
    }

    #[test]
    fn script_that_fails_or_hangs_is_an_error() {
        assert!(sh("echo '{\"version\": \"1\"}'; exit 3", WITHIN).unwrap_err().contains("exit status: 3"));
        let error = sh("echo started; exec sleep 600", Duration::from_millis(300)).unwrap_err();
        assert!(error.contains("its last line was: started"), "{error}");
    }
}
