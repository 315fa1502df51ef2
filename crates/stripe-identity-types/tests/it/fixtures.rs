use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stripe_identity_types::{
    ApiError, ErrorCode, List, RedactionStatus, VerificationReport, VerificationSession, VerificationSessionStatus,
    VerificationSessionType,
};

pub(crate) fn fixtures() -> Value {
    serde_json::from_str(include_str!("../fixtures.json")).unwrap()
}

/// The fixtures of one kind, by name.
pub(crate) fn of_kind(kind: &str) -> Vec<(String, Value)> {
    fixtures()[kind].as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether nothing is lost on the way through the model, and nothing comes in but what says "absent".
fn survives(before: &Value, after: Option<&Value>) -> Result<(), String> {
    match (before, after) {
        (Value::Null, None) => Ok(()),
        (Value::Object(before), Some(Value::Object(after))) => {
            for (key, value) in before {
                survives(value, after.get(key)).map_err(|error| format!("{key}.{error}"))?;
            }
            let is_empty = |value: &Value| value.is_null() || value == &serde_json::json!({});
            match after.iter().find(|(key, value)| !before.contains_key(*key) && !is_empty(value)) {
                Some((key, value)) => Err(format!("{key} came in as {value}")),
                None => Ok(()),
            }
        }
        (Value::Array(before), Some(Value::Array(after))) if before.len() == after.len() => {
            before.iter().zip(after).try_for_each(|(before, after)| survives(before, Some(after)))
        }
        (before, Some(after)) if before == after => Ok(()),
        _ => Err(format!(" {before} became {after:?}")),
    }
}

fn round_trip<T: DeserializeOwned + Serialize>(name: &str, fixture: &Value) {
    let model: T = serde_json::from_value(fixture.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let after = serde_json::to_value(&model).unwrap();
    survives(fixture, Some(&after)).unwrap_or_else(|error| panic!("{name}: {error}"));
    // And what came out reads as the same again.
    let again = serde_json::to_value(serde_json::from_value::<T>(after.clone()).unwrap()).unwrap();
    assert_eq!(after, again, "{name}");
}

#[test]
fn nothing_of_a_session_or_a_report_is_lost() {
    for (name, fixture) in of_kind("sessions") {
        round_trip::<VerificationSession>(&name, &fixture);
    }
    for (name, fixture) in of_kind("reports") {
        round_trip::<VerificationReport>(&name, &fixture);
    }
    for name in ["sessions_page_1", "sessions_last_page", "sessions_empty"] {
        round_trip::<List<VerificationSession>>(name, &fixtures()["lists"][name]);
    }
    round_trip::<List<VerificationReport>>("reports", &fixtures()["lists"]["reports"]);
}

fn session(name: &str) -> VerificationSession {
    serde_json::from_value(fixtures()["sessions"][name].clone()).unwrap()
}

#[test]
fn values_that_no_model_knows_are_kept_and_keys_ignored() {
    let fixture = &fixtures()["forward_compat"]["session_unknown_values_and_keys"];
    let session: VerificationSession = serde_json::from_value(fixture.clone()).unwrap();
    assert_eq!(session.status.as_str(), "escalated");
    assert_eq!(session.type_.as_str(), "passkey");
    assert_eq!(session.last_error.as_ref().unwrap().code.as_ref().unwrap().as_str(), "hologram_missing");
    assert_eq!(session.redaction.as_ref().unwrap().status.as_str(), "queued");
    let after = serde_json::to_value(&session).unwrap();
    assert_eq!((&after["status"], &after["type"]), (&fixture["status"], &fixture["type"]));
    assert_eq!(after["options"]["document"]["allowed_types"], fixture["options"]["document"]["allowed_types"]);

    let fixture = fixtures()["forward_compat"]["report_unknown_values_and_keys"].clone();
    let report: VerificationReport = serde_json::from_value(fixture).unwrap();
    assert_eq!(report.document.as_ref().unwrap().status.as_str(), "pending");
    assert_eq!(report.document.as_ref().unwrap().type_.as_ref().unwrap().as_str(), "residence_permit");
}

#[test]
fn an_expanded_report_and_an_id_read_alike() {
    let by_id = session("verified");
    let expanded = session("verified_report_expanded");
    assert_eq!(by_id.last_verification_report.as_ref().unwrap().id().as_str(), "vr_1Fixture000001");
    let report = expanded.last_verification_report.unwrap();
    assert_eq!(report.id().as_str(), "vr_1Fixture000003");
    assert_eq!(report.object().unwrap().verification_session.as_ref(), Some(&expanded.id));
}

#[test]
fn a_redacted_session_reads() {
    let redacted = session("redacted");
    assert_eq!(redacted.redaction.unwrap().status, RedactionStatus::Redacted);
    let outputs = redacted.verified_outputs.unwrap();
    assert_eq!(outputs.first_name.unwrap().expose(), "[redacted]");
    assert_eq!(outputs.dob.unwrap().expose().year, None);
}

#[test]
fn a_minimal_session_reads_with_what_it_has() {
    let minimal = session("minimal");
    assert_eq!(minimal.status, VerificationSessionStatus::RequiresInput);
    assert_eq!(minimal.type_, VerificationSessionType::Document);
    assert!(minimal.url.is_none() && minimal.options.is_none() && minimal.metadata.is_empty());
    let bare: VerificationSession = serde_json::from_str(r#"{"id": "vs_1"}"#).unwrap();
    assert!(bare.status.is_absent() && bare.created.is_none() && bare.livemode.is_none());
    assert!(serde_json::from_str::<VerificationSession>("{}").is_err());
}

#[test]
fn errors_keep_what_stripe_said() {
    let mut seen = 0;
    for (name, fixture) in of_kind("errors") {
        let Some(error) = ApiError::from_body(&fixture["body"]) else {
            assert_eq!(name, "503_no_json");
            continue;
        };
        let wire = &fixture["body"]["error"];
        let after = serde_json::to_value(&error).unwrap();
        survives(wire, Some(&after)).unwrap_or_else(|error| panic!("{name}: {error}"));
        seen += usize::from(error.code.as_ref().is_some_and(ErrorCode::is_known));
    }
    assert!(seen >= 6, "only {seen} codes have a name");
}

#[test]
fn errors_quote_no_personal_data() {
    for json in [
        r#"{"id": "vs_1", "metadata": {"a": 123456789}}"#,
        r#"{"id": "vs_1", "metadata": "123456789"}"#,
        r#"{"id": "vs_1", "provided_details": "123456789"}"#,
        r#"{"id": "vs_1", "verified_outputs": "123456789"}"#,
        r#"{"id": "vs_1", "verified_outputs": {"address": "123456789"}}"#,
        r#"{"id": "vs_1", "verified_outputs": {"first_name": 123456789}}"#,
        r#"{"id": "vs_1", "client_reference_id": 123456789}"#,
        r#"{"id": "vs_1", "last_verification_report": {"id": "vr_1", "document": {"address": "123456789"}}}"#,
        r#"{"id": "vs_1", "last_verification_report": {"id": "vr_1", "id_number": "123456789"}}"#,
    ] {
        let error = serde_json::from_str::<VerificationSession>(json).unwrap_err();
        assert!(!error.to_string().contains("6789"), "{json}: {error}");
        assert!(error.column() > 0, "{error:?}");
    }
}

/// What must not show, in whatever position it stands.
#[test]
fn debug_shows_no_personal_data_of_any_fixture() {
    let secrets = [
        "Robin",
        "robin",
        "Exampleton",
        "EXAMPLETON",
        "12 Fixture Row",
        "+1000",
        "F0000001",
        "_secret_",
        "/start/",
        "user_00",
        "6735",
    ];
    let mut found = 0;
    for (kind, is_session) in [("sessions", true), ("reports", false)] {
        for (name, fixture) in of_kind(kind) {
            let shown = if is_session {
                format!("{:?}", serde_json::from_value::<VerificationSession>(fixture.clone()).unwrap())
            } else {
                format!("{:?}", serde_json::from_value::<VerificationReport>(fixture.clone()).unwrap())
            };
            let wire = fixture.to_string();
            for secret in secrets {
                found += usize::from(wire.contains(secret));
                assert!(!shown.contains(secret), "{name} shows {secret}: {shown}");
            }
            for year in ["1990", "2020", "2030"] {
                assert!(!shown.contains(year), "{name} shows {year}");
            }
        }
    }
    assert!(found > 40, "the fixtures hold too little to hide: {found}");
}
