use stripe_identity_core::types::{
    EventType, Redaction, RedactionStatus, VerificationSession, VerificationSessionStatus,
};

use crate::refusal::Refusal;
use crate::response::Body;
use crate::settings::Redacting;
use crate::world::call::Call;
use crate::world::events::record_of_session;
use crate::world::expand::Shown;
use crate::world::life;
use crate::world::page::Page;
use crate::world::queue::DueThing;
use crate::world::record::session::StoredSession;
use crate::world::session_params::{Changes, New};
use crate::world::state::State;
use crate::world::store::Record as _;

pub(crate) fn create(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let new = New::parse(std::mem::take(&mut call.form), &state.receivers)?;
    let tries = state.plans.take(new.session())?;
    let return_url = new.return_url();
    let mut session = new.into_session(state.ids.id("vs_"));
    session.livemode = Some(false);
    session.created = Some(call.now);
    session.status = VerificationSessionStatus::RequiresInput;
    let mut stored = StoredSession::new(session, call.account, state.clock.now());
    stored.planned.extend(tries);
    stored.visit.return_url = return_url;
    let session = state.sessions.insert(stored);
    renew_access(state, session);
    record_of_session(state, session, EventType::VerificationSessionCreated, Some(call.request));
    life::schedule_planned_try(state, session);
    show(state, session, call)
}

pub(crate) fn retrieve(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let session = state.sessions.find_place(&call.id, call.account)?;
    life::count_retrieve(state, session);
    renew_access(state, session);
    life::schedule_planned_try(state, session);
    show(state, session, call)
}

pub(crate) fn update(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let changes = Changes::parse(&mut call.form)?;
    call.form.finish()?;
    if changes.are_of_metadata() {
        state.sessions.find(&call.id, call.account)?.must_not_be_redacted("updated")?;
    } else {
        must_be_open(state, call, "updated")?;
    }
    let session = state.sessions.find_place(&call.id, call.account)?;
    if let Some(mut stored) = state.sessions.edit(session) {
        changes.apply_to(&mut stored.session)?;
    }
    renew_access(state, session);
    show(state, session, call)
}

pub(crate) fn cancel(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    must_be_open(state, call, "canceled")?;
    let session = state.sessions.find_place(&call.id, call.account)?;
    if let Some(mut stored) = state.sessions.edit(session) {
        stored.cancel();
    }
    record_of_session(state, session, EventType::VerificationSessionCanceled, Some(call.request));
    show(state, session, call)
}

pub(crate) fn redact(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let place = state.sessions.find_place(&call.id, call.account)?;
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
        state.queue.schedule(ends, DueThing::RedactionEnds { session: place });
    }
    if let Some(mut stored) = state.sessions.edit(place) {
        if is_canceled_by_it {
            stored.cancel();
        }
        stored.session.redaction = Some(Redaction::new(RedactionStatus::Processing));
        stored.redaction_ends = ends;
    }
    if is_canceled_by_it {
        record_of_session(state, place, EventType::VerificationSessionCanceled, Some(call.request));
    }
    show(state, place, call)
}

pub(crate) fn list(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let mut page = Page::parse(&mut call.form)?;
    page.only("status", call.form.one_of("status", VerificationSessionStatus::KNOWN)?);
    for field in ["client_reference_id", "related_customer", "related_customer_account"] {
        page.only(field, call.form.text(field)?);
    }
    call.form.finish()?;
    let (records, has_more) = state.sessions.page(&page, call.account)?;
    let mut data = Vec::new();
    for stored in records {
        if call.expanded.is_sensitive() {
            call.must_read_sensitive(state.collected(stored.session.id.as_str()))?;
        }
        data.push(shown(state, stored, call));
    }
    Ok(call.list((data, has_more)))
}

/// Refuses the request unless the session requires input and is not redacted.
fn must_be_open(state: &State, call: &Call<'_>, action: &str) -> Result<(), Refusal> {
    state.sessions.find(&call.id, call.account)?.must_be_open(action)
}

fn renew_access(state: &mut State, session: u64) {
    let now = state.clock.now();
    if state.sessions.at(session).is_some_and(StoredSession::lacks_access)
        && let Some(mut stored) = state.sessions.edit(session)
    {
        stored.renew_access(session, now, &mut state.ids, &mut state.queue);
    }
}

fn show(state: &State, session: u64, call: &Call<'_>) -> Result<Body, Refusal> {
    let stored = state.sessions.at(session);
    let stored = stored.ok_or_else(|| Refusal::not_found(StoredSession::PARAM, StoredSession::NAME, &call.id))?;
    Ok(Body::of(stored.id(), &shown(state, stored, call)))
}

fn shown(state: &State, stored: &StoredSession, call: &Call<'_>) -> Shown<VerificationSession> {
    let has_report = stored.session.last_verification_report.is_some();
    let report = stored.reports.last().filter(|_| has_report).and_then(|&report| state.reports.at(report));
    call.expanded.show_session(&stored.session, report.map(|stored| &stored.report), call.base_url)
}
