//! Calls by this workspace.

use stripe_identity::{
    Client, Config, CreateVerificationSession, DocumentType, HyperTransport, ListVerificationSessions, SessionExpand,
};

use crate::measure::{Failure, repeat};

pub(crate) fn run(operation: &str, calls: u32, url: &str) -> Result<u64, Failure> {
    let config = Config::builder("sk_test_123").base_url(url).build()?;
    let sessions = Client::new(config, HyperTransport::new()?).verification_sessions();
    match operation {
        "create" => repeat(calls, || {
            let params = CreateVerificationSession::document()
                .allowed_types([DocumentType::Passport, DocumentType::DrivingLicense])
                .require_live_capture(true)
                .require_matching_selfie(true)
                .client_reference_id("user_0001")
                .metadata("order", "6735")
                .metadata("team", "kyc")
                .provided_email("robin@example.test")
                .return_url("https://example.test/return");
            let call = sessions.create(params);
            async { Ok(call.await?) }
        }),
        "retrieve" => repeat(calls, || {
            let expand = [SessionExpand::VerifiedOutputs, SessionExpand::LastVerificationReport];
            let call = sessions.retrieve("vs_1Bench000001").expand(expand);
            async { Ok(call.await?) }
        }),
        "list100" => repeat(calls, || {
            let call = sessions.list(ListVerificationSessions::new().limit(100));
            async { Ok(call.await?) }
        }),
        other => Err(format!("{other} is not an operation: it must be create, retrieve or list100").into()),
    }
}
