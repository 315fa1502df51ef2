//! The program `stripe-identity-simulator`.

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::run()
}
