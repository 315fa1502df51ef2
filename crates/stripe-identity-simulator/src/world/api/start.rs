//! The page of a session, on which its user chooses the outcome of their try and sees the result.

mod fields;

use http::StatusCode;
use serde_json::json;
use stripe_identity_core::types::{DocumentType, VerificationSession, VerificationSessionStatus};

use self::fields::Sent;
use crate::control_error::ControlError;
use crate::detail::User;
use crate::face::form::{Asked, Choice, FormPage};
use crate::face::state::StatePage;
use crate::face::{self, Bounds, SCRIPT};
use crate::outcome::{Check, Outcome, reason};
use crate::refusal::Refusal;
use crate::response::Body;
use crate::return_url;
use crate::world::call::Call;
use crate::world::ids::{id_of, seed_of};
use crate::world::life;
use crate::world::record::session::{ChecksEnd, PAGE, StoredSession};
use crate::world::record::visit::UrlEnd;
use crate::world::state::State;
use crate::world::store::Record as _;

/// The interval in seconds at which a page reloads while the checks have no known end.
const PAUSE: u64 = 5;
/// The longest interval in seconds if the end of the checks is known, since a test may advance the clock.
const LONGEST_PAUSE: u64 = 15;

/// Shows the form or, if its URL is no longer valid, the state of the session.
pub(crate) fn show(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (stored, end) = find(state, call)?;
    if let Some(end) = end {
        return Ok(Body::Page(gone(stored, end, call)));
    }
    Ok(Body::Page(form(stored, call, &Sent::nothing(), StatusCode::OK)))
}

/// Accepts a submission, if it is the first one of the URL, and redirects to the result. Shows the form again if the
/// submission is invalid, or only asks for another made-up person.
pub(crate) fn submit(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (stored, end) = find(state, call)?;
    let mut sent = Sent::read(call)?;
    if let Some(end) = end {
        // A double click sends the same form twice.
        let is_same = sent.rendering.is_some() && *end == UrlEnd::Used(sent.rendering);
        return Ok(Body::Page(face::see_other(&next(call, if is_same { "/result" } else { "" }))));
    }
    let session = state.sessions.place(stored.id()).ok_or_else(|| no_page(call))?;
    let submission = sent.submission();
    if sent.asks_to_show && submission.is_some() {
        return Ok(Body::Page(form(stored, call, &sent, StatusCode::OK)));
    }
    let submitted = submission.map(|submission| life::submit(state, session, &submission));
    match submitted {
        Some(Ok(())) => {
            state.file_bytes = state.file_bytes.saturating_add(sent.image_bytes());
            if let Some(mut stored) = state.sessions.edit(session) {
                stored.visit.submitted_at(sent.rendering);
            }
            return Ok(Body::Page(face::see_other(&next(call, "/result"))));
        }
        Some(Err(error)) => {
            let name = if matches!(error, ControlError::DocumentNotAllowed(_)) { "document[type]" } else { "outcome" };
            sent.refuse(name, error.to_string());
        }
        None => {}
    }
    let (stored, _) = find(state, call)?;
    Ok(Body::Page(form(stored, call, &sent, StatusCode::UNPROCESSABLE_ENTITY)))
}

/// Shows the page after a submission. It waits for the end of the checks, and returns the user to the application.
pub(crate) fn result(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    let (stored, end) = find(state, call)?;
    let page = match end {
        None => face::see_other(&format!("../{}", call.id)),
        Some(UrlEnd::Used(_)) if is_framed(call) => {
            let page = StatePage {
                title: "Submitted",
                tone: "good",
                paragraphs: vec!["The application continues when this dialog is closed.".to_owned()],
                session: Some(stored.id()),
                opener: stored.visit.opener.as_deref(),
                news: "submitted",
                ..StatePage::default()
            };
            face::page(StatusCode::OK, &page, &bounds(stored, call))
        }
        Some(UrlEnd::Used(_)) if stored.session.status == VerificationSessionStatus::Processing => {
            processing(state, stored, call)
        }
        Some(end @ UrlEnd::Used(_)) if stored.session.redaction.is_none() => ended(stored, end, call),
        Some(end) => gone(stored, end, call),
    };
    Ok(Body::Page(page))
}

