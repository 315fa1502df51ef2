//! Worlds, which keys name.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use stripe_identity_simulator::{ControlError, Note, Outcome, Settings, Simulator, SimulatorTransport, WorldError};

use super::http::{SESSIONS, create, id, send, send_with};

fn count(stripe: &Simulator, key: &str, path: &str) -> usize {
    let (status, list) = send(stripe, key, "GET", path, "");
    assert_eq!(status, 200, "{list}");
    list["data"].as_array().unwrap().len()
}

#[test]
fn keys_share_a_world_only_if_they_have_the_same_name() {
    let stripe = Simulator::new();
    let session = create(&stripe, "sk_test_a");
    for key in ["sk_test_a", "sk_test_a_anything_else", "rk_test_a", "rk_test_a_1", "sk_org_test_a"] {
        assert_eq!(send(&stripe, key, "GET", &format!("{SESSIONS}/{}", id(&session)), "").0, 200, "{key}");
    }
    for key in ["sk_test_b", "sk_test_A", "rk_test_aa"] {
        assert_eq!(send(&stripe, key, "GET", &format!("{SESSIONS}/{}", id(&session)), "").0, 404, "{key}");
        assert_eq!((count(&stripe, key, SESSIONS), count(&stripe, key, "/v1/events")), (0, 0));
    }
    assert_eq!((count(&stripe, "sk_test_a", SESSIONS), count(&stripe, "sk_test_a", "/v1/events")), (1, 1));
}

#[test]
fn rolled_key_has_the_same_world() {
    let stripe = Simulator::new();
    create(&stripe, "sk_test_51MadeUpAccount0FirstSecretFirstSecretFirstSecret00");
    assert_eq!(count(&stripe, "sk_test_51MadeUpAccount0OtherSecretOtherSecretOtherSecret00", SESSIONS), 1);
    assert_eq!(count(&stripe, "rk_test_51MadeUpAccount0OtherSecretOtherSecretOtherSecret00", SESSIONS), 1);
    assert_eq!(count(&stripe, "sk_test_51OtherAccount00FirstSecretFirstSecretFirstSecret00", SESSIONS), 0);
}

#[test]
fn ids_are_unique_across_worlds_and_the_same_for_the_same_seed() {
    let run = |seed| {
        let stripe = Simulator::with_seed(seed);
        let sessions = ["sk_test_a", "sk_test_b", "sk_test_a"].map(|key| create(&stripe, key).to_string());
        (sessions, send(&stripe, "sk_test_a", "GET", "/v1/events", "").1.to_string())
    };
    let (sessions, _) = run(1);
    assert_eq!(sessions.iter().collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(run(1), run(1));
    assert_ne!(run(1).0, run(2).0);
}

#[test]
fn requests_to_other_worlds_do_not_change_a_world() {
    let run = |keys: &[&str]| {
        let stripe = Simulator::new();
        for key in keys {
            create(&stripe, key);
        }
        send(&stripe, "sk_test_a", "GET", SESSIONS, "").1.to_string()
    };
    assert_eq!(
        run(&["sk_test_a", "sk_test_b", "sk_test_a"]),
        run(&["sk_test_b", "sk_test_b", "sk_test_a", "sk_test_a"])
    );
}

#[test]
fn id_of_another_world_is_not_found_and_its_note_has_no_key() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let hook = notes.clone();
    let stripe = Simulator::builder().on_note(move |note| hook.lock().unwrap().push(note.clone())).build();
    let session = id(&create(&stripe, "sk_test_a_secret"));
    let (status, error) = send(&stripe, "sk_test_b_secret", "GET", &format!("{SESSIONS}/{session}"), "");
    assert_eq!((status, error["error"]["code"].as_str()), (404, Some("resource_missing")));
    let (status, error) = send(&stripe, "sk_test_b_secret", "GET", &format!("{SESSIONS}?starting_after={session}"), "");
    assert_eq!((status, error["error"]["param"].as_str()), (400, Some("starting_after")));
    // An id that does not exist, and an id of another account in the same world.
    send(&stripe, "sk_test_b_secret", "GET", &format!("{SESSIONS}/vs_none"), "");
    let path = format!("{SESSIONS}/{session}");
    assert_eq!(send_with(&stripe, "sk_test_a", "GET", &path, "", &[("stripe-account", "acct_1")]).0, 404);

    let notes = notes.lock().unwrap();
    let note = Note::ObjectOfAnotherWorld { id: session.clone(), world: "b".into(), other: "a".into() };
    assert!(matches!(&notes[0], Note::ObjectOfAnotherWorld { id, world, other }
        if *id == session && world == "b" && other == "a"));
    assert_eq!(*notes, [note.clone(), note]);
    let text = notes[0].to_string();
    assert!(text.contains("\"a\"") && text.contains("\"b\"") && !text.contains("_test_") && !text.contains("secret"));
}

