use std::process::ExitCode;

use super::arguments::SubmitArguments;
use super::client::Client;
use super::failure::Failure;
use super::output;
use super::serve;

/// Submits in place of the user of a session, and prints the status of the session afterwards.
pub(super) fn run(arguments: &SubmitArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let id: String = form_urlencoded::byte_serialize(arguments.session.as_bytes()).collect();
        let details = arguments.details.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let form: Vec<_> = [("outcome", arguments.outcome.as_str())].into_iter().chain(details).collect();
        let client = Client::new(&arguments.at);
        let done = client.post(&format!("/_simulator/verification_sessions/{id}/submit"), &form).await?;
        let text = |name: &str| done[name].as_str();
        let shown = match (text("submits_at"), text("status"), text("last_error")) {
            (Some(time), ..) => format!("will submit at {time}"),
            (None, Some(status @ "requires_input"), Some(code)) => format!("{status}: {code}"),
            (None, Some(status), _) => status.to_owned(),
            (None, None, _) => return Err(client.no_simulator()),
        };
        output::print(format_args!("{}: {shown}", arguments.session))?;
        Ok(ExitCode::SUCCESS)
    })
}
