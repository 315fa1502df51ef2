//! The life of a verification session, over a real HTTP connection.
//!
//! By itself it starts a simulator on a port of this machine and talks to that. With `--stripe` it talks to Stripe, as far
//! as that goes without a person, with the test key in `STRIPE_SECRET_KEY`.

mod asynchronous;
mod blocking;
mod narration;

use std::process::ExitCode;

use narration::Failure;
use stripe_identity::simulator::{Server, Simulator};
use stripe_identity::{ApiKey, BlockingClient, Client, Config, HyperTransport, UreqTransport};

const HELP: &str = "\
The life of a verification session, over a real HTTP connection.

Usage: cargo run --example quickstart [-- [--blocking] [--stripe]]

  --blocking   without async, over ureq in place of hyper
  --stripe     talk to Stripe, with the test key in STRIPE_SECRET_KEY; STRIPE_API_BASE names another host in its place
  --help       this text

Without --stripe it talks to a simulator that it starts itself, and looks at neither variable.
";

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
    let (mut is_blocking, mut is_stripe) = (false, false);
    for argument in std::env::args_os().skip(1) {
        match &*argument.to_string_lossy() {
            "--blocking" => is_blocking = true,
            "--stripe" => is_stripe = true,
            "--help" => {
                print!("{HELP}");
                return Ok(());
            }
            other => return Err(format!("unknown argument {other}: expected --blocking, --stripe or --help").into()),
        }
    }
    if is_stripe { with_stripe(stripe_config()?, is_blocking) } else { with_simulator(is_blocking) }
}

fn stripe_config() -> Result<Config, Failure> {
    let variable = |name| std::env::var(name).ok();
    let key = variable("STRIPE_SECRET_KEY").filter(|key| !key.trim().is_empty());
    let key = key.ok_or("--stripe needs a test key in STRIPE_SECRET_KEY, and there is none")?;
    if !ApiKey::new(&key)?.is_test() {
        return Err("STRIPE_SECRET_KEY is not a test key: it should begin with sk_test_ or rk_test_".into());
    }
    let mut config = Config::builder(key);
    if let Some(base) = variable("STRIPE_API_BASE") {
        config = config.base_url(base);
    }
    Ok(config.build()?)
}

fn with_simulator(is_blocking: bool) -> Result<(), Failure> {
    let server = Server::start("127.0.0.1:0", Simulator::new())?;
    narration::start(&server.url(), is_blocking);
    let config = Config::builder("sk_test_123").base_url(server.url()).build()?;
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
