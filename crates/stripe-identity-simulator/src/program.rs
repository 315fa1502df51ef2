mod advance;
mod arguments;
mod client;
mod exec;
mod failure;
mod help;
mod log;
mod options;
mod output;
mod port;
mod private_file;
mod ready_file;
mod serve;
mod signals;
mod start;
mod submit;
mod transfer;
mod trigger;
mod url;

use std::io::Write as _;
use std::process::ExitCode;

use self::arguments::{Arguments, Command};

pub(crate) fn run() -> ExitCode {
    let Arguments { command, serve } = match arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed output must not turn `--help` into a failure.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let result = match command.unwrap_or(Command::Serve(serve)) {
        Command::Serve(options) => serve::run(&options),
        Command::Exec(arguments) => exec::run(&arguments),
        Command::Trigger(arguments) => trigger::run(&arguments),
        Command::Submit(arguments) => submit::run(&arguments),
        Command::Advance(arguments) => advance::run(&arguments),
        Command::Reset(arguments) => transfer::reset(&arguments),
        Command::Export(arguments) => transfer::export(&arguments),
        Command::Import(arguments) => transfer::import(&arguments),
    };
    result.unwrap_or_else(|failure| {
        // If standard error is closed, the exit status still reports the failure.
        let _ = writeln!(std::io::stderr(), "error: {failure}");
        ExitCode::from(failure.status)
    })
}