/// Returns the page of a session by its client secret, to a page of another origin that opens it in a dialog.
pub(crate) fn open(state: &mut State, call: &mut Call<'_>) -> Result<Body, Refusal> {
    call.form.text("key")?;
    let secret = call.form.text("client_secret")?.ok_or_else(|| Refusal::missing_parameter("client_secret"))?;
    call.form.finish()?;
    let origin = call.origin.clone().filter(|origin| return_url::source(origin).as_ref() == Some(origin));
    let origin = origin.ok_or_else(Refusal::opener)?;
    let (id, _) = secret.split_once("_secret_").ok_or_else(Refusal::used_secret)?;
    let stored = state.sessions.get(id);
    let stored = stored.ok_or_else(|| Refusal::no_such("client_secret", StoredSession::NAME, id))?;
    let session = &stored.session;
    if session.client_secret.as_ref().is_none_or(|current| *current.expose() != secret) {
        return Err(Refusal::used_secret());
    }
    let url = session.url.as_ref().ok_or_else(Refusal::used_secret)?.expose();
    let page = json!({ "id": session.id, "page": url.trim_start_matches('/') });
    if stored.visit.opener.as_ref() != Some(&origin)
        && let Some(mut stored) = state.sessions.place(id).and_then(|session| state.sessions.edit(session))
    {
        stored.visit.opener = Some(origin);
    }
    Ok(page.into())
}

/// Returns the session of a URL, and the reason why the URL is no longer valid, or `None` if it is.
fn find<'a>(state: &'a State, call: &Call<'_>) -> Result<(&'a StoredSession, Option<&'a UrlEnd>), Refusal> {
    let url = format!("{PAGE}{}", call.id);
    let found = || {
        let id = id_of("vs_", call.id.strip_prefix("test_")?)?;
        let stored = state.sessions.get(&id)?;
        if stored.session.url.as_ref().is_some_and(|current| *current.expose() == url) {
            return Some((stored, None));
        }
        Some((stored, Some(stored.visit.end_of(&url)?)))
    };
    found().ok_or_else(|| no_page(call))
}

fn no_page(call: &Call<'_>) -> Refusal {
    Refusal::unknown_url(call.route.method(), "/start/…")
}

/// Returns whether the page is shown in a dialog of another page.
fn is_framed(call: &Call<'_>) -> bool {
    call.route.template().starts_with(SCRIPT)
}

/// Returns the URL of another page of the session. It is relative, since a proxy may use another path.
fn next(call: &Call<'_>, rest: &str) -> String {
    format!("{}{rest}", call.id)
}

fn bounds<'a>(stored: &'a StoredSession, call: &Call<'_>) -> Bounds<'a> {
    Bounds { opener: stored.visit.opener.as_deref().filter(|_| is_framed(call)) }
}

fn return_url(stored: &StoredSession) -> Option<&str> {
    stored.visit.return_url.as_ref().map(|url| url.expose().as_str())
}

const BACK: &str = "Return to the application";

