use std::io::{self, Write as _};
use std::process::ExitCode;

use serde_json::Value;

use super::arguments::{Event, TriggerArguments};
use super::client::Client;
use super::failure::Failure;
use super::output;
use super::serve;

const SESSIONS: &str = "/v1/identity/verification_sessions";

/// Lets an event happen, and prints the id of its session.
pub(super) fn run(arguments: &TriggerArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at).with_key(&arguments.key)?;
        if let Some(url) = &arguments.webhook {
            add_webhook(&client, arguments, url).await?;
        }
        output::print(happen(&client, arguments).await?)?;
        Ok(ExitCode::SUCCESS)
    })
}

async fn add_webhook(client: &Client<'_>, arguments: &TriggerArguments, url: &str) -> Result<(), Failure> {
    let redacted = format!("{}identity.verification_session.redacted", if arguments.thin { "v1." } else { "" });
    let mut form = vec![
        ("url", url),
        ("thin", if arguments.thin { "true" } else { "false" }),
        // It is not among all.
        ("enabled_events[]", "*"),
        ("enabled_events[]", &redacted),
    ];
    form.extend(arguments.webhook_secret.as_deref().map(|secret| ("secret", secret)));
    let endpoint = client.post("/_simulator/webhook_endpoints", &form).await?;
    if arguments.webhook_secret.is_none() {
        let secret = endpoint["secret"].as_str().unwrap_or_default();
        writeln!(io::stderr(), "note: webhooks to {url} are signed with {secret}").map_err(|error| {
            Failure::new(format!("cannot print a secret: {error}: keep standard error open, or pass --webhook-secret"))
        })?;
    }
    Ok(())
}

/// Creates a session, and takes it through its states until the event has happened. Returns its id.
async fn happen(client: &Client<'_>, arguments: &TriggerArguments) -> Result<String, Failure> {
    let event = arguments.event;
    let needs = if event == Event::RequiresInput { needs(client, &arguments.code).await? } else { None };
    let mut form = vec![("type", "document")];
    form.extend(needs.as_ref().map(|(name, value)| (name.as_str(), value.as_str())));
    let session = client.post(SESSIONS, &form).await?;
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    let control = format!("/_simulator/verification_sessions/{id}");
    let outcome = if event == Event::RequiresInput { arguments.code.as_str() } else { "verified" };
    if matches!(event, Event::Processing | Event::Verified | Event::RequiresInput | Event::Redacted) {
        client.post(&format!("{control}/start_processing"), &[]).await?;
    }
    if matches!(event, Event::Verified | Event::RequiresInput | Event::Redacted) {
        // At once, whatever the settings say of how long checks take.
        client.post(&format!("{control}/finish_processing"), &[("outcome", outcome)]).await?;
    }
    match event {
        Event::Canceled => drop(client.post(&format!("{SESSIONS}/{id}/cancel"), &[]).await?),
        Event::Redacted => {
            client.post(&format!("{SESSIONS}/{id}/redact"), &[]).await?;
            client.post(&format!("{control}/finish_redaction"), &[]).await?;
        }
        Event::Created | Event::Processing | Event::Verified | Event::RequiresInput => {}
    }
    Ok(id)
}

/// Returns the parameter without which no session has the check that fails with a code.
async fn needs(client: &Client<'_>, code: &str) -> Result<Option<(String, String)>, Failure> {
    let outcomes = client.get("/_simulator/outcomes").await?;
    let outcomes = outcomes["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let codes = || outcomes.iter().filter_map(|it| it["code"].as_str()).filter(|code| *code != "verified");
    let Some(outcome) = outcomes.iter().find(|it| it["code"] == code && code != "verified") else {
        return Err(Failure::usage(format!(
            "there is no code {code}: --code takes one of {}",
            codes().collect::<Vec<_>>().join(", ")
        )));
    };
    let parameter = outcome["needs"].as_array().and_then(|needs| needs.first()).and_then(Value::as_str);
    Ok(parameter
        .and_then(|parameter| parameter.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned())))
}
