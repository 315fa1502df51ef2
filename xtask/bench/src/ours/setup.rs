use stripe_identity::{Config, CreateVerificationSession, DocumentType};

use crate::round::Failure;

pub(super) fn config(url: &str) -> Result<Config, Failure> {
    Ok(Config::builder("sk_test_123").base_url(url).build()?)
}

/// Returns the parameters of a create, which are those of `by_hand`.
pub(super) fn params() -> CreateVerificationSession {
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
