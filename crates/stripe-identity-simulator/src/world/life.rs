//! The life of a session: submissions of its user, the end of its checks, and its redaction.

use serde_json::{Map, Value};
use stripe_identity_core::types::{
    EventType, Expandable, FilePurpose, LastError, RedactionStatus, VerificationReport, VerificationSessionStatus,
};

use crate::control_error::ControlError;
use crate::detail::User;
use crate::document::Document;
use crate::outcome::{Outcome, reason};
use crate::settings::Processing;
use crate::submission::Submission;
use crate::world::api::files;
use crate::world::checks;
use crate::world::deliveries;
use crate::world::events::record_of_session;
use crate::world::ids::seed_of;
use crate::world::queue::DueThing;
use crate::world::record::report::StoredReport;
use crate::world::record::session::{Checks, ChecksEnd};
use crate::world::record::visit::UrlEnd;
use crate::world::redact;
use crate::world::state::State;
use crate::world::store::Record as _;

/// Lets the user of the session at a place submit, after the delay of the submission. The world's settings determine
/// when the checks end.
pub(crate) fn submit(state: &mut State, session: u64, submission: &Submission) -> Result<(), ControlError> {
    let stored = state.sessions.at(session).ok_or(ControlError::NoSuchSession)?;
    stored.must_have(&VerificationSessionStatus::RequiresInput)?;
    checks::must_fit(&stored.session, submission)?;
    if submission.delay().is_zero() {
        return begin_try(state, session, submission);
    }
    schedule_try(state, session, submission.clone());
    Ok(())
}

fn schedule_try(state: &mut State, session: u64, submission: Submission) {
    let time = state.clock.now().after(submission.delay());
    if let Some(mut stored) = state.sessions.edit(session) {
        stored.next_try = Some(Box::new((time, submission)));
        state.queue.schedule(time, DueThing::UserSubmits { session });
    }
}

/// Schedules the next planned try of a session, if the session requires input and no try is scheduled.
pub(crate) fn schedule_planned_try(state: &mut State, session: u64) {
    let Some(stored) = state.sessions.at(session).filter(|stored| !stored.planned.is_empty()) else { return };
    if stored.next_try.is_none() && stored.session.status == VerificationSessionStatus::RequiresInput {
        let submission = state.sessions.edit(session).and_then(|mut stored| stored.planned.pop_front());
        if let Some(submission) = submission {
            schedule_try(state, session, submission);
        }
    }
}

/// Begins the scheduled try, unless another try has replaced it, or the session can no longer have its outcome.
pub(crate) fn begin_due_try(state: &mut State, session: u64) {
    let now = state.clock.now();
    let Some(stored) = state.sessions.at(session) else { return };
    if stored.next_try.as_ref().is_some_and(|next| next.0 <= now)
        && let Some(next) = state.sessions.edit(session).and_then(|mut stored| stored.next_try.take())
    {
        let (_, submission) = *next;
        let stored = state.sessions.at(session).filter(|stored| checks::must_fit(&stored.session, &submission).is_ok());
        if stored.is_some() {
            // Fails if the session no longer requires input, and then the try is skipped.
            drop(begin_try(state, session, &submission));
        }
    }
}

fn begin_try(state: &mut State, session: u64, submission: &Submission) -> Result<(), ControlError> {
    start_processing(state, session)?;
    let end = match state.settings.processing {
        Processing::AtOnce | Processing::AfterRetrieves(0) => return finish_processing(state, session, submission),
        Processing::AfterRetrieves(count) => ChecksEnd::AfterRetrieves(count),
        Processing::After(duration) => {
            state.schedule(duration, DueThing::ChecksEnd { session });
            ChecksEnd::At(state.clock.now().after(duration))
        }
    };
    let mut stored = state.sessions.edit(session).ok_or(ControlError::NoSuchSession)?;
    stored.checks = Some(Box::new(Checks { submission: submission.clone(), end }));
    Ok(())
}

pub(crate) fn start_processing(state: &mut State, session: u64) -> Result<(), ControlError> {
    let stored = state.sessions.at(session).ok_or(ControlError::NoSuchSession)?;
    stored.must_have(&VerificationSessionStatus::RequiresInput)?;
    if let Some(mut stored) = state.sessions.edit(session) {
        stored.session.status = VerificationSessionStatus::Processing;
        stored.session.last_error = None;
        stored.next_try = None;
        stored.revoke_access(UrlEnd::Used(None));
    }
    record_of_session(state, session, EventType::VerificationSessionProcessing, None);
    Ok(())
}

