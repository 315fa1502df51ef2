use std::process::ExitCode;

use super::arguments::SubmitArguments;
use super::client::Client;
use super::failure::Failure;
use super::output;
use super::serve;

/// Lets the user of a session submit.
pub(super) fn run(arguments: &SubmitArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let id: String = form_urlencoded::byte_serialize(arguments.session.as_bytes()).collect();
        let details = arguments.details.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<_> = [("outcome", arguments.outcome.as_str())].into_iter().chain(details).collect();
        Client::new(&arguments.at).post(&format!("/_simulator/verification_sessions/{id}/submit"), &form).await?;
        output::print(format_args!("{} submitted", arguments.session))?;
        Ok(ExitCode::SUCCESS)
    })
}
