//! The handlers of the control API for the clock and the settings.
#![expect(clippy::unnecessary_wraps, reason = "all handlers have the same type")]

pub(crate) mod faults;

use std::time::Duration;

use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::settings::Clock;
use crate::time::Time;
use crate::world::call::Call;
use crate::world::due;
use crate::world::state::State;

pub(crate) fn clock(state: &mut State, _: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(shown_clock(state).into())
}

pub(crate) fn set_clock(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let clock: Option<Clock> = call.form.parsed("clock")?;
    call.form.finish()?;
    let clock = clock.ok_or_else(|| Refusal::missing_parameter("clock"))?;
    due::set_clock(state, clock, call.real).map_err(|error| Refusal::invalid("clock", &error.to_string()))?;
    Ok(shown_clock(state).into())
}

pub(crate) fn advance(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let seconds = call.form.integer("seconds")?.ok_or_else(|| Refusal::missing_parameter("seconds"))?;
    call.form.finish()?;
    let seconds = u64::try_from(seconds)
        .map_err(|_| Refusal::invalid("seconds", "Invalid seconds: must be a whole number from 0"))?;
    due::advance(state, Duration::from_secs(seconds));
    Ok(shown_clock(state).into())
}

pub(crate) fn advance_to_next(state: &mut State, _: &mut Call<'_>) -> Result<Body, Refusal> {
    due::advance_to_next(state);
    Ok(shown_clock(state).into())
}

pub(crate) fn run_until_idle(state: &mut State, _: &mut Call<'_>) -> Result<Body, Refusal> {
    due::run_until_idle(state);
    Ok(shown_clock(state).into())
}

fn shown_clock(state: &State) -> Value {
    let time = |time: Time| time.timestamp().to_string();
    json!({
        "clock": if state.clock.is_frozen() { "frozen" } else { "real" },
        "now": time(state.clock.now()),
        "next_due": state.queue.next().map(time),
    })
}

pub(crate) fn settings(state: &mut State, _: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(shown_settings(state).into())
}

pub(crate) fn set_settings(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (processing, redacting) = (call.form.parsed("processing")?, call.form.parsed("redacting")?);
    let sensitive_reads = call.form.parsed("sensitive_reads")?;
    let webhook_timeout = call.form.duration("webhook_timeout")?;
    let rate_limit = call.form.parsed("rate_limit")?;
    call.form.finish()?;
    let settings = &mut state.settings;
    settings.processing = processing.unwrap_or(settings.processing);
    settings.redacting = redacting.unwrap_or(settings.redacting);
    settings.sensitive_reads = sensitive_reads.unwrap_or(settings.sensitive_reads);
    settings.webhook_timeout = webhook_timeout.unwrap_or(settings.webhook_timeout);
    settings.rate_limit = rate_limit.unwrap_or(settings.rate_limit);
    Ok(shown_settings(state).into())
}

fn shown_settings(state: &State) -> Value {
    let settings = &state.settings;
    json!({
        "processing": settings.processing.to_string(),
        "redacting": settings.redacting.to_string(),
        "sensitive_reads": settings.sensitive_reads.to_string(),
        "webhook_timeout": format!("{}s", settings.webhook_timeout.as_secs_f64()),
        "rate_limit": settings.rate_limit.to_string(),
    })
}