pub(crate) fn finish_processing(state: &mut State, session: u64, submission: &Submission) -> Result<(), ControlError> {
    let stored = state.sessions.at(session).ok_or(ControlError::NoSuchSession)?;
    stored.must_have(&VerificationSessionStatus::Processing)?;
    checks::must_fit(&stored.session, submission)?;
    let outcome = submission.outcome();
    let default = User::from_seed(seed_of(stored.id()));
    let person = stored.person.as_deref().unwrap_or(&default.person).clone();
    let user = submission.user(User { person, document: default.document.clone() });
    let report = checks::report(&stored.session, outcome, &user, state.now(), &mut state.ids);
    let account = stored.account.clone();
    let report_id = report.as_ref().map(|report| report.id.clone());
    let report = report.map(|report| {
        collect_images(state, &report, &user.document, account.as_deref());
        state.reports.insert(StoredReport { account, report })
    });
    let mut stored = state.sessions.edit(session).ok_or(ControlError::NoSuchSession)?;
    stored.checks = None;
    stored.person = Some(user.person).filter(|person| *person != default.person).map(Box::new);
    stored.reports.extend(report);
    if let Some(report) = report_id {
        stored.session.last_verification_report = Some(Expandable::Id(report));
    }
    let type_ = match outcome {
        Outcome::Verified => {
            stored.session.status = VerificationSessionStatus::Verified;
            EventType::VerificationSessionVerified
        }
        Outcome::Failed(code) => {
            stored.session.status = VerificationSessionStatus::RequiresInput;
            stored.session.last_error = Some(LastError::new(code.clone(), Some(reason(code).to_owned())));
            EventType::VerificationSessionRequiresInput
        }
    };
    drop(stored);
    record_of_session(state, session, type_, None);
    Ok(())
}

/// Counts a retrieve, and ends the checks if this was the last one that they waited for.
pub(crate) fn count_retrieve(state: &mut State, session: u64) {
    let Some(checks) = state.sessions.at(session).and_then(|stored| stored.checks.as_ref()) else { return };
    let ChecksEnd::AfterRetrieves(count) = checks.end else { return };
    let submission = checks.submission.clone();
    match count.checked_sub(1) {
        Some(count) => {
            if let Some(mut stored) = state.sessions.edit(session) {
                stored.checks = Some(Box::new(Checks { submission, end: ChecksEnd::AfterRetrieves(count) }));
            }
        }
        // A session with checks has the status `processing`, so this cannot fail.
        None => drop(finish_processing(state, session, &submission)),
    }
}

/// Ends the checks that are due, unless they have ended or changed since they were scheduled.
pub(crate) fn end_due_checks(state: &mut State, session: u64) {
    let now = state.clock.now();
    let checks = state.sessions.at(session).and_then(|stored| stored.checks.as_ref());
    let checks = checks.filter(|checks| matches!(checks.end, ChecksEnd::At(end) if end <= now));
    if let Some(submission) = checks.map(|checks| checks.submission.clone()) {
        // A session with checks has the status `processing`, so this cannot fail.
        drop(finish_processing(state, session, &submission));
    }
}

/// Ends the redaction that is due, unless it has ended since it was scheduled.
pub(crate) fn end_due_redaction(state: &mut State, session: u64) {
    let ends = state.sessions.at(session).and_then(|stored| stored.redaction_ends);
    if ends.is_some_and(|ends| ends <= state.clock.now()) {
        // A redaction that has ended is no longer due, so this cannot fail.
        drop(finish_redaction(state, session));
    }
}

pub(crate) fn finish_redaction(state: &mut State, session: u64) -> Result<(), ControlError> {
    let stored = state.sessions.at(session).ok_or(ControlError::NoSuchSession)?;
    let status = stored.session.redaction.as_ref().map(|redaction| &redaction.status);
    if status != Some(&RedactionStatus::Processing) {
        return Err(ControlError::NoRedaction);
    }
    let mut stored = state.sessions.edit(session).ok_or(ControlError::NoSuchSession)?;
    if let Some(redaction) = &mut stored.session.redaction {
        redaction.status = RedactionStatus::Redacted;
    }
    stored.redaction_ends = None;
    stored.forget_user();
    stored.visit.redact();
    redact::session(&mut stored.session);
    let (id, reports, events) = (stored.session.id.clone(), stored.reports.clone(), stored.events.clone());
    drop(stored);
    for report in reports {
        let Some(mut stored) = state.reports.edit(report) else { continue };
        let images: Vec<_> = checks::images(&stored.report).map(|(image, _)| image.as_str().to_owned()).collect();
        redact::report(&mut stored.report);
        drop(stored);
        for image in images {
            files::erase(state, &image);
        }
    }
    for event in events {
        let Some(mut stored) = state.events.edit(event) else { continue };
        stored.change_object(redact_snapshot);
        let id = stored.id.clone();
        drop(stored);
        deliveries::redact(state, &id);
        // The response to a resend shows the event.
        state.responses.forget(&id);
    }
    state.responses.forget(id.as_str());
    record_of_session(state, session, EventType::VerificationSessionRedacted, None);
    Ok(())
}

fn redact_snapshot(object: &mut Value) {
    object["metadata"] = Value::Object(Map::new());
    if let Some(Value::Object(details)) = object.get_mut("provided_details") {
        details.values_mut().for_each(|detail| *detail = Value::from("[redacted]"));
    }
}

fn collect_images(state: &mut State, report: &VerificationReport, document: &Document, account: Option<&str>) {
    let mut sides = [&document.front, &document.back].into_iter();
    for (image, is_selfie) in checks::images(report) {
        let (contents, purpose) = if is_selfie {
            (Some(&document.selfie), FilePurpose::Selfie)
        } else {
            (sides.next(), FilePurpose::IdentityDocumentDownloadable)
        };
        let contents = contents.map(|contents| contents.expose().clone()).unwrap_or_default();
        files::collect(state, image, purpose, contents, account);
    }
}
