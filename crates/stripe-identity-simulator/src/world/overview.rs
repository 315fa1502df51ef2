//! The contents of the overview's pages. They are not about persons, and creating them changes nothing.

use stripe_identity_core::types::{
    RedactionStatus, Timestamp, VerificationReport, VerificationSession, VerificationSessionStatus,
};

use crate::delivery::{AttemptResult, AttemptTrigger, DeliveryAttempt, DeliveryStatus, WebhookDelivery};
use crate::face::overview::{
    self as face, Age, AttemptRow, DeliveryRow, EventRow, Milliseconds, Moment, ReportRow, SessionPage, SessionRow,
};
use crate::time::Time;
use crate::world::record::session::{ChecksEnd, StoredSession};
use crate::world::state::State;
use crate::world::store::Record as _;

/// The numbers of events, attempts and reports that the page of a session shows.
const MOST_EVENTS: usize = 30;
const MOST_ATTEMPTS: usize = 50;
const MOST_REPORTS: usize = 20;

/// Returns the summary of a world, with at most `most` sessions, newest first. They start after the session `after` if
/// it is given.
pub(crate) fn world(state: &State, name: &str, after: Option<&str>, most: usize) -> face::World {
    let end = after.map_or(Some(u64::MAX), |after| state.sessions.place(after));
    let mut rows: Vec<_> = end
        .into_iter()
        .flat_map(|end| state.sessions.before(end))
        .take(most.saturating_add(1))
        .map(|stored| row(state, stored))
        .collect();
    let has_more = rows.len() > most;
    rows.truncate(most);
    face::World {
        name: name.to_owned(),
        tag: state.ids.tag().to_owned(),
        now: Moment(state.now()),
        is_frozen: state.clock.is_frozen(),
        more_after: rows.last().filter(|_| has_more).map(|row| row.id.clone()),
        sessions: rows,
    }
}

/// Returns the rows of the newest deliveries.
pub(crate) fn deliveries(state: &State, most: usize) -> Vec<DeliveryRow> {
    let row = |delivery: &WebhookDelivery| {
        let (status, tone) = match delivery.status {
            DeliveryStatus::Pending => ("pending", "busy"),
            DeliveryStatus::Delivered => ("delivered", "good"),
            DeliveryStatus::Failed => ("failed", "bad"),
        };
        DeliveryRow {
            time: Moment(delivery.created),
            event_type: delivery.event_type.as_str().to_owned(),
            endpoint: endpoint(state, delivery),
            status,
            tone,
            attempts: delivery.attempts.last().map_or(0, |attempt| attempt.number),
            next: delivery.next_attempt.map(Moment),
        }
    };
    state.deliveries.iter().rev().take(most).map(|stored| row(&stored.delivery)).collect()
}

/// Returns the page of a session without its requests, and the ids of the requests that caused its events. `name` is
/// the name of the world as it may be shown.
pub(crate) fn session<'a>(state: &'a State, id: &str, name: &'a str) -> Option<(SessionPage<'a>, Vec<String>)> {
    let stored = state.sessions.get(id)?;
    let events: Vec<_> = stored.events.iter().filter_map(|event| state.events.at(*event)).collect();
    let request_ids = events.iter().filter_map(|event| event.request.as_ref()?.id.clone()).collect();
    let rows = events.iter().map(|event| EventRow {
        time: Moment(event.created),
        type_: event.type_.as_str().to_owned(),
        id: event.id().to_owned(),
        pending: event.pending_webhooks,
    });
    let deliveries: Vec<_> = events
        .iter()
        .flat_map(|event| state.deliveries.having(None, "event", event.id()))
        .filter_map(|delivery| state.deliveries.at(delivery))
        .map(|stored| &stored.delivery)
        .collect();
    let mut attempts: Vec<_> = deliveries
        .iter()
        .flat_map(|delivery| delivery.attempts.iter().map(|attempt| attempt_row(state, delivery, attempt)))
        .collect();
    attempts.sort_by_key(|attempt| attempt.time.0);
    let reports = stored.reports.iter().filter_map(|report| state.reports.at(*report));
    let reports = reports.map(|stored| report_row(&stored.report));
    let mut due = due_things(stored);
    for delivery in deliveries {
        if let Some(next) = delivery.next_attempt {
            let what = format!("{} is sent to {} again", delivery.event_type, endpoint(state, delivery));
            due.push((Some(next.into()), what));
        }
    }
    // Things without a time come last.
    due.sort_by_key(|(time, _)| time.map_or((true, Time::default()), |time| (false, time)));
    let (mut rows, mut reports): (Vec<_>, Vec<_>) = (rows.collect(), reports.collect());
    let has_more = keep_last(&mut rows, MOST_EVENTS)
        | keep_last(&mut attempts, MOST_ATTEMPTS)
        | keep_last(&mut reports, MOST_REPORTS);
    let now = state.clock.now();
    let page = SessionPage {
        world: name,
        tag: state.ids.tag(),
        session: row(state, stored),
        type_: stored.session.type_.as_str().replace('_', " "),
        created: Moment(stored.created),
        now: Moment(now.timestamp()),
        is_frozen: state.clock.is_frozen(),
        due: due.iter().take(MOST_EVENTS).map(|due| in_words(now, due)).collect(),
        page: stored.session.url.as_ref().map(|url| url.expose().trim_start_matches('/').to_owned()),
        requests: Vec::new(),
        events: rows,
        attempts,
        reports,
        has_more,
        root: "../../",
        opener: None,
    };
    Some((page, request_ids))
}

