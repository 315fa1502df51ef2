//! The simulator as a program.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::mpsc;

use lexopt::{Arg, Parser, ValueExt as _};
use stripe_identity_simulator::{Clock, Note, Server, ServerOptions, Settings, Simulator, SimulatorBuilder};

const HELP: &str = "\
A local Stripe Identity that keeps state in memory, for development and tests.

Usage: stripe-identity-simulator [OPTIONS]

  --listen ADDRESS         where to listen, 127.0.0.1:12111 by default; port 0 picks a free one
  --public-url URL         the base of URLs of sessions, files and links; by default, as each client sees the server
  --allow-host NAME        a name of this machine under which the control API obeys; may be repeated
  --control-token TOKEN    what the control API wants in the header Simulator-Token; by default nothing on a loopback
                           address, and elsewhere a token that is printed at the start
  --seed NUMBER            what ids and secrets are made from; the same ones for the same seed, random by default
  --clock CLOCK            real (the default), frozen, or frozen:2026-10-26T07:33:20Z
  --virtual-signatures     sign webhooks at the time of that clock, and not at the real time
  --webhook-host HOST      deliver webhooks to this host, too, and not to this machine only; may be given several times
  --webhook-root FILE      trust this root certificate (PEM or DER) of webhook receivers under https, beside the usual ones
  --processing WHEN        when checks end: at_once (the default), retrieves:3, or a time such as 30s
  --redacting WHEN         when redactions end: by_request, or a time, 4d by default
  --sensitive-reads WHICH  what restricted keys may read: all (the default), recent or none
  --rate NUMBER            how many requests a world takes in a second of its clock; no limit by default
  --help                   this text

It takes any test key: sk_test_NAME, rk_test_NAME, and sk_test_NAME_anything. Each NAME is a world of its own, with its
sessions, files, events and clock. Dates of birth, numbers and images are only read by the restricted key, rk_test_NAME.
To stand in for the user of a session:

  curl -X POST ADDRESS/_simulator/verification_sessions/ID/submit -d outcome=verified -d 'person[dob]=2012-05-01'

or with the code of a failure, such as outcome=document_expired. To see all of them, or to create a session with the tries of
its user, one after the other:

  curl -u sk_test_NAME: ADDRESS/_simulator/outcomes
  curl -u sk_test_NAME: ADDRESS/v1/identity/verification_sessions -d type=document \\
    -d 'metadata[simulate]=document_expired,verified;dob=2012-05-01'

Other controls: start_processing, finish_processing (with an outcome), finish_redaction. To let time pass, to let the world
do all that is due, or to have events delivered:

  curl -u sk_test_NAME: ADDRESS/_simulator/clock/advance -d seconds=3600
  curl -u sk_test_NAME: ADDRESS/_simulator/clock/run_until_idle -X POST
  curl -u sk_test_NAME: ADDRESS/_simulator/webhook_endpoints -d url=http://127.0.0.1:4242/webhook -d secret=whsec_made_up
  curl -u sk_test_NAME: ADDRESS/_simulator/deliveries

with thin=true for thin events, and in_disorder=true to have each twice and in any order. POST /v1/webhook_endpoints makes
endpoints as at Stripe.

To let the next request that creates something take effect, and lose its response:

  curl -u sk_test_NAME: ADDRESS/_simulator/faults -d effect=lose_response -d method=POST -d times=1

Other effects: respond (with status=503, for example), rate_limit, lock_timeout, reset, cut_body and slow_body. The docs of
the crate list all requests of the control API with their parameters.
";

/// That wait to be printed.
const MOST_NOTES: usize = 100;

struct Arguments {
    listen: String,
    server: ServerOptions,
    simulator: SimulatorBuilder,
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
    let listen = arguments.listen.clone();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: cannot listen on {listen}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    let mut listen = "127.0.0.1:12111".to_owned();
    let mut simulator = Simulator::builder().seed(fastrand::u64(..)).clock(Clock::Real);
    let mut settings = Settings::default();
    let mut server = ServerOptions::new();
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("listen") => listen = parser.value()?.string()?,
            Arg::Long("seed") => simulator = simulator.seed(parser.value()?.parse()?),
            Arg::Long("public-url") => {
                let url = parser.value()?.string()?;
                simulator = simulator.public_url(&url).map_err(|error| lexopt::Error::Custom(error.into()))?;
            }
            Arg::Long("clock") => simulator = simulator.clock(parser.value()?.parse()?),
            Arg::Long("virtual-signatures") => simulator = simulator.virtual_signatures(true),
            Arg::Long("webhook-host") => simulator = simulator.webhook_host(parser.value()?.string()?),
            Arg::Long("webhook-root") => {
                let certificate =
                    std::fs::read(parser.value()?).map_err(|error| lexopt::Error::Custom(error.into()))?;
                let added = simulator.webhook_root(&certificate);
                simulator = added.map_err(|error| lexopt::Error::Custom(error.into()))?;
            }
            Arg::Long("processing") => settings.processing = parser.value()?.parse()?,
            Arg::Long("redacting") => settings.redacting = parser.value()?.parse()?,
            Arg::Long("sensitive-reads") => settings.sensitive_reads = parser.value()?.parse()?,
            Arg::Long("rate") => settings.rate_limit = parser.value()?.parse()?,
            Arg::Long("allow-host") => server = server.allow_host(parser.value()?.string()?),
            Arg::Long("control-token") => server = server.control_token(parser.value()?.string()?),
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(Arguments { listen, server, simulator: simulator.settings(settings) }))
}

fn run(arguments: Arguments) -> io::Result<()> {
    // On a thread of its own: a pipe that nobody reads must not keep requests waiting.
    let (notes, printed) = mpsc::sync_channel::<Note>(MOST_NOTES);
    std::thread::spawn(move || {
        for note in printed {
            // One that cannot be printed, or below finds no room, is left out.
            let _ = writeln!(io::stderr(), "note: {note}");
        }
    });
    let simulator = arguments.simulator.on_note(move |note| drop(notes.try_send(note.clone()))).build();
    let server = Server::start_with(arguments.listen.as_str(), simulator, arguments.server)?;
    // Flushed, since a program may be waiting for the line at the other end of a pipe.
    let mut stdout = io::stdout();
    match server.control_token() {
        None => writeln!(stdout, "listening on {}", server.url())?,
        Some(token) => writeln!(stdout, "listening on {} with the control token {token}", server.url())?,
    }
    stdout.flush()?;
    server.wait();
    Ok(())
}
