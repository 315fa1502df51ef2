//! What the example prints about what it did.

use stripe_identity::{Error, List, RedactionStatus, Response, Sensitive, VerificationSession};

pub(crate) fn start(url: &str, is_blocking: bool) {
    let how = if is_blocking { "blocking, over ureq" } else { "asynchronous, over hyper" };
    println!("Stripe Identity quickstart: {how}");
    println!("A simulator listens on {url}. Nothing leaves this machine.");
}

pub(crate) fn created(session: &Response<VerificationSession>) {
    println!("\ncreate    {}  {}  ({})", session.id, session.status, session.request_id().unwrap_or("no request id"));
    println!("          The user is to be sent to its url, which Debug does not show: {:?}", session.url);
}

pub(crate) fn repeated(first: &VerificationSession, again: &Response<VerificationSession>) {
    let same = if first.id == again.id { "the same session" } else { "ANOTHER session" };
    println!("create    again, with the same idempotency key: {same}, replayed: {}", again.is_replayed());
}

pub(crate) fn updated(session: &Response<VerificationSession>) {
    println!("update    {}  {:?}", session.id, session.options);
}

pub(crate) fn tried(session: &Response<VerificationSession>) {
    println!("\nretrieve  {}  {}", session.id, session.status);
    if let Some(error) = &session.last_error {
        let code = error.code.as_ref().map_or("no code", |code| code.as_str());
        println!("          The try failed: {code}. {}", error.reason.as_deref().unwrap_or_default());
    }
    if let Some(report) = &session.last_verification_report {
        println!("          Its report is {}.", report.id());
    }
}

pub(crate) fn outputs(session: &Response<VerificationSession>) {
    println!("\nretrieve  {}  with its verified outputs", session.id);
    let Some(outputs) = &session.verified_outputs else { return };
    let dob = outputs.dob.as_ref().map(Sensitive::expose).copied().unwrap_or_default();
    println!(
        "          exposed on purpose: {} {}, born in {}",
        exposed(outputs.first_name.as_ref()),
        exposed(outputs.last_name.as_ref()),
        dob.year.unwrap_or_default()
    );
    println!("          logged by mistake:  {:?} {:?}, {:?}", outputs.first_name, outputs.last_name, outputs.dob);
}

pub(crate) fn redacting(session: &Response<VerificationSession>) {
    println!("\nredact    {}  {}  redaction: {}", session.id, session.status, redaction(session));
}

pub(crate) fn redacted(session: &Response<VerificationSession>) {
    let name = session.verified_outputs.as_ref().and_then(|outputs| outputs.first_name.as_ref());
    println!("retrieve  {}  {}  redaction: {}", session.id, session.status, redaction(session));
    println!(
        "          The first name is now {}, and the metadata has {} keys.",
        exposed(name),
        session.metadata.len()
    );
}

pub(crate) fn list(list: &Response<List<VerificationSession>>) {
    println!("\nlist      {} sessions, newest first{}", list.data.len(), if list.has_more { ", and more" } else { "" });
    for session in &list.data {
        println!(
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
            println!("\ncancel    refused, as it should be: {error}");
            println!("          The server's own words, which may quote what was sent: {:?}", error.message());
        }
        None => println!("\ncancel    was taken, which should not be"),
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
