//! The simulator as a program.

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::run()
}