/// Keeps only the last rows. Returns whether there were more.
pub(crate) fn keep_last<T>(rows: &mut Vec<T>, most: usize) -> bool {
    let more = rows.len().saturating_sub(most);
    rows.drain(..more);
    more > 0
}

fn row(state: &State, stored: &StoredSession) -> SessionRow {
    let session = &stored.session;
    let (status, tone) = status(session);
    let now = state.clock.now();
    let due = due_things(stored);
    let next = due.iter().min_by_key(|(time, _)| time.map_or((true, Time::default()), |time| (false, time)));
    SessionRow {
        id: stored.id().to_owned(),
        status,
        tone,
        failure: session.last_error.as_ref().and_then(|error| Some(error.code.as_ref()?.as_str().to_owned())),
        age: Age(now.since(stored.created.into())),
        due: next.map(|due| in_words(now, due)).unwrap_or_default(),
    }
}

fn status(session: &VerificationSession) -> (&'static str, &'static str) {
    if let Some(redaction) = &session.redaction {
        let is_done = redaction.status == RedactionStatus::Redacted;
        return if is_done { ("redacted", "") } else { ("being redacted", "busy") };
    }
    match session.status {
        VerificationSessionStatus::Verified => ("verified", "good"),
        VerificationSessionStatus::Processing => ("checks under way", "busy"),
        VerificationSessionStatus::Canceled => ("canceled", ""),
        VerificationSessionStatus::RequiresInput if session.last_error.is_some() => ("failed", "bad"),
        VerificationSessionStatus::RequiresInput => ("waiting for the user", ""),
        _ => ("unknown", ""),
    }
}

/// Returns the next actions that happen to a session, with their times, or with the condition that they wait for.
fn due_things(stored: &StoredSession) -> Vec<(Option<Time>, String)> {
    let session = &stored.session;
    let mut due = Vec::new();
    let mut add = |time: Option<Time>, what: &str| due.push((time, what.to_owned()));
    if session.redaction.as_ref().is_some_and(|redaction| redaction.status != RedactionStatus::Redacted) {
        match stored.redaction_ends {
            Some(ends) => add(Some(ends), "the redaction ends"),
            None => add(None, "the redaction ends when finish_redaction is called"),
        }
    }
    match session.status {
        VerificationSessionStatus::Processing => match stored.checks.as_ref().map(|checks| checks.end) {
            Some(ChecksEnd::At(end)) => add(Some(end), "the checks end"),
            Some(ChecksEnd::AfterRetrieves(count)) => {
                add(None, &format!("the checks end after {count} more retrieves"));
            }
            None => add(None, "the checks end when finish_processing is called"),
        },
        VerificationSessionStatus::RequiresInput if session.redaction.is_none() => {
            if let Some(next) = &stored.next_try {
                add(Some(next.0), "the user submits");
            }
            match session.url {
                Some(_) => add(Some(stored.url_expires), "the link expires"),
                None => add(None, "a retrieve creates a new link"),
            }
            if session.client_secret.is_some() {
                add(Some(stored.client_secret_expires), "the client secret expires");
            }
        }
        _ => {}
    }
    due
}

fn in_words(now: Time, (time, what): &(Option<Time>, String)) -> String {
    match time {
        Some(time) => format!("{what} in {}", Age(time.since(now))),
        None => what.clone(),
    }
}

fn endpoint(state: &State, delivery: &WebhookDelivery) -> String {
    let stored = state.webhook_endpoints.get(&delivery.webhook_endpoint);
    stored.map_or_else(|| delivery.webhook_endpoint.clone(), |stored| face::place(stored.url.expose()))
}

fn attempt_row(state: &State, delivery: &WebhookDelivery, attempt: &DeliveryAttempt) -> AttemptRow {
    let (answer, tone) = match &attempt.result {
        None => ("under way".to_owned(), "busy"),
        Some(result @ AttemptResult::Response { status, .. }) => {
            (status.as_u16().to_string(), if result.is_success() { "good" } else { "bad" })
        }
        Some(AttemptResult::Failure(failure)) => (failure.as_ref().replace('_', " "), "bad"),
    };
    let mut notes: Vec<_> = attempt.disorder.iter().map(ToString::to_string).collect();
    if attempt.trigger == AttemptTrigger::Resend {
        notes.push(attempt.trigger.as_ref().to_owned());
    }
    AttemptRow {
        time: Moment(attempt.at),
        event_type: delivery.event_type.as_str().to_owned(),
        endpoint: endpoint(state, delivery),
        number: attempt.number,
        answer,
        tone,
        latency: attempt.latency.map(Milliseconds),
        notes,
    }
}

fn report_row(report: &VerificationReport) -> ReportRow {
    let mut checks = Vec::new();
    macro_rules! check {
        ($($check:ident: $name:literal)+) => { $(
            if let Some(check) = &report.$check {
                let code = check.error.as_ref().and_then(|error| Some(format!(" ({})", error.code.as_ref()?.as_str())));
                checks.push(format!("{} {}{}", $name, check.status.as_str(), code.unwrap_or_default()));
            }
        )+ };
    }
    check! { document: "document" id_number: "id number" selfie: "selfie" email: "email address" phone: "phone number" }
    let time = Moment(report.created.unwrap_or(Timestamp::from_secs(0)));
    ReportRow { time, id: report.id.as_str().to_owned(), checks }
}
