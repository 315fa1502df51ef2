use serde_json::Value;
use stripe_identity_core::types::{
    CustomerAccountId, CustomerId, EventType, Expandable, Redaction, RedactionStatus, Sensitive,
    VerificationSessionStatus,
};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::settings::Redacting;
use crate::world::call::Call;
use crate::world::events::record_of_session;
use crate::world::life;
use crate::world::page::Page;
use crate::world::queue::DueThing;
use crate::world::record::session::StoredSession;
use crate::world::session_params::{Changes, New};
use crate::world::state::State;

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let new = New::parse(std::mem::take(&mut call.form), &state.receivers)?;
    let tries = state.plans.take(new.session())?;
    let id = state.ids.id("vs_");
    let return_url = new.return_url();
    let mut session = new.into_session(id.clone());
    session.livemode = Some(false);
    session.created = Some(call.now);
    session.status = VerificationSessionStatus::RequiresInput;
    let mut stored = StoredSession::new(session, call.account, state.clock.now());
    stored.planned.extend(tries);
    stored.visit.return_url = return_url;
    state.sessions.insert(stored);
    renew_access(state, &id);
    record_of_session(state, &id, EventType::VerificationSessionCreated, Some(call.request));
    life::schedule_planned_try(state, &id);
    show(state, &id, call)
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    state.sessions.find(&call.id, call.account)?;
    life::is_retrieved(state, &call.id);
    renew_access(state, &call.id);
    life::schedule_planned_try(state, &call.id);
    show(state, &call.id, call)
}

pub(crate) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let changes = Changes::parse(&mut call.form)?;
    call.form.finish()?;
    if changes.are_of_metadata() {
        state.sessions.find(&call.id, call.account)?.must_not_be_redacted("updated")?;
    } else {
        must_be_open(state, call, "updated")?;
    }
    if let Some(stored) = state.sessions.edit(&call.id) {
        changes.apply_to(&mut stored.session)?;
    }
    renew_access(state, &call.id);
    show(state, &call.id, call)
}

pub(crate) fn cancel(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    must_be_open(state, call, "canceled")?;
    if let Some(stored) = state.sessions.edit(&call.id) {
        stored.cancel();
    }
    record_of_session(state, &call.id, EventType::VerificationSessionCanceled, Some(call.request));
    show(state, &call.id, call)
}

pub(crate) fn redact(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let session = &state.sessions.find(&call.id, call.account)?.session;
    if session.redaction.is_some() {
        return Err(Refusal::redacted("redacted"));
    }
    let is_canceled_by_it = match &session.status {
        VerificationSessionStatus::Verified => false,
        VerificationSessionStatus::RequiresInput => true,
        status => return Err(Refusal::illegal_state("redacted", status)),
    };
    let ends = match state.settings.redacting {
        Redacting::After(duration) => Some(state.clock.now().after(duration)),
        Redacting::ByRequest => None,
    };
    if let Some(ends) = ends {
        state.queue.schedule(ends, DueThing::RedactionEnds { session: call.id.clone() });
    }
    if let Some(stored) = state.sessions.edit(&call.id) {
        if is_canceled_by_it {
            stored.cancel();
        }
        stored.session.redaction = Some(Redaction::new(RedactionStatus::Processing));
        stored.redaction_ends = ends;
    }
    if is_canceled_by_it {
        record_of_session(state, &call.id, EventType::VerificationSessionCanceled, Some(call.request));
    }
    show(state, &call.id, call)
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let page = Page::parse(&mut call.form)?;
    let status = call.form.one_of("status", VerificationSessionStatus::KNOWN)?;
    let reference = call.form.text("client_reference_id")?.map(Sensitive::new);
    let customer = call.form.text("related_customer")?.map(CustomerId::new);
    let customer_account = call.form.text("related_customer_account")?.map(CustomerAccountId::new);
    call.form.finish()?;
    let (records, has_more) = state.sessions.page(&page, call.account, |stored| {
        let session = &stored.session;
        page.is_created(stored.created)
            && status.as_ref().is_none_or(|status| *status == session.status)
            && (reference.is_none() || reference == session.client_reference_id)
            && (customer.is_none() || customer == session.related_customer)
            && (customer_account.is_none() || customer_account == session.related_customer_account)
    })?;
    let mut data = Vec::new();
    for stored in records {
        if call.expanded.is_sensitive() {
            call.must_read_sensitive(state.collected(stored.session.id.as_str()))?;
        }
        data.push(shown(state, stored, call));
    }
    Ok(call.list((data, has_more)))
}

/// Refuses a session that may not be changed.
fn must_be_open(state: &State, call: &Call<'_>, action: &str) -> Result<(), Refusal> {
    state.sessions.find(&call.id, call.account)?.must_be_open(action)
}

fn renew_access(state: &mut State, id: &str) {
    let now = state.clock.now();
    if state.sessions.get(id).is_some_and(StoredSession::lacks_access)
        && let Some(stored) = state.sessions.edit(id)
    {
        stored.renew_access(now, &mut state.ids, &mut state.queue);
    }
}

fn show(state: &State, id: &str, call: &Call<'_>) -> Result<Body, Refusal> {
    Ok(shown(state, state.sessions.find(id, call.account)?, call).into())
}

fn shown(state: &State, stored: &StoredSession, call: &Call<'_>) -> Value {
    let report = stored.session.last_verification_report.as_ref().map(Expandable::id);
    let report = report.and_then(|id| state.reports.get(id.as_str()));
    call.expanded.show_session(&stored.session, report.map(|stored| &stored.report), call.base_url)
}