/// Shows that a link is no longer valid, and the state of its session.
fn gone(stored: &StoredSession, end: &UrlEnd, call: &Call<'_>) -> http::Response<bytes::Bytes> {
    let session = &stored.session;
    let wait = next(call, "/result");
    let mut page = StatePage { session: Some(stored.id()), ..StatePage::default() };
    page.link = return_url(stored).filter(|_| !is_framed(call)).map(|url| (url, BACK));
    let retry = "To try again, go back to the application. It gets a new link when it retrieves the session.";
    let text = |text: &str| vec![text.to_owned()];
    match (&session.status, end) {
        _ if session.redaction.is_some() => {
            page.title = "This session is redacted";
            page.paragraphs = text(
                "Its data has been erased, or will be. To verify somebody again, the application creates a new one.",
            );
        }
        (VerificationSessionStatus::Canceled, _) => {
            page.title = "This session was canceled";
            page.paragraphs = text("Nothing can be submitted any more. The application can create a new session.");
        }
        (VerificationSessionStatus::Verified, _) => {
            (page.title, page.tone) = ("This session is verified", "good");
            page.paragraphs = text("The link has been used. There is nothing left to do.");
        }
        (VerificationSessionStatus::Processing, _) => {
            (page.title, page.tone) = ("Already submitted", "busy");
            page.paragraphs = text("The link has been used, and the checks are under way.");
            page.link = Some((wait.as_str(), "Wait for the checks")).filter(|_| !is_framed(call));
        }
        (_, UrlEnd::Expired) => {
            page.title = "This link has expired";
            page.paragraphs = text("A link is valid for 48 hours.");
            page.paragraphs.push(retry.to_owned());
        }
        _ => {
            (page.title, page.tone) = ("This link has been used", "bad");
            page.failure = last_failure(session);
            page.paragraphs = text(retry);
        }
    }
    if is_framed(call) {
        page.opener = stored.visit.opener.as_deref();
        page.news = "gone";
    }
    face::page(StatusCode::GONE, &page, &bounds(stored, call))
}

fn processing(state: &State, stored: &StoredSession, call: &Call<'_>) -> http::Response<bytes::Bytes> {
    let mut pause = PAUSE;
    let end = match stored.checks.as_ref().map(|checks| checks.end) {
        Some(ChecksEnd::At(end)) => {
            let time = end.timestamp();
            if state.clock.is_frozen() {
                format!("The checks end at {time}. The clock of this world stands still until it is advanced.")
            } else {
                let left = end.since(state.clock.now()).as_secs().saturating_add(1);
                pause = left.min(LONGEST_PAUSE);
                format!("The checks end at {time}.")
            }
        }
        Some(ChecksEnd::AfterRetrieves(count)) => format!(
            "The checks end when the application retrieves the session, after {count} more retrieves with the status \
             processing."
        ),
        None => "The checks end when a test calls finish_processing.".to_owned(),
    };
    let page = StatePage {
        title: "Processing",
        tone: "busy",
        paragraphs: vec![end, "This page continues on its own.".to_owned()],
        link: return_url(stored).map(|url| (url, "Return without waiting")),
        session: Some(stored.id()),
        ..StatePage::default()
    };
    face::refreshing(face::page(StatusCode::OK, &page, &bounds(stored, call)), pause, None)
}

/// Shows the result once the checks have ended, and returns the user to the application.
///
/// It is a page that continues on its own instead of a redirect. A browser would apply the `form-action` of the form's
/// page to the redirects that follow, which may lead to another host.
fn ended(stored: &StoredSession, end: &UrlEnd, call: &Call<'_>) -> http::Response<bytes::Bytes> {
    let url = return_url(stored);
    let failure = last_failure(&stored.session);
    let (title, tone) = match (&stored.session.status, &failure) {
        (VerificationSessionStatus::Verified, _) => ("Verified", "good"),
        (_, Some(_)) => ("Not verified", "bad"),
        _ => return gone(stored, end, call),
    };
    let text = if url.is_some() {
        "The application opens on its own, if it is installed or running."
    } else {
        "You can close this page."
    };
    let page = StatePage {
        title,
        tone,
        failure,
        paragraphs: vec![text.to_owned()],
        link: url.map(|url| (url, BACK)),
        session: Some(stored.id()),
        ..StatePage::default()
    };
    let page = face::page(StatusCode::OK, &page, &bounds(stored, call));
    if url.is_some() { face::refreshing(page, 0, url) } else { page }
}

