//! Measures what the simulator costs, and that the cost does not grow with the sessions of a world.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::table;
use crate::command::{Failure, cargo, output, step, target};

const FEW: &str = "1000";
const MANY: &str = "300000";
/// The greatest ratio of an operation's time with many sessions to its time with few.
const MOST: f64 = 2.0;
const MEMORY: u32 = 10_000;
const LIFE: u32 = 60;
const CONNECTIONS: &str = "64";
const REQUESTS: &str = "40000";
/// Each round measures both servers.
const ROUNDS: usize = 9;
const LEAST_SHARE: f64 = 0.7;
/// The number of sessions in the state file.
const SESSIONS_AT_START: &str = "100000";
/// The longest start, in milliseconds.
const START: u32 = 2_000;
const SESSIONS: &str = "/v1/identity/verification_sessions";

pub(super) fn print() -> Result<(), Failure> {
    step(cargo(["build", "--quiet", "--release", "--package", "stripe-identity-bench-simulator"]))?;
    let measured = output(command("bench_simulator", &[FEW, MANY]))?;
    let mut lines = measured.lines();
    let life = lines.next().ok_or("bench_simulator must print the time of a session's life first")?;
    table::head();
    memory_row()?;
    table::count("create, verify, retrieve and redact a session: CPU, us", LIFE, thousandths(life.parse()?));
    server_rows()?;
    state_rows()?;
    println!(
        "\n| operation | at 1,000 sessions, us | at 300,000, us | ratio | within {MOST}x |\n|---|---|---|---|---|"
    );
    lines.try_for_each(operation_row)
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(target().join("release").join(program));
    command.args(arguments);
    command
}

fn thousandths(number: u32) -> u32 {
    number.div_ceil(1000)
}

fn operation_row(line: &str) -> Result<(), Failure> {
    let [name, few, many] = line.split('\t').collect::<Vec<_>>()[..] else {
        return Err("bench_simulator must print a name and two numbers a line".into());
    };
    let (few, many) = (few.parse::<f64>()? / 1000.0, many.parse::<f64>()? / 1000.0);
    let within = if table::is_within(MOST, many / few) { "yes" } else { "no" };
    println!("| {name} | {few:.1} | {many:.1} | {:.2} | {within} |", many / few);
    Ok(())
}

fn memory_row() -> Result<(), Failure> {
    let measured = output(command("bench_simulator_memory", &[]))?;
    let (allocated, resident) =
        measured.trim().split_once(' ').ok_or("bench_simulator_memory must print two numbers")?;
    table::count("a verified session: bytes allocated", MEMORY, allocated.parse()?);
    table::count("a verified session: bytes by which the process grows", MEMORY, resident.parse()?);
    Ok(())
}

/// A server process, which ends when its standard input is closed.
struct Started {
    child: Child,
    /// The words of its first line.
    words: Vec<String>,
}

impl Started {
    fn new(arguments: &[&str]) -> Result<Self, Failure> {
        let mut command = command("bench_simulator_server", arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("the server has no standard output")?).read_line(&mut line)?;
        Ok(Self { child, words: line.split_whitespace().map(str::to_owned).collect() })
    }

    /// Returns the number of requests a second, and the length of a body.
    fn rate(&self, connections: &str, requests: &str, method: &str, path: &str) -> Result<(f64, String), Failure> {
        let port = self.words.first().ok_or("the server must print its port")?;
        let printed = output(command("bench_simulator_load", &[port, connections, requests, method, path]))?;
        let (rate, length) = printed.trim().split_once(' ').ok_or("bench_simulator_load must print two numbers")?;
        Ok((rate.parse()?, length.to_owned()))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Fails if the server has already ended.
        let _ = self.child.wait();
    }
}

/// Creates have no bar: a create makes and keeps a session, which a fixed response does not.
fn server_rows() -> Result<(), Failure> {
    let simulator = Started::new(&["simulator"])?;
    let path = format!("{SESSIONS}/{}", simulator.words.get(1).ok_or("the server must print the id of a session")?);
    let (_, length) = simulator.rate("1", "1", "retrieve", &path)?;
    let bare = Started::new(&["bare", &length])?;
    let (mut retrieves, mut creates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let of_bare = bare.rate(CONNECTIONS, REQUESTS, "retrieve", &path)?.0;
        retrieves.push(simulator.rate(CONNECTIONS, REQUESTS, "retrieve", &path)?.0 / of_bare);
        creates.push(simulator.rate(CONNECTIONS, REQUESTS, "create", SESSIONS)?.0 / of_bare);
    }
    let retrieves = median(retrieves);
    let within = if retrieves >= LEAST_SHARE { "yes" } else { "no" };
    let what = format!("requests a second over {CONNECTIONS} connections, against bare hyper");
    println!("| retrieve: {what} | at least {LEAST_SHARE:.2}x | {retrieves:.2}x | {within} |");
    println!("| create: {what} | – | {:.2}x | – |", median(creates));
    Ok(())
}

/// Creates have no bar, because their time depends on the disk.
fn state_rows() -> Result<(), Failure> {
    let measured = output(command("bench_simulator_state", &[SESSIONS_AT_START]))?;
    let times = measured.lines().map(str::parse).collect::<Result<Vec<u32>, _>>()?;
    let [without, with, durable, created, verified] = times[..] else {
        return Err("bench_simulator_state must print five numbers".into());
    };
    println!("| create with a state file, us | – | {with} against {without} without | – |");
    println!("| create with a state file and full durability, us | – | {durable} | – |");
    table::count("start with 100,000 created sessions in the file, ms", START, thousandths(created));
    table::count("start with 100,000 verified sessions in the file, ms", START, thousandths(verified));
    Ok(())
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
