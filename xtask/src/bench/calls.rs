//! Counts the instructions and the allocations of a call, beside those of a call by hand.
//!
//! Each contestant of `stripe-identity-bench` runs under callgrind twice, with different numbers of
//! calls, and the difference is that of the calls alone. System calls are not in it. The server is
//! another process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use crate::command::{Failure, WORKSPACE, cargo, output, step};

const OPERATIONS: &[&str] = &["create", "retrieve", "list100"];
const FEW: u64 = 20;
const MANY: u64 = 70;
/// How far a figure may exceed its budget, in percent: compilers and dependencies differ a little.
const SLACK: u64 = 3;

/// The figures that are not exceeded, by operation.
#[derive(Deserialize)]
struct Budget {
    operation: Vec<Figures>,
}

#[derive(Deserialize)]
struct Figures {
    name: String,
    /// The greatest ratio of instructions to those of a call by hand, in percent.
    percent_of_base: u64,
    instructions: u64,
    allocations: u64,
}

#[derive(Clone, Copy)]
struct Count {
    instructions: u64,
    allocations: u64,
}

/// The server, which ends with its standard input.
struct Server {
    process: Child,
    port: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Nothing is lost if it has ended already.
        let _ = self.process.wait();
    }
}

fn program() -> Result<PathBuf, Failure> {
    step(cargo(["build", "--quiet", "--release", "--package", "stripe-identity-bench"]))?;
    Ok(Path::new(WORKSPACE).join("target/release/stripe-identity-bench"))
}

fn serve(program: &Path) -> Result<Server, Failure> {
    let mut process = Command::new(program).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut port = String::new();
    let stdout = process.stdout.take().ok_or("the server has no standard output")?;
    BufReader::new(stdout).read_line(&mut port)?;
    Ok(Server { process, port: port.trim().to_owned() })
}

fn count(program: &Path, contestant: &str, operation: &str, port: &str) -> Result<Count, Failure> {
    let instructions = |calls: u64| -> Result<u64, Failure> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        valgrind.args([contestant, operation, &calls.to_string(), port]);
        let ended = valgrind.output().map_err(|error| format!("valgrind does not start: {error}: install it"))?;
        let printed = String::from_utf8_lossy(&ended.stderr).into_owned();
        let counted = printed.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
        counted.ok_or_else(|| format!("valgrind printed no count:\n{printed}").into())
    };
    let (few, many) = (instructions(FEW)?, instructions(MANY)?);
    let mut alone = Command::new(program);
    alone.args([contestant, operation, &FEW.to_string(), port]);
    Ok(Count { instructions: many.saturating_sub(few) / (MANY - FEW), allocations: output(alone)?.trim().parse()? })
}

fn budget() -> Result<Budget, Failure> {
    Ok(serde_json::from_str(include_str!("budget.json"))?)
}

/// Counts all contestants and prints the table. Returns the lines that exceed a budget.
fn table() -> Result<Vec<String>, Failure> {
    let (program, budget) = (program()?, budget()?);
    let server = serve(&program)?;
    let mut exceeded = Vec::new();
    println!("| call | by hand | ours | ratio | bar | allocations by hand | ours | bar | within |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for operation in OPERATIONS {
        let bars = budget.operation.iter().find(|bars| bars.name == *operation);
        let bars = bars.ok_or_else(|| format!("budget.json has no {operation}"))?;
        let base = count(&program, "base", operation, &server.port)?;
        let ours = count(&program, "ours", operation, &server.port)?;
        let percent = 100 * ours.instructions / base.instructions.max(1);
        let is_within = percent <= bars.percent_of_base
            && 100 * ours.instructions <= (100 + SLACK) * bars.instructions
            && ours.allocations <= bars.allocations;
        let line = format!(
            "| {operation} | {} | {} | {}.{:02} | {}.{:02} | {} | {} | {} | {} |",
            base.instructions,
            ours.instructions,
            percent / 100,
            percent % 100,
            bars.percent_of_base / 100,
            bars.percent_of_base % 100,
            base.allocations,
            ours.allocations,
            bars.allocations,
            if is_within { "yes" } else { "no" },
        );
        println!("{line}");
        if !is_within {
            exceeded.push(line);
        }
    }
    Ok(exceeded)
}

pub(crate) fn print() -> Result<(), Failure> {
    table().map(drop)
}

pub(crate) fn gate() -> Result<(), Failure> {
    let exceeded = table()?;
    if exceeded.is_empty() {
        return Ok(());
    }
    Err(format!("calls cost more than xtask/src/bench/budget.json allows:\n{}", exceeded.join("\n")).into())
}
