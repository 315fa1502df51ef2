//! What the example prints about what it did.

use std::io::Write as _;

use stripe_identity::{Error, Page, RedactionStatus, Response, Sensitive, VerificationReport, VerificationSession};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Prints a line; if nobody reads it, as when the output goes to `head`, that is no reason to fail.
macro_rules! say {
    ($($argument:tt)*) => {{
        let _ = writeln!(std::io::stdout(), $($argument)*);
    }};
}

pub(crate) fn start(url: &str, is_blocking: bool) {
    let how = if is_blocking { "blocking, over ureq" } else { "asynchronous, over hyper" };
    say!("Stripe Identity quickstart: {how}");
    say!("A simulator listens on {url}. Nothing leaves this machine.");
}

pub(crate) fn created(session: &Response<VerificationSession>) {
    say!(
        "\ncreate    {}  {}  ({})",
        session.id,
        session.status,
        session.meta().request_id().unwrap_or("no request id")
    );
    say!("          The user is to be sent to its url, which Debug does not show: {:?}", session.url);
}

pub(crate) fn repeated(first: &VerificationSession, again: &Response<VerificationSession>) {
    let same = if first.id == again.id { "the same session" } else { "ANOTHER session" };
    say!("create    again, with the same idempotency key: {same}, replayed: {}", again.meta().is_replayed());
}

pub(crate) fn updated(session: &Response<VerificationSession>) {
    say!("update    {}  {:?}", session.id, session.options);
}

pub(crate) fn tried(session: &Response<VerificationSession>) {
    say!("\nretrieve  {}  {}, that is {:?}", session.id, session.status, session.state());
    if let Some(report) = &session.last_verification_report {
        say!("          Its report is {}.", report.id());
    }
}

pub(crate) fn outputs(session: &Response<VerificationSession>) {
    say!("\nretrieve  {}  with its verified outputs", session.id);
    let Some(outputs) = &session.verified_outputs else { return };
    let dob = outputs.dob.as_ref().map(Sensitive::expose).copied().unwrap_or_default();
    say!(
        "          exposed on purpose: {} {}, born in {}",
        exposed(outputs.first_name.as_ref()),
        exposed(outputs.last_name.as_ref()),
        dob.year.unwrap_or_default()
    );
    say!("          logged by mistake:  {:?} {:?}, {:?}", outputs.first_name, outputs.last_name, outputs.dob);
}

pub(crate) fn report(report: &Response<VerificationReport>) {
    say!("\nretrieve  {}  the report of the last try", report.id);
    if let Some(document) = &report.document {
        let type_ = document.type_.as_ref().map_or("document", |type_| type_.as_str());
        say!("          {type_}: {}, in {} images", document.status, document.files.as_ref().map_or(0, Vec::len));
    }
    if let Some(selfie) = &report.selfie {
        say!("          selfie: {}", selfie.status);
    }
}

pub(crate) fn redacting(session: &Response<VerificationSession>) {
    say!("\nredact    {}  {}  redaction: {}", session.id, session.status, redaction(session));
}

pub(crate) fn redacted(session: &Response<VerificationSession>) {
    let name = session.verified_outputs.as_ref().and_then(|outputs| outputs.first_name.as_ref());
    say!("retrieve  {}  {}  redaction: {}", session.id, session.status, redaction(session));
    say!("          The first name is now {}, and the metadata has {} keys.", exposed(name), session.metadata.len());
}

pub(crate) fn list(list: &Response<Page<VerificationSession>>) {
    say!("\nlist      {} sessions, newest first{}", list.data.len(), if list.has_more { ", and more" } else { "" });
    for session in &list.data {
        say!(
            "          {}  {:<10}  {:<14}  redaction: {}",
            session.id,
            session.type_,
            session.status,
            redaction(session)
        );
    }
}

pub(crate) fn refused(error: Option<&Error>) {
    match error {
        Some(error) => {
            say!("\ncancel    refused, as it should be: {error}");
            say!("          The server's own words, which may quote what was sent: {:?}", error.message());
        }
        None => say!("\ncancel    was taken, which should not be"),
    }
}

fn redaction(session: &VerificationSession) -> &str {
    session.redaction.as_ref().map_or("none", |redaction| match &redaction.status {
        RedactionStatus::Redacted => "done",
        status => status.as_str(),
    })
}

fn exposed(text: Option<&Sensitive<String>>) -> &str {
    text.map_or("(absent)", |text| text.expose())
}
