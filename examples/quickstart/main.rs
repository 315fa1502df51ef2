//! The life of a verification session, over a real HTTP connection.
//!
//! By itself it starts a simulator on a port of this machine and talks to that. With `STRIPE_SECRET_KEY` set it talks to
//! Stripe, as far as that goes without a person.

mod asynchronous;
mod blocking;
mod narration;

use std::process::ExitCode;

use lexopt::{Arg, Parser};
use stripe_identity::simulator::{Server, Simulator};
use stripe_identity::{ApiKey, BlockingClient, Client, Config, HyperTransport, UreqTransport};

const HELP: &str = "\
The life of a verification session, over a real HTTP connection.

Usage: cargo run --example quickstart [-- [--blocking] [--live]]

  --blocking   without async, over ureq in place of hyper
  --live       accept a live key: the sessions are real, and billed if someone uses them
  --help       this text

Without STRIPE_SECRET_KEY it talks to a simulator that it starts itself. With it, to Stripe; STRIPE_API_BASE names
another host in its place.
";

pub(crate) type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            let mut cause = failure.source();
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let (mut is_blocking, mut is_live_accepted) = (false, false);
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("blocking") => is_blocking = true,
            Arg::Long("live") => is_live_accepted = true,
            Arg::Long("help") => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(other.unexpected().into()),
        }
    }
    match std::env::var("STRIPE_SECRET_KEY") {
        Ok(key) if !ApiKey::new(&key)?.is_test() && !is_live_accepted => {
            Err("STRIPE_SECRET_KEY is not a test key; with --live it is used nevertheless".into())
        }
        Ok(key) => {
            let mut config = Config::new(key)?;
            if let Ok(base) = std::env::var("STRIPE_API_BASE") {
                config = config.base_url(base)?;
            }
            with_stripe(config, is_blocking)
        }
        Err(_) => with_simulator(is_blocking),
    }
}

fn with_simulator(is_blocking: bool) -> Result<(), Failure> {
    let server = Server::start("127.0.0.1:0", Simulator::new())?;
    narration::start(&server.url(), is_blocking);
    let config = Config::new("sk_test_123")?.base_url(server.url())?;
    if is_blocking {
        blocking::life(&BlockingClient::new(config, UreqTransport::new()?), &server)
    } else {
        let client = Client::new(config, HyperTransport::new()?);
        runtime()?.block_on(asynchronous::life(&client, &server))
    }
}

fn with_stripe(config: Config, is_blocking: bool) -> Result<(), Failure> {
    if is_blocking {
        blocking::without_a_person(&BlockingClient::new(config, UreqTransport::new()?))
    } else {
        let client = Client::new(config, HyperTransport::new()?);
        runtime()?.block_on(asynchronous::without_a_person(&client))
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
