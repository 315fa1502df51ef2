//! The life of a verification session, over a real HTTP connection.
//!
//! It starts a simulator on a free port of this machine and talks to that. With `--stripe` it talks to Stripe, as far
//! as that goes without a user, with the test key in `STRIPE_SECRET_KEY`.

mod asynchronous;
mod blocking;
mod narration;

use std::process::ExitCode;

use narration::Failure;
use stripe_identity::simulator::{Server, Simulator};
use stripe_identity::{ApiKey, BlockingClient, Client, Config, Error, HyperTransport, UreqTransport};

const HELP: &str = "\
The life of a verification session, over a real HTTP connection.

Usage: cargo run --example quickstart [-- [--blocking] [--stripe]]

  --blocking   uses the blocking client over ureq, in place of the asynchronous client over hyper
  --stripe     talks to Stripe, or to STRIPE_API_BASE if that is set, with the test key in STRIPE_SECRET_KEY
  --help       prints this text

Without --stripe, it talks to a simulator that it starts itself, and ignores both variables.
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {}", narration::explain(&failure));
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
            other => return Err(format!("unknown argument {other}: must be --blocking, --stripe or --help").into()),
        }
    }
    if is_stripe {
        let config = stripe_config()?;
        narration::start(is_blocking, is_stripe);
        with_stripe(config, is_blocking)
    } else {
        narration::start(is_blocking, is_stripe);
        with_simulator(is_blocking)
    }
}

fn stripe_config() -> Result<Config, Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let key = variable("STRIPE_SECRET_KEY");
    let key = key.ok_or(
        "--stripe needs a test key in STRIPE_SECRET_KEY: set it to a key that begins with sk_test_ or rk_test_",
    )?;
    let key = ApiKey::new(key).map_err(|error| invalid("STRIPE_SECRET_KEY", &error))?;
    if !key.is_test() {
        return Err(
            "STRIPE_SECRET_KEY is not a test key: it must begin with sk_test_ or rk_test_, since the quickstart \
                    creates a session for a made-up user"
                .into(),
        );
    }
    let mut config = Config::builder(key);
    if let Some(base) = variable("STRIPE_API_BASE") {
        config = config.base_url(base);
    }
    config.build().map_err(|error| invalid("STRIPE_API_BASE", &error))
}

fn invalid(variable: &str, error: &Error) -> Failure {
    let reason = error.invalid_input().map_or_else(|| error.to_string(), |reason| reason.to_string());
    format!("{variable} is invalid: {reason}").into()
}

fn with_simulator(is_blocking: bool) -> Result<(), Failure> {
    let server = Server::start("127.0.0.1:0", Simulator::new())
        .map_err(|error| format!("the simulator needs a free port on 127.0.0.1: {error}"))?;
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
        blocking::without_a_user(&BlockingClient::new(config, UreqTransport::new()?))
    } else {
        let client = Client::new(config, HyperTransport::new()?);
        runtime()?.block_on(asynchronous::without_a_user(&client))
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
