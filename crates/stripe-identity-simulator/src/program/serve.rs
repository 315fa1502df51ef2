use std::process::ExitCode;

use super::failure::Failure;
use super::options::{LogFormat, Options};
use super::output;
use super::signals::Signals;
use super::start::{self, Defaults, Running};

const DEFAULTS: Defaults = Defaults { listen: "127.0.0.1:12111", log: LogFormat::Text };

/// Serves until a signal arrives.
pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    runtime()?.block_on(async {
        // Before the ready line, since a program that has read it may send a signal at once.
        let mut signals = signals()?;
        let running = start::start(options, &DEFAULTS).await?;
        if options.webhook_secret.is_none() && start::has_webhooks(options) {
            running.log.say(&format!("webhooks are signed with {}", running.webhook_secret));
        }
        if options.webhook_secret.is_some() && !start::has_webhooks(options) {
            running.log.say("the webhook secret is not used: it needs an endpoint of --webhook or --thin-webhook");
        }
        let result = print_ready_line(&running);
        if result.is_ok() {
            signals.next().await;
        }
        running.end(&mut signals).await;
        result.map(|()| ExitCode::SUCCESS)
    })
}

fn print_ready_line(running: &Running) -> Result<(), Failure> {
    let url = running.server.url();
    output::print(match running.server.control_token() {
        None => format!("listening on {url}"),
        Some(token) => format!("listening on {url} with the control token {token}"),
    })
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))
}

pub(super) fn signals() -> Result<Signals, Failure> {
    Signals::new().map_err(|error| Failure::new(format!("cannot catch signals: {error}")))
}
