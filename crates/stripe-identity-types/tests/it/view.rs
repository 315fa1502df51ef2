//! Tests the state that a view shows after the events of a session.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use stripe_identity_types::{
    Event, LastErrorCode, RedactionState, SessionState, SessionView, Timestamp, VerificationSession,
};

fn event(created: i64, type_: &str, session: &Value) -> Event {
    serde_json::from_value(json!({
        "id": format!("evt_{created}"), "type": format!("identity.verification_session.{type_}"), "created": created,
        "data": {"object": session},
    }))
    .unwrap()
}

/// The events of a session, in the order in which they happened.
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

fn seconds(view: &SessionView) -> Option<i64> {
    view.as_of.map(Timestamp::as_secs)
}

#[test]
fn events_in_order_show_each_state() {
    let mut view = SessionView::new("vs_1");
    let states: Vec<_> = life()
        .iter()
        .map(|event| {
            assert!(view.apply(event));
            (view.state.clone(), view.redaction.clone(), seconds(&view))
        })
        .collect();
    let failed = SessionState::Failed { code: Some(LastErrorCode::DocumentExpired), reason: None };
    let none = RedactionState::NotRequested;
    assert_eq!(
        states,
        [
            (SessionState::NotStarted, none.clone(), Some(100)),
            (SessionState::Processing, none.clone(), Some(160)),
            (failed, none.clone(), Some(160)),
            (SessionState::Processing, none.clone(), Some(200)),
            (SessionState::Verified, none, Some(200)),
            (SessionState::Verified, RedactionState::Done, Some(900)),
        ]
    );
}

#[test]
fn event_that_is_not_about_a_session_changes_nothing() {
    let view = SessionView::from_event(&life()[0]).unwrap();
    let file = event(999, "verified", &json!({"id": "file_1", "object": "file"}));
    let escalated = event(999, "escalated", life()[0].data.object.expose().value().unwrap());
    let status_only = event(999, "escalated", life()[0].data.object.expose().get("status").unwrap());
    let bare: Event = serde_json::from_str(r#"{"id": "evt_1"}"#).unwrap();
    let mut no_time = life()[4].clone();
    no_time.created = None;
    for event in [file, escalated, status_only, bare, no_time] {
        let mut changed = view.clone();
        assert!(!changed.apply(&event));
        assert_eq!(changed, view);
        assert_eq!(SessionView::from_event(&event), None);
    }
}

#[test]
fn snapshot_that_does_not_parse_implies_state_by_event_type() {
    let unreadable = json!({"id": "vs_1", "object": "identity.verification_session", "created": "today"});
    let mut view = SessionView::from_event(&life()[0]).unwrap();
    for (type_, state, redaction) in [
        ("processing", SessionState::Processing, RedactionState::NotRequested),
        ("requires_input", SessionState::Failed { code: None, reason: None }, RedactionState::NotRequested),
        ("verified", SessionState::Verified, RedactionState::NotRequested),
        ("redacted", SessionState::Verified, RedactionState::Done),
    ] {
        assert!(view.apply(&event(999, type_, &unreadable)));
        assert_eq!((&view.state, &view.redaction), (&state, &redaction));
    }
    for (type_, state) in [("created", SessionState::NotStarted), ("canceled", SessionState::Canceled)] {
        assert_eq!(SessionView::from_event(&event(999, type_, &unreadable)).unwrap().state, state);
    }
    let first = SessionView::from_event(&event(999, "redacted", &unreadable)).unwrap();
    assert!(matches!(&first.state, SessionState::Unknown(status) if status.as_str().is_empty()));
    assert_eq!(first.redaction, RedactionState::Done);
}

#[test]
fn event_of_another_session_changes_nothing() {
    let mut view = SessionView::from_event(&life()[0]).unwrap();
    let before = view.clone();
    let other = json!({"id": "vs_2", "object": "identity.verification_session", "status": "verified"});
    assert!(!view.apply(&event(999, "verified", &other)));
    assert_eq!(view, before);
}

#[test]
fn view_from_a_session_is_as_of_its_creation() {
    let session = |json: Value| serde_json::from_value::<VerificationSession>(json).unwrap();
    let mut view = SessionView::from(&session(json!({"id": "vs_1", "status": "verified", "created": 100})));
    assert_eq!((view.state.clone(), seconds(&view)), (SessionState::Verified, Some(100)));
    // The event of the creation is not newer, and each later one is.
    assert!(!view.apply(&life()[0]));
    assert_eq!(view.state, SessionState::Verified);
    assert!(life()[1..].iter().all(|event| view.apply(event)));
    assert_eq!((view.state, view.redaction), (SessionState::Verified, RedactionState::Done));

    let mut view = SessionView::from(&session(json!({"id": "vs_1"})));
    assert_eq!(view.as_of, None);
    assert!(view.apply(&life()[0]));
}

/// Stores and loads a view in each of several formats.
fn reloaded(view: &SessionView) -> Vec<SessionView> {
    fn json<T: Serialize + DeserializeOwned>(value: &T) -> T {
        serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
    }
    let mut cbor = Vec::new();
    ciborium::into_writer(view, &mut cbor).unwrap();
    let (names, sequence) = (rmp_serde::to_vec_named(view).unwrap(), rmp_serde::to_vec(view).unwrap());
    vec![
        json(view),
        serde_json::from_value(serde_json::to_value(view).unwrap()).unwrap(),
        ciborium::from_reader(&cbor[..]).unwrap(),
        rmp_serde::from_slice(&names).unwrap(),
        rmp_serde::from_slice(&sequence).unwrap(),
    ]
}

/// Applies events to a view in memory and to views that are stored and loaded after each event, and
/// checks that they stay equal.
fn follow<'a>(events: impl IntoIterator<Item = &'a Event>) -> SessionView {
    let mut view = SessionView::new("vs_1");
    let mut stored = reloaded(&view);
    for event in events {
        let is_changed = view.apply(event);
        for stored in &mut stored {
            assert_eq!(stored.apply(event), is_changed);
            assert_eq!(*stored, view);
        }
        stored = stored.iter().enumerate().map(|(format, stored)| reloaded(stored).remove(format)).collect();
        assert!(stored.iter().all(|stored| *stored == view));
    }
    view
}

