use serde_json::{Value, json};
use stripe_identity_types::{
    LastErrorCode, RedactionState, RedactionStatus, SessionState, UnknownValue, VerificationSession,
    VerificationSessionStatus,
};

use crate::fixtures::fixtures;

fn session(name: &str) -> VerificationSession {
    serde_json::from_value(fixtures()["sessions"][name].clone()).unwrap()
}

fn unknown(status: &str) -> UnknownValue {
    let VerificationSessionStatus::Unknown(value) = status.into() else { panic!("{status} has a name") };
    value
}

#[test]
fn session_state_distinguishes_not_started_from_failed() {
    assert_eq!(session("requires_input_new").state(), SessionState::NotStarted);
    let failed = session("requires_input_last_error").state();
    let SessionState::Failed { code, reason } = failed else { panic!("{failed:?}") };
    assert_eq!((code, reason.is_some()), (Some(LastErrorCode::DocumentExpired), true));
    assert_eq!(session("verified").state(), SessionState::Verified);
    assert_eq!(session("canceled").state(), SessionState::Canceled);
    let mut session = session("verified");
    session.status = VerificationSessionStatus::Processing;
    assert_eq!(session.state(), SessionState::Processing);
    session.status = "escalated".into();
    assert_eq!(session.state(), SessionState::Unknown(unknown("escalated")));
}

#[test]
fn redaction_state_is_done_only_for_status_redacted() {
    assert_eq!(session("verified").redaction_state(), RedactionState::NotRequested);
    let processing = RedactionState::InProgress(RedactionStatus::Processing);
    assert_eq!(session("redaction_processing").redaction_state(), processing);
    let validated = RedactionState::InProgress(RedactionStatus::Validated);
    assert_eq!(session("redaction_validated").redaction_state(), validated);
    assert_eq!(session("redacted").redaction_state(), RedactionState::Done);
}

#[test]
fn is_decided_is_true_for_failed_verified_and_canceled() {
    for (name, is_decided) in [
        ("requires_input_new", false),
        ("requires_input_last_error", true),
        ("verified", true),
        ("canceled", true),
        ("redaction_processing", true),
    ] {
        assert_eq!(session(name).is_decided(), is_decided, "{name}");
    }
    let mut session = session("verified");
    for status in ["processing", "escalated", ""] {
        session.status = status.into();
        assert!(!session.is_decided(), "{status}");
    }
}

#[test]
fn state_serializes_as_status_and_last_error() {
    let failed = |code: Option<&str>, reason: Option<&str>| SessionState::Failed {
        code: code.map(LastErrorCode::from),
        reason: reason.map(str::to_owned),
    };
    let states: [(SessionState, Value); 9] = [
        (SessionState::NotStarted, json!({"status": "requires_input", "last_error": null})),
        (failed(None, None), json!({"status": "requires_input", "last_error": {"code": null, "reason": null}})),
        (
            failed(Some("document_expired"), Some("Expired.")),
            json!({"status": "requires_input", "last_error": {"code": "document_expired", "reason": "Expired."}}),
        ),
        (
            failed(Some("hologram_missing"), None),
            json!({"status": "requires_input", "last_error": {"code": "hologram_missing", "reason": null}}),
        ),
        (SessionState::Processing, json!({"status": "processing", "last_error": null})),
        (SessionState::Verified, json!({"status": "verified", "last_error": null})),
        (SessionState::Canceled, json!({"status": "canceled", "last_error": null})),
        (SessionState::Unknown(unknown("failed")), json!({"status": "failed", "last_error": null})),
        (SessionState::Unknown(unknown("")), json!({"status": "", "last_error": null})),
    ];
    for (state, stored) in states {
        assert_eq!(serde_json::to_value(&state).unwrap(), stored);
        assert_eq!(serde_json::from_value::<SessionState>(stored).unwrap(), state);
    }
    for (state, stored) in [
        (RedactionState::NotRequested, json!(null)),
        (RedactionState::InProgress(RedactionStatus::Processing), json!("processing")),
        (RedactionState::InProgress(RedactionStatus::Validated), json!("validated")),
        (RedactionState::InProgress("queued".into()), json!("queued")),
        (RedactionState::Done, json!("redacted")),
    ] {
        assert_eq!(serde_json::to_value(&state).unwrap(), stored);
        assert_eq!(serde_json::from_value::<RedactionState>(stored).unwrap(), state);
    }
    // Keys that a later version adds are ignored.
    let later = json!({"status": "processing", "since": 5});
    assert_eq!(serde_json::from_value::<SessionState>(later).unwrap(), SessionState::Processing);
}
