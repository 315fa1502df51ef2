//! Calls and webhooks by this workspace, and parts of a call.

mod calls;
mod parts;
mod webhook;

use stripe_identity::{Config, CreateVerificationSession, DocumentType};

use crate::{Failure, Round};

fn config(url: &str) -> Result<Config, Failure> {
    Ok(Config::builder("sk_test_123").base_url(url).build()?)
}

fn params() -> CreateVerificationSession {
    CreateVerificationSession::document()
        .allowed_types([DocumentType::Passport, DocumentType::DrivingLicense])
        .require_live_capture(true)
        .require_matching_selfie(true)
        .client_reference_id("user_000001")
        .metadata("order", "6735")
        .metadata("team", "kyc")
        .provided_email("robin@example.test")
        .return_url("https://example.test/return")
}

/// Returns a task, or `None` if there is no such task.
pub(crate) fn round(task: &str, url: &str) -> Result<Option<Round>, Failure> {
    Ok(match task {
        "webhook" => Some(webhook::round()?),
        _ => match calls::round(task, url)? {
            None => parts::round(task, url)?,
            call => call,
        },
    })
}
