//! Runs the programs of `stripe-identity-bench` and counts. The difference between a run of many rounds and one of few
//! is the cost of the rounds alone.

use std::io::{self, BufRead as _, BufReader, ErrorKind};
use std::ops::{Add, Sub};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde::Deserialize;

use crate::command::{Failure, cargo, output, step, target};

const FEW: u32 = 20;
const MANY: u32 = 70;

/// The cost of a round of a task.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cost {
    /// As counted by callgrind: without those of system calls.
    pub(super) instructions: u32,
    /// Including reallocations.
    pub(super) allocations: u32,
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { instructions: self.instructions + other.instructions, allocations: self.allocations + other.allocations }
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            instructions: self.instructions.saturating_sub(other.instructions),
            allocations: self.allocations.saturating_sub(other.allocations),
        }
    }
}

/// The system calls of a task, and those of them that start a thread.
pub(super) struct SystemCalls {
    pub(super) all: u32,
    pub(super) threads: u32,
}

/// The contestants, and the server that they call.
pub(super) struct Contestants {
    server: Child,
    stdout: BufReader<ChildStdout>,
    port: String,
}

impl Contestants {
    pub(super) fn build() -> Result<(), Failure> {
        step(cargo(["build", "--quiet", "--release", "--package", "stripe-identity-bench"]))
    }

    /// Starts a server that closes a connection after `idle` milliseconds without a request, or never if it is `None`.
    pub(super) fn start(idle: Option<u32>) -> Result<Self, Failure> {
        let mut server = Command::new(target().join("release/bench_server"));
        server.args(idle.map(|idle| idle.to_string())).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = server.spawn()?;
        let stdout = server.stdout.take().ok_or("the server has no standard output")?;
        let mut started = Self { server, stdout: BufReader::new(stdout), port: String::new() };
        started.port = started.read_line()?;
        Ok(started)
    }

    fn read_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Stops the server. Returns the number of connections that it has accepted.
    pub(super) fn connections(mut self) -> Result<u32, Failure> {
        drop(self.server.stdin.take());
        Ok(self.read_line()?.parse()?)
    }

    /// Returns the command that runs a program, under a wrapper unless `wrapper` is empty.
    fn command(&self, wrapper: &[&str], program: &str, contestant: &str, task: &str, rounds: u32) -> Command {
        let program = target().join("release").join(program).display().to_string();
        let rounds = rounds.to_string();
        let words = [wrapper, &[&program, contestant, task, &rounds, &self.port]].concat();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    }

    /// Runs a task. Returns the number of rounds that failed, and the peak of the memory in kB.
    fn outcome(&self, contestant: &str, task: &str, rounds: u32) -> Result<(u32, u32), Failure> {
        let printed = output(self.command(&[], "bench_run", contestant, task, rounds))?;
        let (failed, peak) = printed.trim().split_once(' ').ok_or("bench_run must print two numbers")?;
        Ok((failed.parse()?, peak.parse()?))
    }

    /// Runs a task of ours. Returns the number of rounds that failed.
    pub(super) fn failures(&self, task: &str, rounds: u32) -> Result<u32, Failure> {
        Ok(self.outcome("ours", task, rounds)?.0)
    }

    /// Runs a task, no round of which may fail. Returns the peak of the memory in kB.
    pub(super) fn run(&self, contestant: &str, task: &str, rounds: u32) -> Result<u32, Failure> {
        match self.outcome(contestant, task, rounds)? {
            (0, peak) => Ok(peak),
            (failed, _) => Err(format!("{failed} rounds of {task} failed").into()),
        }
    }

    /// Counts what a round of a task costs.
    pub(super) fn cost(&self, contestant: &str, task: &str) -> Result<Cost, Failure> {
        let instructions = |rounds| {
            let callgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"];
            instructions(self.command(&callgrind, "bench_run", contestant, task, rounds))
        };
        let instructions = per_round(instructions(FEW)?, instructions(MANY)?);
        let allocations = output(self.command(&[], "bench_allocations", contestant, task, FEW))?;
        Ok(Cost { instructions, allocations: allocations.trim().parse()? })
    }

    /// Counts the system calls of a round of ours. Returns `None` if strace is not installed.
    pub(super) fn system_calls(&self, task: &str) -> Result<Option<SystemCalls>, Failure> {
        let trace = |rounds| system_calls(self.command(&["strace", "-f", "-c"], "bench_run", "ours", task, rounds));
        let (Some(few), Some(many)) = (trace(FEW)?, trace(MANY)?) else {
            return Ok(None);
        };
        let (all, threads) = (per_round(few.all, many.all), per_round(few.threads, many.threads));
        Ok(Some(SystemCalls { all, threads }))
    }
}

impl Drop for Contestants {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        // Fails if the server has already ended.
        let _ = self.server.wait();
    }
}

fn per_round(few: u32, many: u32) -> u32 {
    many.saturating_sub(few).div_ceil(MANY - FEW)
}

/// Runs a tool. Returns what it prints to standard error, or `None` if it is not installed.
fn report(mut tool: Command) -> Result<Option<String>, Failure> {
    match tool.output() {
        Ok(run) => Ok(Some(String::from_utf8_lossy(&run.stderr).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn instructions(valgrind: Command) -> Result<u32, Failure> {
    let report =
        report(valgrind)?.ok_or("valgrind is not installed: `apt-get install valgrind` installs it on Debian")?;
    let count = report.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    count.ok_or_else(|| format!("valgrind counted nothing:\n{report}").into())
}

fn system_calls(strace: Command) -> Result<Option<SystemCalls>, Failure> {
    let Some(report) = report(strace)? else {
        return Ok(None);
    };
    let calls = read_system_calls(&report);
    calls.map(Some).ok_or_else(|| format!("strace counted nothing:\n{report}").into())
}

/// Reads the table of `strace -c`. Its columns are: share, seconds, microseconds a call, calls, errors if any, name.
fn read_system_calls(report: &str) -> Option<SystemCalls> {
    let rows = report.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let counts: Vec<_> = rows.filter_map(|row| Some((*row.last()?, row.get(3)?.parse::<u32>().ok()?))).collect();
    let (_, all) = *counts.iter().find(|(name, _)| *name == "total")?;
    let threads = counts.iter().filter(|(name, _)| name.starts_with("clone")).map(|(_, count)| count).sum();
    Some(SystemCalls { all, threads })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_calls_and_threads_are_read_from_the_table_of_strace() {
        let table = "strace: Process 7 attached\n\
            % time     seconds  usecs/call     calls    errors syscall\n\
            ------ ----------- ----------- --------- --------- ----------------\n \
             61.25    0.052001          13      4001        20 recvfrom\n  \
              2.00    0.000021           2        70           clone3\n\
            ------ ----------- ----------- --------- --------- ----------------\n\
            100.00    0.052022          12      4071        20 total\n";
        let calls = read_system_calls(table).unwrap();
        assert_eq!((calls.all, calls.threads), (4071, 70));
        assert!(read_system_calls("strace: ptrace is not permitted").is_none());
    }

    #[test]
    fn cost_of_a_round_is_the_difference_between_runs() {
        assert_eq!(per_round(1_000, 1_000 + 50 * 7), 7);
        // A fraction is rounded up, so that a single call in all rounds is seen.
        assert_eq!(per_round(1_000, 1_001), 1);
    }
}