#[test]
fn live_key_or_key_without_a_name_is_refused() {
    let stripe = Simulator::new();
    for key in ["sk_live_a", "rk_live_a", "sk_org_live_a", "sk_test_", "sk_test__a", "whsec_a", "a"] {
        let (status, error) = send(&stripe, key, "GET", SESSIONS, "");
        assert_eq!(status, 401, "{key}");
        assert!(!error.to_string().contains("live"));
        assert_eq!(stripe.world(key).unwrap_err(), WorldError::InvalidKey);
    }
}

#[test]
fn publishable_key_reads_nothing() {
    let stripe = Simulator::new();
    let session = id(&create(&stripe, "sk_test_a"));
    for (method, path) in [("GET", SESSIONS), ("GET", &format!("{SESSIONS}/{session}")), ("POST", SESSIONS)] {
        let (status, error) = send(&stripe, "pk_test_a", method, path, "");
        assert_eq!((status, error["error"]["code"].as_str()), (401, Some("secret_key_required")), "{path}");
    }
}

#[test]
fn account_longer_than_255_bytes_is_refused() {
    let stripe = Simulator::new();
    let status =
        |header: &str, account: &str| send_with(&stripe, "sk_test_a", "GET", SESSIONS, "", &[(header, account)]).0;
    let (longest, longer) = ("a".repeat(255), format!("acct_{}", "a".repeat(251)));
    assert_eq!((status("stripe-account", &longest), status("stripe-account", &longer)), (200, 400));
    assert_eq!(status("stripe-context", &longer), 400);
}

#[test]
fn request_with_both_headers_of_an_account_is_refused() {
    let stripe = Simulator::new();
    let status = |headers: &[(&str, &str)]| send_with(&stripe, "sk_test_a", "GET", SESSIONS, "", headers).0;
    let (account, context) = (("stripe-account", "acct_1"), ("stripe-context", "acct_1"));
    assert_eq!([status(&[account]), status(&[context]), status(&[account, context])], [200, 200, 400]);
}

#[test]
fn ephemeral_key_retrieves_only_its_own_session() {
    let stripe = Simulator::new();
    let version = ("stripe-version", "2026-10-28.endive");
    let account = ("stripe-account", "acct_1");
    let make = |body: &str| send_with(&stripe, "sk_test_a", "POST", "/v1/ephemeral_keys", body, &[version]);
    let [own, other] = [id(&create(&stripe, "sk_test_a")), id(&create(&stripe, "sk_test_a"))];
    let (status, key) = make(&format!("verification_session={own}"));
    assert_eq!(status, 200, "{key}");
    let secret = key["secret"].as_str().unwrap();

    let path = |session: &str| format!("{SESSIONS}/{session}");
    let (status, session) = send(&stripe, secret, "GET", &path(&own), "");
    assert_eq!((status, session["id"].as_str()), (200, Some(own.as_str())));
    for (method, path) in [
        ("GET", path(&other)),
        ("POST", path(&own)),
        ("POST", path(&own) + "/cancel"),
        ("GET", SESSIONS.to_owned()),
        ("POST", SESSIONS.to_owned()),
        ("GET", "/v1/events".to_owned()),
        ("GET", "/v1/nothing".to_owned()),
        ("POST", format!("/_simulator/verification_sessions/{own}/submit")),
    ] {
        assert_eq!(send(&stripe, secret, method, &path, "").0, 403, "{method} {path}");
    }
    let sensitive = path(&own) + "?expand[]=verified_outputs.dob";
    assert_eq!(send(&stripe, secret, "GET", &sensitive, "").0, 403);

    // It belongs to the account in which it was created.
    let connected = send_with(&stripe, "sk_test_a", "POST", SESSIONS, "type=document", &[account]).1;
    let body = format!("verification_session={}", id(&connected));
    let key = send_with(&stripe, "sk_test_a", "POST", "/v1/ephemeral_keys", &body, &[version, account]).1;
    assert_eq!(send(&stripe, key["secret"].as_str().unwrap(), "GET", &path(&id(&connected)), "").0, 200);

    for body in ["customer=cus_1", "issuing_card=ic_1", &format!("verification_session={own}&nonce=x"), ""] {
        assert_eq!(make(body).0, 400, "{body}");
    }
}

#[test]
fn ephemeral_key_expires_after_an_hour_or_when_deleted() {
    let stripe = Simulator::new();
    let session = id(&create(&stripe, "sk_test_a"));
    let version = [("stripe-version", "2026-10-28.endive")];
    let body = format!("verification_session={session}");
    let make = || send_with(&stripe, "sk_test_a", "POST", "/v1/ephemeral_keys", &body, &version).1;
    let read = |key: &Value| {
        let secret = key["secret"].as_str().unwrap();
        let (status, body) = send(&stripe, secret, "GET", &format!("{SESSIONS}/{session}"), "");
        (status, body["error"]["code"].as_str().map(str::to_owned))
    };
    let gone = (401, Some("api_key_expired".to_owned()));
    let (first, second) = (make(), make());
    let forged = second["secret"].as_str().unwrap().split_at(40).0.to_owned();
    assert_eq!(send(&stripe, &forged, "GET", SESSIONS, "").0, 401);
    assert_eq!(send(&stripe, "ek_test_1", "GET", SESSIONS, "").0, 401);
    assert_eq!((read(&first).0, read(&second).0), (200, 200));
    assert_eq!(send(&stripe, "sk_test_a", "DELETE", &format!("/v1/ephemeral_keys/{}", id(&first)), "").0, 200);
    assert_eq!((read(&first), read(&second).0), (gone.clone(), 200));
    stripe.advance(Duration::from_secs(60 * 60 - 1));
    assert_eq!(read(&second).0, 200);
    stripe.advance(Duration::from_secs(1));
    assert_eq!(read(&second), gone);
}

