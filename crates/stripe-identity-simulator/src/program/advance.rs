use std::process::ExitCode;

use super::arguments::AdvanceArguments;
use super::client::Client;
use super::failure::Failure;
use super::output;
use super::serve;

/// Moves the clock of a world forward, and prints its time.
pub(super) fn run(arguments: &AdvanceArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at).with_key(&arguments.key)?;
        let how_far = &arguments.how_far;
        let seconds = how_far.duration.unwrap_or_default().to_string();
        let clock = match (how_far.next, how_far.until_idle) {
            (true, _) => client.post("/_simulator/clock/next", &[]).await?,
            (_, true) => client.post("/_simulator/clock/run_until_idle", &[]).await?,
            _ => client.post("/_simulator/clock/advance", &[("seconds", &seconds)]).await?,
        };
        let Some(now) = clock["now"].as_str() else { return Err(client.no_simulator()) };
        output::print(now)?;
        match clock["next_due"].as_str() {
            Some(time) => output::remark(format_args!("note: the next action is due at {time}")),
            None => output::remark("note: nothing else is due"),
        }
        Ok(ExitCode::SUCCESS)
    })
}
