//! The handlers of the control API for the users of sessions.
#![expect(clippy::unnecessary_wraps, reason = "all handlers have the same type")]

use serde_json::{Value, json};
use stripe_identity_core::types::{Patch, Timestamp};

use crate::control_error::ControlError;
use crate::detail::{InvalidDetail, Of, Value as DetailValue};
use crate::duration::duration;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::refusal::Refusal;
use crate::response::Body;
use crate::submission::Submission;
use crate::world::call::Call;
use crate::world::life;
use crate::world::record::file::StoredFile;
use crate::world::record::session::StoredSession;
use crate::world::state::State;
use crate::world::store::Record as _;

pub(crate) fn submit(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let delay = call.form.text("after")?;
    let delay = delay.map(|text| {
        duration(&text)
            .ok_or_else(|| Refusal::invalid("after", "Invalid after: must be a duration such as 30s, 5m, 24h or 4d"))
    });
    let delay = delay.transpose()?.unwrap_or_default();
    let submission = submission(state, call)?.after(delay);
    let done_to = state.session(&call.id).and_then(|session| life::submit(state, session, &submission));
    let submits_at = (!delay.is_zero()).then(|| state.clock.now().after(delay).timestamp());
    done_with(state, done_to, &call.id, submits_at)
}

pub(crate) fn start_processing(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let done_to = state.session(&call.id).and_then(|session| life::start_processing(state, session));
    done(state, done_to, &call.id)
}

pub(crate) fn finish_processing(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let submission = submission(state, call)?;
    let done_to = state.session(&call.id).and_then(|session| life::finish_processing(state, session, &submission));
    done(state, done_to, &call.id)
}

pub(crate) fn finish_redaction(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let done_to = state.session(&call.id).and_then(|session| life::finish_redaction(state, session));
    done(state, done_to, &call.id)
}

fn done(state: &State, result: Result<(), ControlError>, id: &str) -> Result<Body, Refusal> {
    done_with(state, result, id, None)
}

/// Returns the response with the state of a session, and with the time at which its user submits if that is later.
fn done_with(
    state: &State,
    result: Result<(), ControlError>,
    id: &str,
    submits_at: Option<Timestamp>,
) -> Result<Body, Refusal> {
    let shown = |()| {
        let session = state.sessions.get(id).map(|stored| &stored.session);
        json!({
            "done": true,
            "status": session.map(|session| &session.status),
            "last_error": session.and_then(|session| session.last_error.as_ref()).map(|error| &error.code),
            "submits_at": submits_at.map(|time| time.to_string()),
        })
        .into()
    };
    result.map(shown).map_err(|error| match error {
        ControlError::NoSuchSession => Refusal::not_found(StoredSession::PARAM, StoredSession::NAME, id),
        ControlError::ImpossibleOutcome(_) => Refusal::invalid("outcome", &error.to_string()),
        ControlError::DocumentNotAllowed(_) => Refusal::invalid("document[type]", &error.to_string()),
        error => Refusal::invalid(StoredSession::PARAM, &error.to_string()),
    })
}

/// Parses the outcome, the person and the document.
fn submission(state: &State, call: &mut Call<'_>) -> Result<Submission, Refusal> {
    let mut submission = Submission::new(call.form.parsed("outcome")?.unwrap_or(Outcome::Verified));
    let account = state.sessions.get(&call.id).and_then(|stored| stored.account());
    for (of, object) in [(Of::Person, "person"), (Of::Document, "document")] {
        let details = match call.form.object(object)? {
            Patch::Set(details) => details.into_pairs()?,
            Patch::Keep => continue,
            Patch::Clear => return Err(Refusal::invalid_object(object)),
        };
        for (name, text) in details {
            let param = format!("{object}[{name}]");
            let value = if of == Of::Document && matches!(name.as_str(), "front" | "back" | "selfie") {
                let file = state.files.get_of(&text, account).and_then(|stored| stored.contents.clone());
                DetailValue::Image(file.ok_or_else(|| Refusal::no_such(&param, StoredFile::NAME, &text))?.into())
            } else {
                DetailValue::Text(text.into())
            };
            submission = submission.with_detail(of, &name, value).map_err(|error| match error {
                InvalidDetail::Unknown => Refusal::unknown_parameter(&param),
                InvalidDetail::Value { expected, .. } => {
                    Refusal::invalid(&param, &format!("Invalid {param}: must be {expected}"))
                }
            })?;
        }
    }
    call.form.finish()?;
    Ok(submission)
}

/// Lists all outcomes, with their properties.
pub(crate) fn outcomes(_: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let shown = |outcome: Outcome| {
        json!({
            "code": outcome.to_string(),
            "check": outcome.check().map(crate::outcome::Check::as_str),
            "reason": outcome.reason(),
            "needs": outcome.needs(),
            "leaves_report": outcome.leaves_report(),
        })
    };
    Ok(call.list((Outcome::all().map(shown).collect(), false)))
}

pub(crate) fn plans(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    Ok(call.list((state.plans.iter().map(|plan| shown_plan(&plan)).collect(), false)))
}

pub(crate) fn add_plan(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let plan: Option<Plan> = call.form.parsed("tries")?;
    let sessions = call.form.text("sessions")?;
    call.form.finish()?;
    let plan = plan.ok_or_else(|| Refusal::missing_parameter("tries"))?;
    let plan = match sessions.as_deref() {
        None => plan,
        Some("all") => plan.every_session(),
        Some(count) => plan.sessions(
            count
                .parse()
                .map_err(|_| Refusal::invalid("sessions", "Invalid sessions: must be a number such as 3, or `all`"))?,
        ),
    };
    let shown = shown_plan(&plan);
    if state.plans.is_full() {
        return Err(Refusal::invalid("tries", "The world has too many plans. Delete them first, or create sessions."));
    }
    state.plans.add(plan);
    Ok(shown.into())
}

pub(crate) fn clear_plans(state: &mut State, _: &mut Call<'_>) -> Result<Body, Refusal> {
    state.plans.clear();
    Ok(json!({ "done": true }).into())
}

/// Returns a plan without the details of persons.
fn shown_plan(plan: &Plan) -> Value {
    let tries: Vec<_> = plan.tries.iter().map(|submission| submission.outcome().to_string()).collect();
    json!({ "tries": tries, "sessions": plan.sessions.map_or(Value::from("all"), Value::from) })
}
