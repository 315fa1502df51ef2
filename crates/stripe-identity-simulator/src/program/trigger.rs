use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::arguments::{Event, TriggerArguments};
use super::client::Client;
use super::failure::Failure;
use super::output;
use super::serve;

/// The time for the receiver to respond.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);
const SESSIONS: &str = "/v1/identity/verification_sessions";

/// Makes an event happen, and prints the id of its session.
pub(super) fn run(arguments: &TriggerArguments) -> Result<ExitCode, Failure> {
    serve::runtime()?.block_on(async {
        let client = Client::new(&arguments.at).with_key(&arguments.key)?;
        if arguments.code.is_some() && arguments.event != Event::RequiresInput {
            let message = "--code is the code of a failure: expected it with the event requires-input";
            return Err(Failure::usage(message));
        }
        let endpoint = match &arguments.webhook {
            Some(url) => Some(add_webhook(&client, arguments, url).await?),
            None => None,
        };
        output::print(happen(&client, arguments).await?)?;
        if let Some(endpoint) = endpoint {
            wait_for_deliveries(&client, &endpoint).await?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Waits until each event has been sent to an endpoint once, for a short time at most. The clock does not move.
async fn wait_for_deliveries(client: &Client<'_>, endpoint: &str) -> Result<(), Failure> {
    let path = format!("/_simulator/deliveries?limit=100&webhook_endpoint={endpoint}");
    let end = Instant::now() + PATIENCE;
    loop {
        let list = client.get(&path).await?;
        let deliveries = list["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let failed: Vec<_> = deliveries.iter().rev().filter_map(failure).collect();
        let arrived = deliveries.iter().filter(|delivery| delivery["status"] == "delivered").count();
        let has_come_back = !deliveries.is_empty() && arrived + failed.len() == deliveries.len();
        if has_come_back && failed.is_empty() {
            let end = if arrived == 1 { "" } else { "s" };
            output::remark(format_args!("note: delivered {arrived} event{end}"));
            return Ok(());
        } else if has_come_back {
            return Err(Failure::new(format!("the receiver did not take every event: {}", failed.join("; "))));
        } else if Instant::now() >= end {
            return Err(Failure::new(format!(
                "the receiver has not responded within {} s: GET {path} shows the state of the deliveries",
                PATIENCE.as_secs()
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Describes the last failure of a delivery, or returns `None` if no attempt has failed or the webhook was delivered.
fn failure(delivery: &Value) -> Option<String> {
    let attempt = delivery["attempts"].as_array()?.last()?;
    let reason = match (attempt["status"].as_u64(), attempt["failure"].as_str()) {
        (Some(status), _) if delivery["status"] != "delivered" => format!("status {status}"),
        (None, Some(failure)) if delivery["status"] != "delivered" => failure.to_owned(),
        _ => return None,
    };
    let next = delivery["next_attempt"].as_str().map(|time| format!(", next try at {time}")).unwrap_or_default();
    Some(format!("{}: {reason}{next}", delivery["event_type"].as_str().unwrap_or_default()))
}

/// Adds the endpoint, and returns its id.
async fn add_webhook(client: &Client<'_>, arguments: &TriggerArguments, url: &str) -> Result<String, Failure> {
    let redacted = format!("{}identity.verification_session.redacted", if arguments.thin { "v1." } else { "" });
    let mut form = vec![
        ("url", url),
        ("thin", if arguments.thin { "true" } else { "false" }),
        // `*` does not include it.
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
    endpoint["id"].as_str().map(str::to_owned).ok_or_else(|| client.no_simulator())
}

/// Creates a session, and takes it through its states until the event has happened. Returns its id.
async fn happen(client: &Client<'_>, arguments: &TriggerArguments) -> Result<String, Failure> {
    let event = arguments.event;
    let code = arguments.code.as_deref().unwrap_or("document_expired");
    let needs = if event == Event::RequiresInput { needs(client, code).await? } else { None };
    let mut form = vec![("type", "document")];
    form.extend(needs.as_ref().map(|(name, value)| (name.as_str(), value.as_str())));
    let session = client.post(SESSIONS, &form).await?;
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    let control = format!("/_simulator/verification_sessions/{id}");
    let outcome = if event == Event::RequiresInput { code } else { "verified" };
    if matches!(event, Event::Processing | Event::Verified | Event::RequiresInput | Event::Redacted) {
        client.post(&format!("{control}/start_processing"), &[]).await?;
    }
    if matches!(event, Event::Verified | Event::RequiresInput | Event::Redacted) {
        // Ends the checks at once, even if the settings say that they take longer.
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

/// Returns the parameter that a session needs so that its checks can fail with a code.
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
