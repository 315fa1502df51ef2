//! The handlers of the control API for faults.

use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use stripe_identity_core::types::Patch;

use crate::fault::{Fault, FaultResponse, FaultRule};
use crate::form::Form;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::world::call::Call;
use crate::world::state::State;

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let rules: Vec<Value> = state.faults.rules().iter().map(FaultRule::to_json).collect();
    Ok(call.list((rules, false)))
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let rule = state.faults.rules().iter().find(|rule| rule.id == call.id);
    Ok(rule.ok_or_else(|| not_found(&call.id))?.to_json().into())
}

pub(crate) fn add(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let fault = fault(&mut call.form)?;
    call.form.finish()?;
    if state.faults.is_full() {
        return Err(Refusal::too_many_faults());
    }
    Ok(state.faults.add(fault).to_json().into())
}

pub(crate) fn remove(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    if state.faults.remove(&call.id) {
        Ok(json!({ "id": call.id, "object": "simulator.fault", "deleted": true }).into())
    } else {
        Err(not_found(&call.id))
    }
}

pub(crate) fn clear(state: &mut State, _: &mut Call<'_>) -> Result<Body, Refusal> {
    state.faults.clear();
    Ok(json!({ "done": true }).into())
}

fn not_found(id: &str) -> Refusal {
    Refusal::not_found("fault", "fault", id)
}

const EFFECTS: &[&str] = &["respond", "rate_limit", "lock_timeout", "reset", "lose_response", "cut_body", "slow_body"];

fn fault(form: &mut Form) -> Result<Fault, Refusal> {
    let latency = form.duration("latency")?;
    let mut fault = match form.one_of("effect", EFFECTS)? {
        None => Fault::latency(latency.ok_or_else(|| Refusal::missing_parameter("effect"))?),
        Some("reset") => Fault::reset(),
        Some("lose_response") => Fault::lose_response(),
        Some("cut_body") => Fault::cut_body(),
        Some("slow_body") => {
            let duration = form.duration("duration")?;
            Fault::slow_body(duration.ok_or_else(|| Refusal::missing_parameter("duration"))?)
        }
        Some("rate_limit") => Fault::respond(response(form, FaultResponse::rate_limit())?),
        Some("lock_timeout") => Fault::respond(response(form, FaultResponse::lock_timeout())?),
        Some(_) => {
            let status = form.integer("status")?.ok_or_else(|| Refusal::missing_parameter("status"))?;
            // Statuses below 200 do not end a request, and the others below 400 are not errors.
            let status = u16::try_from(status).ok().filter(|status| (400..=599).contains(status));
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            let status =
                status.ok_or_else(|| Refusal::invalid("status", "Invalid status: must be a number from 400 to 599"))?;
            Fault::respond(response(form, FaultResponse::new(status))?)
        }
    };
    if let Some(latency) = latency {
        fault = fault.with_latency(latency);
    }
    if let Some(method) = form.text("method")? {
        let method = method.parse::<Method>();
        let invalid = |_| Refusal::invalid("method", "Invalid method: must be an HTTP method, such as POST");
        fault = fault.method(method.map_err(invalid)?);
    }
    if let Some(path) = form.text("path")? {
        if !path.starts_with(['/', '*']) {
            return Err(Refusal::invalid("path", "Invalid path: must begin with `/` or `*`"));
        }
        fault = fault.path(path);
    }
    if let Some(key) = form.text("key")? {
        fault = fault.key(key);
    }
    if let Some(times) = form.count("times")? {
        fault = fault.times(times);
    }
    if let Some(probability) = form.probability("probability")? {
        fault = fault.probability(probability);
    }
    Ok(fault)
}

fn invalid_header() -> Refusal {
    Refusal::invalid("headers", "Invalid header: must be headers[NAME] with a name and a value that HTTP allows")
}

fn response(form: &mut Form, mut response: FaultResponse) -> Result<FaultResponse, Refusal> {
    if let Some(error_type) = form.text("type")? {
        response = response.error_type(&error_type);
    }
    if let Some(code) = form.text("code")? {
        response = response.code(&code);
    }
    if let Some(message) = form.text("message")? {
        response = response.message(message);
    }
    if form.boolean("stored")? == Some(true) {
        response = response.stored();
    }
    if let Some(body) = form.text("body")? {
        response = response.body(body);
    }
    if let Patch::Set(headers) = form.object("headers")? {
        for (name, value) in headers.into_pairs()? {
            let header = name.parse::<HeaderName>().ok().zip(HeaderValue::try_from(value).ok());
            let (name, value) = header.ok_or_else(invalid_header)?;
            response = response.header(name, value);
        }
    }
    Ok(response)
}
