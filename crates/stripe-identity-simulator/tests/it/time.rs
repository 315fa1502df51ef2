//! Clocks and scheduled actions.

use std::time::Duration;

use serde_json::Value;
use stripe_identity_core::types::Timestamp;
use stripe_identity_simulator::{Clock, ControlError, Outcome, Processing, Redacting, Settings, Simulator};

use super::http::{SESSIONS, create, id, send, send_with};

const KEY: &str = "sk_test_a";
const BEGINNING: i64 = 1_793_000_000;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn hours(hours: u64) -> Duration {
    seconds(hours * 60 * 60)
}

/// Returns a number of hours, minus one second.
fn almost(hours: u64) -> Duration {
    seconds(hours * 60 * 60 - 1)
}

fn settings(processing: Processing, redacting: Redacting) -> Simulator {
    let mut settings = Settings::default();
    (settings.processing, settings.redacting) = (processing, redacting);
    Simulator::builder().settings(settings).build()
}

fn retrieve(stripe: &Simulator, session: &str) -> Value {
    send(stripe, KEY, "GET", &format!("{SESSIONS}/{session}"), "").1
}

fn listed(stripe: &Simulator) -> Value {
    send(stripe, KEY, "GET", SESSIONS, "").1["data"][0].clone()
}

/// Returns the types of all events, oldest first, with the seconds from the beginning to each of them.
fn events(stripe: &Simulator) -> Vec<(String, i64)> {
    let events = send(stripe, KEY, "GET", "/v1/events?limit=100", "").1;
    let event = |event: &Value| {
        let type_ = event["type"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
        (type_, event["created"].as_i64().unwrap() - BEGINNING)
    };
    events["data"].as_array().unwrap().iter().rev().map(event).collect()
}

#[test]
fn checks_end_after_a_duration() {
    let stripe = settings(Processing::After(seconds(30)), Redacting::ByRequest);
    let session = id(&create(&stripe, KEY));
    stripe.submit(session.as_str(), Outcome::Failed("document_unverified_other".into())).unwrap();
    stripe.advance(Duration::from_millis(29_999));
    assert_eq!(retrieve(&stripe, &session)["status"], "processing");
    stripe.advance(Duration::from_millis(1));
    assert_eq!(retrieve(&stripe, &session)["last_error"]["code"], "document_unverified_other");

    // Checks that were ended by a call do not end again, and later checks have their own end.
    stripe.submit(session.as_str(), Outcome::Failed("document_expired".into())).unwrap();
    stripe.advance(seconds(10));
    stripe.finish_processing(session.as_str(), Outcome::Failed("document_unverified_other".into())).unwrap();
    stripe.submit(session.as_str(), Outcome::Verified).unwrap();
    stripe.advance(seconds(29));
    assert_eq!(retrieve(&stripe, &session)["status"], "processing");
    stripe.advance(seconds(1));
    assert_eq!(retrieve(&stripe, &session)["status"], "verified");
}

#[test]
fn checks_end_after_a_number_of_retrieves() {
    let stripe = settings(Processing::AfterRetrieves(2), Redacting::ByRequest);
    let session = id(&create(&stripe, KEY));
    retrieve(&stripe, &session);
    stripe.submit(session.as_str(), Outcome::Verified).unwrap();
    assert_eq!(listed(&stripe)["status"], "processing", "a list does not count as a retrieve");
    let statuses: Vec<_> = (0..3).map(|_| retrieve(&stripe, &session)["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(statuses, ["processing", "processing", "verified"]);
}

#[test]
fn redaction_ends_after_four_days_or_by_a_call() {
    let redact = |stripe: &Simulator| {
        let session = id(&create(stripe, KEY));
        send(stripe, KEY, "POST", &format!("{SESSIONS}/{session}/redact"), "");
        session
    };
    let status = |stripe: &Simulator| listed(stripe)["redaction"]["status"].as_str().unwrap().to_owned();
    let stripe = Simulator::new();
    redact(&stripe);
    stripe.advance(almost(4 * 24));
    assert_eq!(status(&stripe), "processing");
    stripe.advance(seconds(1));
    assert_eq!(status(&stripe), "redacted");

    let session = redact(&stripe);
    stripe.finish_redaction(session.as_str()).unwrap();
    assert_eq!(status(&stripe), "redacted");
    assert!(stripe.run_until_idle());
    assert_eq!(events(&stripe).iter().filter(|(type_, _)| type_ == "redacted").count(), 2, "each session once");

    let stripe = settings(Processing::AtOnce, Redacting::ByRequest);
    redact(&stripe);
    stripe.advance(hours(5 * 24));
    assert_eq!(status(&stripe), "processing");
}

#[test]
fn secret_expires_after_a_day_and_url_after_two() {
    let stripe = Simulator::new();
    let session = create(&stripe, KEY);
    let (secret, url) = (&session["client_secret"], &session["url"]);
    stripe.advance(almost(24));
    assert_eq!(&listed(&stripe)["client_secret"], secret);
    stripe.advance(seconds(1));
    assert_eq!((&listed(&stripe)["client_secret"], &listed(&stripe)["url"]), (&Value::Null, url));
    stripe.advance(hours(24));
    assert_eq!(listed(&stripe)["url"], Value::Null);

    let fresh = retrieve(&stripe, &id(&session));
    assert!(fresh["client_secret"].is_string() && fresh["client_secret"] != *secret);
    assert!(fresh["url"].is_string() && fresh["url"] != *url);

    // A new secret and URL have their full lifetimes, although their predecessors' expiry was scheduled earlier.
    stripe.advance(hours(12));
    stripe.submit(id(&session).as_str(), Outcome::Failed("document_expired".into())).unwrap();
    assert_eq!((&listed(&stripe)["client_secret"], &listed(&stripe)["url"]), (&Value::Null, &Value::Null));
    let fresh = retrieve(&stripe, &id(&session));
    stripe.advance(almost(24));
    assert_eq!(listed(&stripe)["client_secret"], fresh["client_secret"]);
    stripe.advance(seconds(1) + almost(24));
    assert_eq!(listed(&stripe)["url"], fresh["url"]);
}

#[test]
fn idempotency_key_expires_after_a_day_and_can_be_used_again() {
    let stripe = Simulator::new();
    let create = || id(&send_with(&stripe, KEY, "POST", SESSIONS, "type=document", &[("idempotency-key", "key-1")]).1);
    let first = create();
    stripe.advance(almost(24));
    assert_eq!(create(), first);
    stripe.advance(seconds(1));
    let second = create();
    assert_ne!(second, first);
    stripe.advance(almost(24));
    assert_eq!(create(), second);

    // A redaction removes the stored response, and the next one is kept for a day, too.
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{second}/redact"), "");
    stripe.finish_redaction(second.as_str()).unwrap();
    let third = create();
    assert_ne!(third, second);
    stripe.advance(almost(24));
    assert_eq!(create(), third);
}

#[test]
fn due_things_happen_in_order_and_at_their_own_times() {
    let stripe = settings(Processing::After(seconds(30)), Redacting::After(hours(1)));
    let [one, two, three] = [(); 3].map(|()| id(&create(&stripe, KEY)));
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{three}/redact"), "");
    stripe.submit(one.as_str(), Outcome::Verified).unwrap();
    stripe.advance(seconds(10));
    stripe.submit(two.as_str(), Outcome::Failed("document_expired".into())).unwrap();
    stripe.advance(hours(2));
    let expected = [
        ("created", 0),
        ("created", 0),
        ("created", 0),
        ("canceled", 0),
        ("processing", 0),
        ("processing", 10),
        ("verified", 30),
        ("requires_input", 40),
        ("redacted", 3600),
    ];
    assert_eq!(events(&stripe), expected.map(|(type_, time)| (type_.to_owned(), time)));
    let report = send(&stripe, KEY, "GET", "/v1/identity/verification_reports", "").1;
    assert_eq!(report["data"][0]["created"].as_i64(), Some(BEGINNING + 40));
}

#[test]
fn run_until_idle_advances_to_the_last_work() {
    let stripe = settings(Processing::After(seconds(30)), Redacting::After(hours(1)));
    let session = id(&create(&stripe, KEY));
    stripe.submit(session.as_str(), Outcome::Verified).unwrap();
    let passed = || stripe.world(KEY).unwrap().time().as_secs() - BEGINNING;
    assert!(stripe.run_until_idle());
    assert_eq!((passed(), retrieve(&stripe, &session)["status"].as_str()), (30, Some("verified")));
    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{session}/redact"), "");
    assert!(stripe.run_until_idle());
    assert_eq!(passed(), 3630);
    assert!(stripe.run_until_idle());
    assert_eq!(passed(), 3630, "an expiry is not work");
    assert!(stripe.advance_to_next());
    assert_eq!(passed(), 24 * 60 * 60, "but an expiry is the next action");
}

#[test]
fn time_at_its_maximum_does_not_panic() {
    let stripe = settings(Processing::After(Duration::MAX), Redacting::After(Duration::MAX));
    let session = id(&create(&stripe, KEY));
    stripe.submit(session.as_str(), Outcome::Verified).unwrap();
    stripe.advance(Duration::MAX);
    stripe.advance(Duration::MAX);
    assert_eq!(retrieve(&stripe, &session)["status"], "verified");
    let (status, clock) = send(&stripe, KEY, "POST", "/_simulator/clock/advance", &format!("seconds={}", i64::MAX));
    assert_eq!(status, 200, "{clock}");
    let session = id(&create(&stripe, KEY));
    assert_eq!(send(&stripe, KEY, "POST", &format!("{SESSIONS}/{session}/redact"), "").0, 200);
    assert_eq!(listed(&stripe)["redaction"]["status"], "redacted");
}

#[test]
fn clock_of_a_world_can_be_set_over_http() {
    let stripe = Simulator::new();
    let set = |clock: &str| send(&stripe, KEY, "POST", "/_simulator/clock", &format!("clock={clock}"));
    let session = id(&create(&stripe, KEY));
    let (_, clock) = send(&stripe, KEY, "GET", "/_simulator/clock", "");
    assert_eq!(clock["clock"], "frozen");
    assert_eq!(
        (clock["now"].as_str(), clock["next_due"].as_str()),
        (Some("2026-10-26T07:33:20Z"), Some("2026-10-27T07:33:20Z"))
    );

    // The clock moves to a later time, and everything that is due until then happens.
    let (status, clock) = set("frozen:2026-10-27T08:00:00Z");
    assert_eq!((status, clock["now"].as_str()), (200, Some("2026-10-27T08:00:00Z")));
    assert_eq!(listed(&stripe)["client_secret"], Value::Null);
    assert_eq!(set("frozen:2026-10-27T07:00:00Z").0, 400);
    assert_eq!((set("yesterday").0, set("").0), (400, 400));
    assert_eq!(send(&stripe, KEY, "POST", "/_simulator/clock", "").0, 400);
    let (_, clock) = set("real");
    assert_eq!(clock["clock"], "real");
    let (_, clock) = set("frozen");
    assert_eq!(clock["clock"], "frozen");
    assert_eq!(retrieve(&stripe, &session)["id"], session.as_str());

    let passed = |stripe: &Simulator| stripe.time().as_secs() - BEGINNING;
    assert_eq!(passed(&stripe), 0, "other worlds have not changed");
    let past = Clock::FrozenAt(Timestamp::from_secs(5));
    assert_eq!(stripe.world(KEY).unwrap().set_clock(past), Err(ControlError::TimeHasPassed));
}

#[test]
fn clock_of_an_empty_world_can_be_set_back() {
    let stripe = Simulator::new();
    let set = |clock: &str| send(&stripe, KEY, "POST", "/_simulator/clock", &format!("clock=frozen:{clock}"));
    assert_eq!(send(&stripe, KEY, "POST", "/_simulator/settings", "rate_limit=1").0, 200);
    assert_eq!(send(&stripe, KEY, "GET", SESSIONS, "").0, 200);
    let (status, clock) = set("2020-02-29T12:00:00Z");
    assert_eq!((status, clock["now"].as_str()), (200, Some("2020-02-29T12:00:00Z")));

    let endpoint = send(&stripe, KEY, "POST", "/_simulator/webhook_endpoints", "url=http://localhost/hook").1;
    assert_eq!(endpoint["created"].as_i64(), Some(1_582_977_600));
    let (status, refused) = set("2020-02-29T11:59:59Z");
    assert_eq!((status, refused["error"]["param"].as_str()), (400, Some("clock")));
    assert_eq!(send(&stripe, KEY, "DELETE", &format!("/v1/webhook_endpoints/{}", id(&endpoint)), "").0, 200);
    assert_eq!(set("2020-02-29T11:59:58Z").0, 200);

    create(&stripe, KEY);
    assert_eq!(set("2020-02-29T11:59:57Z").0, 400);
    assert_eq!(set("2020-02-29T12:00:00Z").0, 200);
}

#[test]
fn real_clock_follows_the_machine_and_can_be_advanced() {
    let stripe = Simulator::builder().clock(Clock::Real).build();
    let before = Timestamp::now();
    let session = id(&create(&stripe, KEY));
    let created = retrieve(&stripe, &session)["created"].as_i64().unwrap();
    assert!((before.as_secs()..=Timestamp::now().as_secs()).contains(&created));
    stripe.advance(hours(24));
    assert!(stripe.time().as_secs() >= before.as_secs() + 24 * 60 * 60);
    assert_eq!(listed(&stripe)["client_secret"], Value::Null);
    assert!(create(&stripe, "sk_test_new")["created"].as_i64().unwrap() >= before.as_secs() + 24 * 60 * 60);
}

#[test]
fn settings_can_be_retrieved_and_changed_over_http() {
    let stripe = Simulator::new();
    let (_, shown) = send(&stripe, KEY, "GET", "/_simulator/settings", "");
    let expected = serde_json::json!({
        "processing": "at_once", "redacting": "345600s", "sensitive_reads": "all", "webhook_timeout": "10s",
        "rate_limit": "none",
    });
    assert_eq!(shown, expected);
    let change = "processing=30s&redacting=by_request&sensitive_reads=none&webhook_timeout=1s&rate_limit=25";
    let (_, shown) = send(&stripe, KEY, "POST", "/_simulator/settings", change);
    assert_eq!((shown["processing"].as_str(), shown["redacting"].as_str()), (Some("30s"), Some("by_request")));
    assert_eq!((shown["webhook_timeout"].as_str(), shown["rate_limit"].as_str()), (Some("1s"), Some("25")));
    let refused =
        ["processing=soon", "redacting=x", "sensitive_reads=x", "webhook_timeout=x", "rate_limit=0", "bogus=1"];
    for body in refused {
        assert_eq!(send(&stripe, KEY, "POST", "/_simulator/settings", body).0, 400, "{body}");
    }
    assert_eq!(send(&stripe, KEY, "GET", "/_simulator/settings", "").1, shown);
}