fn is_end(view: &SessionView) -> bool {
    (&view.state, &view.redaction, seconds(view)) == (&SessionState::Verified, &RedactionState::Done, Some(900))
}

/// Passes every order of some items to a function.
fn permutations<T: Clone>(items: &mut Vec<T>, from: usize, each: &mut impl FnMut(&[T])) {
    if from == items.len() {
        return each(items);
    }
    for index in from..items.len() {
        items.swap(from, index);
        permutations(items, from + 1, each);
        items.swap(from, index);
    }
}

#[test]
fn view_stored_between_events_shows_the_end_in_every_order() {
    let mut orders = 0;
    permutations(&mut life(), 0, &mut |events| {
        assert!(is_end(&follow(events)));
        orders += 1;
    });
    assert_eq!(orders, 720);
}

#[test]
fn stored_view_keeps_unknown_values_and_later_keys() {
    let stored = json!({
        "id": "vs_1", "state": {"status": "escalated", "last_error": null}, "redaction": "queued", "as_of": 100,
        "rank": 200,
    });
    let view: SessionView = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&view).unwrap(), stored);
    assert!(reloaded(&view).iter().all(|again| *again == view));
    let mut later = stored.clone();
    later["new"] = json!(true);
    assert_eq!(serde_json::from_value::<SessionView>(later).unwrap(), view);
    // Only the id and the state are required.
    let least = json!({"id": "vs_1", "state": {"status": ""}});
    assert_eq!(serde_json::from_value::<SessionView>(least).unwrap(), SessionView::new("vs_1"));
    for missing in ["id", "state"] {
        let mut stored = stored.clone();
        stored.as_object_mut().unwrap().remove(missing);
        assert!(serde_json::from_value::<SessionView>(stored).is_err(), "{missing}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// After each event has been delivered at least once, in any order, the view shows the end,
    /// whether or not it is stored between them.
    #[test]
    fn events_in_any_order_and_number_show_the_end(
        order in prop::collection::vec(0..6_usize, 0..30),
        shuffled in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let life = life();
        let all = order.into_iter().chain(shuffled);
        prop_assert!(is_end(&follow(all.map(|index| &life[index]))));
    }
}
