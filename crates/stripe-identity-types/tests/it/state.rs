use proptest::prelude::*;
use serde_json::{Value, json};
use stripe_identity_types::{
    Event, LastErrorCode, RedactionState, SessionState, VerificationSession, VerificationSessionStatus, reduce,
};

use crate::fixtures::fixtures;

fn session(name: &str) -> VerificationSession {
    serde_json::from_value(fixtures()["sessions"][name].clone()).unwrap()
}

#[test]
fn each_state_is_told_apart() {
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
    assert_eq!(session.state(), SessionState::Unknown);
}

#[test]
fn redaction_is_done_only_when_it_says_so() {
    assert_eq!(session("verified").redaction_state(), RedactionState::NotRequested);
    assert_eq!(session("redaction_processing").redaction_state(), RedactionState::UnderWay);
    assert_eq!(session("redaction_validated").redaction_state(), RedactionState::UnderWay);
    assert_eq!(session("redacted").redaction_state(), RedactionState::Done);
}

fn event(created: i64, type_: &str, session: &Value) -> Event {
    serde_json::from_value(json!({
        "id": format!("evt_{created}"), "type": format!("identity.verification_session.{type_}"), "created": created,
        "data": {"object": session},
    }))
    .unwrap()
}

/// The life of a session, in the order in which it happened.
fn life() -> Vec<Event> {
    let session = |status: &str, extra: Value| {
        let mut session = json!({"id": "vs_1", "object": "identity.verification_session", "status": status});
        session.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        session
    };
    let error = json!({"last_error": {"code": "document_expired"}});
    vec![
        event(100, "created", &session("requires_input", json!({}))),
        // The same second as the next.
        event(160, "processing", &session("processing", json!({}))),
        event(160, "requires_input", &session("requires_input", error)),
        event(200, "processing", &session("processing", json!({}))),
        event(200, "verified", &session("verified", json!({}))),
        event(900, "redacted", &session("verified", json!({"redaction": {"status": "redacted"}}))),
    ]
}

#[test]
fn events_in_order_tell_each_state_in_turn() {
    let mut known = None;
    let states: Vec<_> = life()
        .iter()
        .map(|event| {
            known = reduce(known.take(), event);
            let known = known.as_ref().unwrap();
            (known.state.clone(), known.redaction, known.as_of.as_secs())
        })
        .collect();
    let failed = SessionState::Failed { code: Some(LastErrorCode::DocumentExpired), reason: None };
    let none = RedactionState::NotRequested;
    assert_eq!(
        states,
        [
            (SessionState::NotStarted, none, 100),
            (SessionState::Processing, none, 160),
            (failed, none, 160),
            (SessionState::Processing, none, 200),
            (SessionState::Verified, none, 200),
            (SessionState::Verified, RedactionState::Done, 900),
        ]
    );
}

#[test]
fn what_is_not_about_a_session_changes_nothing() {
    let known = reduce(None, &life()[0]);
    let file = event(999, "verified", &json!({"id": "file_1", "object": "file"}));
    let escalated = event(999, "escalated", life()[0].data.object.expose().get("status").unwrap());
    let bare: Event = serde_json::from_str(r#"{"id": "evt_1"}"#).unwrap();
    for event in [file, escalated, bare] {
        assert_eq!(reduce(known.clone(), &event), known);
        assert_eq!(reduce(None, &event), None);
    }
}

#[test]
fn a_snapshot_of_another_version_gives_what_the_type_says() {
    let unreadable = json!({"id": "vs_1", "object": "identity.verification_session", "created": "today"});
    let mut known = reduce(None, &life()[0]);
    for (type_, state, redaction) in [
        ("processing", SessionState::Processing, RedactionState::NotRequested),
        ("requires_input", SessionState::Failed { code: None, reason: None }, RedactionState::NotRequested),
        ("verified", SessionState::Verified, RedactionState::NotRequested),
        ("redacted", SessionState::Verified, RedactionState::Done),
    ] {
        known = reduce(known, &event(999, type_, &unreadable));
        let known = known.as_ref().unwrap();
        assert_eq!((&known.state, known.redaction), (&state, redaction));
    }
}

#[test]
fn the_events_of_another_session_are_left_out() {
    let known = reduce(None, &life()[0]);
    let other = json!({"id": "vs_2", "object": "identity.verification_session", "status": "verified"});
    assert_eq!(reduce(known.clone(), &event(999, "verified", &other)), known);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// However often and in whatever order they come, once all have come the end is known.
    #[test]
    fn order_and_repetition_do_not_matter(
        order in prop::collection::vec(0..6_usize, 0..30),
        shuffled in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let life = life();
        let all = order.into_iter().chain(shuffled);
        let known = all.fold(None, |known, index| reduce(known, &life[index])).unwrap();
        prop_assert_eq!((known.state, known.redaction, known.as_of.as_secs()), (SessionState::Verified, RedactionState::Done, 900));
    }
}
