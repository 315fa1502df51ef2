//! The output of the example.

use std::io::Write as _;

use stripe_identity::{
    Error, ErrorKind, Page, RedactionState, Response, SessionState, VerificationReport, VerificationSession,
};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Prints a line. Unlike `println!`, it does not panic if the output is closed, as by `head`.
macro_rules! say {
    ($($argument:tt)*) => {{
        let _ = writeln!(std::io::stdout(), $($argument)*);
    }};
}

pub(crate) fn start(is_blocking: bool, is_stripe: bool) {
    let how = if is_blocking { "blocking, over ureq" } else { "asynchronous, over hyper" };
    say!("Stripe Identity quickstart: {how}");
    if is_stripe {
        say!("It uses the key in STRIPE_SECRET_KEY, in test mode.");
    } else {
        say!("A simulator on 127.0.0.1 stands in for Stripe and for the user. Nothing leaves this machine.");
    }
}

pub(crate) fn created(session: &Response<VerificationSession>) {
    say!("\ncreate    {}  {}", session.id, session.status);
    say!("          send the user to its url, which Debug hides: {:?}", session.url);
}

pub(crate) fn repeated(first: &VerificationSession, again: &Response<VerificationSession>) {
    let which = if first.id == again.id { "the same session" } else { "ANOTHER session" };
    say!("create    with the same idempotency key: {which}, replayed: {}", again.meta().is_replayed());
}

pub(crate) fn updated(session: &Response<VerificationSession>) {
    let live = session.options.as_ref().and_then(|options| options.document.as_ref()?.require_live_capture);
    say!("update    require_live_capture: {}", live.unwrap_or_default());
}

pub(crate) fn submitted(what: &str) {
    say!("\n          the user submits {what}");
}

pub(crate) fn retrieved(session: &Response<VerificationSession>) {
    match session.state() {
        SessionState::NotStarted => say!("retrieve  {}, not started", session.status),
        SessionState::Failed { code, reason } => {
            let code = code.as_ref().map_or("failed", |code| code.as_str());
            say!("retrieve  {}, {code}: {}", session.status, reason.unwrap_or_default());
        }
        _ => say!("retrieve  {}", session.status),
    }
}

pub(crate) fn outputs(session: &Response<VerificationSession>) {
    let Some(outputs) = &session.verified_outputs else { return };
    // `expose` is for decisions. What is printed or logged stays hidden.
    let year = outputs.dob.as_ref().and_then(|dob| dob.expose().year);
    // A redaction sets the date of birth to 0001-01-01.
    let is_of_age = !session.is_redacted() && year.is_some_and(|year| year < 2008);
    say!("retrieve  verified outputs: first name {:?}, born before 2008: {is_of_age}", outputs.first_name);
}

pub(crate) fn report(report: &Response<VerificationReport>) {
    if let Some(document) = &report.document {
        let type_ = document.type_.as_ref().map_or("document", |type_| type_.as_str());
        say!("report    {type_}: {}, {} images", document.status, document.files.as_ref().map_or(0, Vec::len));
    }
    if let Some(selfie) = &report.selfie {
        say!("          selfie: {}", selfie.status);
    }
}

pub(crate) fn redacting(session: &Response<VerificationSession>) {
    say!("\nredact    {}, {}", session.status, redaction(session));
}

pub(crate) fn redacted(session: &Response<VerificationSession>) {
    let name = session.verified_outputs.as_ref().and_then(|outputs| outputs.first_name.as_ref());
    let name = name.map_or("absent", |name| name.expose());
    say!(
        "retrieve  {}, {}: first name {name}, {} keys of metadata",
        session.status,
        redaction(session),
        session.metadata.len()
    );
}

pub(crate) fn canceled(session: &Response<VerificationSession>) {
    say!("\ncancel    {}  {}", session.id, session.status);
}

pub(crate) fn list(list: &Response<Page<VerificationSession>>) {
    say!("list      newest first{}", if list.has_more { ", and there are more" } else { "" });
    for session in &list.data {
        say!("          {}  {:<9}  {}, {}", session.id, session.type_, session.status, redaction(session));
    }
}

pub(crate) fn refused(error: Option<&Error>) {
    match error {
        Some(error) => say!("\ncancel    refused, since the session is redacted:\n          {error}"),
        None => say!("\ncancel    accepted, but should be refused"),
    }
}

/// Returns one line for a failure: what is wrong, and what would be right.
pub(crate) fn explain(failure: &Failure) -> String {
    let hint = match failure.downcast_ref::<Error>().map(Error::kind) {
        Some(ErrorKind::Transport) => "; check the network, and STRIPE_API_BASE if it is set",
        Some(ErrorKind::Authentication) => "; STRIPE_SECRET_KEY must be a test key of your account",
        Some(ErrorKind::Permission) => {
            "; the restricted key in STRIPE_SECRET_KEY must be allowed to write verification sessions"
        }
        _ => "",
    };
    format!("{failure}{hint}")
}

fn redaction(session: &VerificationSession) -> String {
    match session.redaction_state() {
        RedactionState::NotRequested => "not redacted".to_owned(),
        RedactionState::InProgress(status) => format!("redaction is {status}"),
        RedactionState::Done => "redacted".to_owned(),
        _ => "redaction is unknown".to_owned(),
    }
}