fn last_failure(session: &VerificationSession) -> Option<(&str, &str)> {
    let code = session.last_error.as_ref()?.code.as_ref()?;
    Some((reason(code), code.as_str()))
}

fn form(stored: &StoredSession, call: &Call<'_>, sent: &Sent, status: StatusCode) -> http::Response<bytes::Bytes> {
    let session = &stored.session;
    let made_up = User::from_seed(sent.made_up.parse().unwrap_or_else(|_| seed_of(stored.id())));
    let user = match &stored.person {
        Some(person) if sent.made_up.is_empty() => User { person: (**person).clone(), document: made_up.document },
        _ => made_up,
    };
    let page = FormPage {
        session: stored.id(),
        token: &call.id,
        rendering: call.request.id.as_deref().unwrap_or_default(),
        asked: asked(session),
        last_failure: last_failure(session),
        outcomes: outcomes(session, &sent.outcome),
        outcome_error: sent.error("outcome"),
        person: fields::summary(&user.person, session),
        number: sent.number(),
        person_fields: fields::of_person(&user.person, session, sent),
        document_fields: fields::of_document(&user, session, sent),
        images: fields::of_images(session, sent),
        opener: stored.visit.opener.as_deref().filter(|_| is_framed(call)),
    };
    face::page(status, &page, &bounds(stored, call))
}

fn asked(session: &VerificationSession) -> Vec<Asked<'_>> {
    let document = session.options.as_ref().and_then(|options| options.document.as_ref());
    let details = session.provided_details.as_ref();
    let mut asked = Vec::new();
    for check in Check::ALL.into_iter().filter(|check| check.is_part_of(session)) {
        let mut detail = String::new();
        let (what, given) = match check {
            Check::Document => {
                let allowed = document.and_then(|document| document.allowed_types.as_deref()).unwrap_or_default();
                let types = if allowed.is_empty() { DocumentType::KNOWN } else { allowed };
                detail = types.iter().map(fields::document_type).collect::<Vec<_>>().join(", ");
                if document.is_some_and(|document| document.require_live_capture == Some(true)) {
                    detail.push_str("; images taken live");
                }
                ("Document", None)
            }
            Check::IdNumber => ("Id number", None),
            Check::Selfie => {
                "that matches the document".clone_into(&mut detail);
                ("Selfie", None)
            }
            Check::Email => ("Email address", details.and_then(|details| details.email.as_ref())),
            Check::Phone => ("Phone number", details.and_then(|details| details.phone.as_ref())),
        };
        asked.push(Asked { what, detail, given: given.map(|given| given.expose().as_str()) });
    }
    asked
}

/// Returns the outcomes that a session can have, grouped by what fails.
fn outcomes(session: &VerificationSession, chosen: &str) -> Vec<(&'static str, Vec<Choice>)> {
    let mut groups: Vec<(&'static str, Vec<Choice>)> = Vec::new();
    for outcome in Outcome::possible_for(session) {
        let value = outcome.to_string();
        let group = match (&outcome, outcome.check()) {
            (Outcome::Verified, _) => "",
            (_, None) => "The user does not reach the checks",
            (_, Some(Check::Document)) => "The document fails",
            (_, Some(Check::IdNumber)) => "The id number fails",
            (_, Some(Check::Selfie)) => "The selfie fails",
            (_, Some(Check::Email)) => "The email address fails",
            (_, Some(Check::Phone)) => "The phone number fails",
        };
        let label = outcome.reason().unwrap_or("All checks pass.").to_owned();
        let choice = Choice { is_chosen: value == chosen, value, label };
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, choices)) => choices.push(choice),
            None => groups.push((group, vec![choice])),
        }
    }
    // The outcomes of checks come first, since they are chosen more often.
    groups.sort_by_key(|(name, _)| *name == "The user does not reach the checks");
    groups
}
