//! What stands in for the user and for time, by HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, ORIGIN};
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;
use stripe_identity_core::types::VerificationSessionId;

use crate::control_error::ControlError;
use crate::form::Form;
use crate::json;
use crate::outcome::Outcome;
use crate::refusal::Refusal;
use crate::simulator::{Simulator, parameters};
use crate::webhooks::{WebhookEndpoint, WebhookEndpointError};

/// The answer, or `None` if the request is not for the control API.
pub(crate) fn handle(simulator: &mut Simulator, request: &http::Request<Bytes>) -> Option<http::Response<Bytes>> {
    let path = request.uri().path().strip_prefix("/_simulator/")?;
    let done = control(simulator, request, path);
    Some(done.map_or_else(Refusal::into_response, |()| json::response(StatusCode::OK, &json!({ "done": true }))))
}

fn control(simulator: &mut Simulator, request: &http::Request<Bytes>, path: &str) -> Result<(), Refusal> {
    let unknown = || Refusal::unknown_url(request.method(), request.uri().path());
    if request.method() != Method::POST {
        return Err(unknown());
    }
    if !is_from_here(request) {
        return Err(Refusal::another_site());
    }
    let mut form = Form::parse(&parameters(request)?.form)?;
    if path == "advance" {
        let seconds = form.integer("seconds")?.ok_or_else(|| Refusal::missing_parameter("seconds"))?;
        form.finish()?;
        let seconds = u64::try_from(seconds).map_err(|_| Refusal::invalid("seconds", "Time does not go back."))?;
        simulator.advance(Duration::from_secs(seconds));
        return Ok(());
    }

    if path == "webhook_endpoints" {
        let url = form.text("url")?.ok_or_else(|| Refusal::missing_parameter("url"))?;
        let secret = form.text("secret")?.ok_or_else(|| Refusal::missing_parameter("secret"))?;
        let (thin, in_disorder) = (form.boolean("thin")?, form.boolean("in_disorder")?);
        form.finish()?;
        let mut endpoint = WebhookEndpoint::new(&url, &secret).map_err(|error| match error {
            WebhookEndpointError::Url => Refusal::invalid("url", &error.to_string()),
            WebhookEndpointError::Secret(_) => Refusal::invalid("secret", &error.to_string()),
        })?;
        if thin == Some(true) {
            endpoint = endpoint.thin();
        }
        if in_disorder == Some(true) {
            endpoint = endpoint.in_disorder();
        }
        simulator.add_webhook(endpoint);
        return Ok(());
    }

    let on_session = path.strip_prefix("verification_sessions/").and_then(|rest| rest.split_once('/'));
    let (session, action) = on_session.ok_or_else(unknown)?;
    let session = VerificationSessionId::new(percent_decode_str(session).decode_utf8_lossy());
    let id = session.clone();
    let takes_outcome = matches!(action, "submit" | "finish_processing");
    let outcome = if takes_outcome { form.text("outcome")? } else { None };
    form.finish()?;
    let outcome = match outcome.as_deref() {
        Some(text) => text.parse().map_err(|error| Refusal::invalid("outcome", &format!("{error}")))?,
        None => Outcome::Verified,
    };
    let done = match action {
        "submit" => simulator.submit(session, &outcome),
        "start_processing" => simulator.start_processing(session),
        "finish_processing" => simulator.finish_processing(session, &outcome),
        "finish_redaction" => simulator.finish_redaction(session),
        _ => return Err(unknown()),
    };
    done.map_err(|error| match error {
        ControlError::NoSuchSession => Refusal::not_found("session", "VerificationSession", id.as_str()),
        error => Refusal::invalid("session", &error.to_string()),
    })
}

/// Not from the page of another site in a browser on this machine, which says where it is from.
fn is_from_here(request: &http::Request<Bytes>) -> bool {
    let Some(origin) = request.headers().get(ORIGIN) else { return true };
    let host = request.headers().get(HOST).map_or(&b""[..], |host| host.as_bytes());
    origin.as_bytes().strip_prefix(b"http://").is_some_and(|origin| origin == host)
}