#[test]
fn restricted_key_reads_only_what_the_settings_allow() {
    let stripe = Simulator::new();
    let session = id(&create(&stripe, "sk_test_a"));
    stripe.submit(session.as_str(), Outcome::Verified).unwrap();
    let one = format!("{SESSIONS}/{session}?expand[]=verified_outputs.dob");
    let list = format!("{SESSIONS}?expand[]=data.verified_outputs.dob");
    let reports = "/v1/identity/verification_reports?expand[]=data.document.number".to_owned();
    let image = send(&stripe, "sk_test_a", "GET", "/v1/files", "").1["data"][0]["id"].as_str().unwrap().to_owned();
    let image = format!("/v1/files/{image}/contents");
    let read = |key: &str| [&one, &list, &reports, &image].map(|path| send(&stripe, key, "GET", path, "").0);
    let set = |settings: &str| {
        let set = format!("sensitive_reads={settings}");
        assert_eq!(send(&stripe, "sk_test_a", "POST", "/_simulator/settings", &set).0, 200);
    };
    assert_eq!((read("rk_test_a"), read("sk_test_a")), ([200; 4], [403; 4]));
    set("none");
    assert_eq!(read("rk_test_a"), [403; 4]);
    let refused = send(&stripe, "rk_test_a", "GET", &one, "").1["error"]["message"].as_str().unwrap().to_owned();
    assert!(refused.contains("sensitive_reads"), "{refused}");
    set("recent");
    stripe.advance(Duration::from_secs(48 * 60 * 60 - 1));
    assert_eq!(read("rk_test_a"), [200; 4]);
    stripe.advance(Duration::from_secs(1));
    assert_eq!(read("rk_test_a"), [403; 4]);
    set("all");
    assert_eq!(read("rk_test_a"), [200; 4]);
}

#[test]
fn handle_to_a_world_does_not_change_others() {
    let stripe = Simulator::new();
    let [a, b] = ["sk_test_a", "rk_test_b"].map(|key| stripe.world(key).unwrap());
    let session = id(&create(&stripe, "sk_test_a"));
    assert_eq!(b.submit(session.as_str(), Outcome::Verified), Err(ControlError::NoSuchSession));
    a.submit(session.as_str(), Outcome::Verified).unwrap();

    a.advance(Duration::from_secs(10));
    stripe.advance(Duration::from_secs(5));
    let seconds = |it: &Simulator| it.time().as_secs() - 1_793_000_000;
    assert_eq!((seconds(&a), seconds(&b), seconds(&stripe)), (15, 5, 5));
    assert_eq!(seconds(&stripe.world("sk_test_new").unwrap()), 5);

    let mut settings = Settings::default();
    settings.processing = "retrieves:1".parse().unwrap();
    a.set_settings(&settings);
    assert_eq!((a.settings(), b.settings()), (settings.clone(), Settings::default()));
    stripe.set_settings(&settings);
    assert_eq!((b.settings(), stripe.world("sk_test_newer").unwrap().settings()), (settings.clone(), settings));

    // Waiting with its transport advances only that world.
    let transport = SimulatorTransport::from(a);
    stripe_identity_core::BlockingHttpTransport::sleep(&transport, Duration::from_secs(100));
    assert_eq!((seconds(&transport), seconds(&stripe)), (115, 5));
}

#[test]
fn control_request_finds_its_world_by_key_or_by_session() {
    let stripe = Simulator::new();
    let session = id(&create(&stripe, "sk_test_a"));
    let submit = format!("/_simulator/verification_sessions/{session}/submit");
    assert_eq!(send(&stripe, "sk_test_b", "POST", &submit, "").0, 404);
    assert_eq!(send(&stripe, "", "POST", &submit, "outcome=document_expired").0, 200);
    assert_eq!(send(&stripe, "sk_test_a", "POST", &submit, "").0, 200);
    assert_eq!(send(&stripe, "", "POST", "/_simulator/verification_sessions/vs_none/submit", "").0, 404);

    assert_eq!(send(&stripe, "", "POST", "/_simulator/clock/advance", "seconds=60").0, 401);
    assert_eq!(send(&stripe, "sk_test_a", "POST", "/_simulator/clock/advance", "seconds=60").0, 200);
    let now = |key| send(&stripe, key, "GET", "/_simulator/clock", "").1["now"].as_str().unwrap().to_owned();
    assert_eq!((now("sk_test_a"), now("sk_test_b")), ("2026-10-26T07:34:20Z".into(), "2026-10-26T07:33:20Z".into()));
}
