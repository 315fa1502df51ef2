//! Starts the simulator as a program.

use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::command::{Failure, cargo, step, target};

/// Builds the program, so that the process to kill is the simulator and not cargo.
pub(crate) fn build() -> Result<(), Failure> {
    step(cargo(["build", "--quiet", "--package", "stripe-identity-simulator"]))
}

/// A running simulator, which is killed on drop.
pub(crate) struct Simulator {
    process: Child,
    pub(crate) url: String,
}

impl Simulator {
    /// Starts the program that was built, on a free port.
    pub(crate) fn start() -> Result<Self, Failure> {
        let program = target().join("debug").join("stripe-identity-simulator");
        let mut command = Command::new(program);
        command.args(["--listen", "127.0.0.1:0", "--log", "off"]).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut stdout = process.stdout.take().map(BufReader::new).ok_or("the simulator has no standard output")?;
        // From here on, an error drops the simulator, which kills the process.
        let mut simulator = Self { process, url: String::new() };
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        url.ok_or("the first line of the simulator has no URL, but must be `listening on URL`")?
            .clone_into(&mut simulator.url);
        // Later output is read too, so that the simulator never waits for the pipe.
        std::thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        Ok(simulator)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Both fail if the process has already exited.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
