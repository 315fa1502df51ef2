//! The simulator as a program.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::SystemTime;

use lexopt::{Arg, Parser, ValueExt as _};
use stripe_identity_core::types::Timestamp;
use stripe_identity_simulator::{Server, Simulator};

const HELP: &str = "\
A local Stripe Identity that keeps state in memory, for development and tests.

Usage: stripe-identity-simulator [--listen ADDRESS] [--seed NUMBER]

  --listen ADDRESS   where to listen, 127.0.0.1:12111 by default; port 0 picks a free one
  --seed NUMBER      what ids and secrets are made from; the same ones for the same seed, random by default
  --help             this text

It takes any test key (sk_test_… or rk_test_…). To stand in for the user of a session:

  curl -X POST ADDRESS/_simulator/verification_sessions/ID/submit -d outcome=verified

or with the code of a failure, such as outcome=document_expired. Other controls: start_processing, finish_processing
(with an outcome), finish_redaction, and /_simulator/advance with seconds=N. To hear of events:

  curl ADDRESS/_simulator/webhook_endpoints -d url=http://127.0.0.1:4242/webhook -d secret=whsec_made_up

with thin=true for thin events, and in_disorder=true to have each twice and in any order.
";

struct Arguments {
    listen: String,
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot listen on {}: {error}", arguments.listen);
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let mut arguments = Arguments { listen: "127.0.0.1:12111".to_owned(), seed: fastrand::u64(..) };
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("listen") => arguments.listen = parser.value()?.string()?,
            Arg::Long("seed") => arguments.seed = parser.value()?.parse()?,
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(arguments))
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let simulator = Simulator::with_seed(arguments.seed).with_clock(|| Timestamp::from(SystemTime::now()));
    let server = Server::start(arguments.listen.as_str(), simulator)?;
    // Flushed, since whoever started this may be waiting for the line at the other end of a pipe.
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", server.url())?;
    stdout.flush()?;
    server.wait();
    Ok(())
}
