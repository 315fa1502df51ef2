//! The contents of the journal, and the strings that it must not contain.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use serde_json::Value;
use stripe_identity_simulator::{
    Clock, Fault, FaultResponse, IdempotencyUse, RequestEntry, RequestKey, RequestKind, RequestPattern, Settings,
    Simulator,
};

use super::http::{SESSIONS, create, id, send, send_with};

const KEY: &str = "sk_test_a";
const SESSION: &str = "/v1/identity/verification_sessions/{session}";

fn last(stripe: &Simulator) -> RequestEntry {
    stripe.requests().pop().unwrap()
}

fn json(entry: &RequestEntry) -> Value {
    serde_json::to_value(entry).unwrap()
}

#[test]
fn entry_has_all_facts_about_its_request() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    let stripe = Simulator::builder().on_request(move |entry| sink.lock().unwrap().push(entry.to_string())).build();
    stripe.advance(Duration::from_secs(60));
    let headers = [
        ("idempotency-key", "order-1"),
        ("stripe-account", "acct_1"),
        ("stripe-version", "2026-10-28.endive"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let body = "type=document&options[document][allowed_types][]=passport&metadata[order]=6735&expand[]=last_error";
    send_with(&stripe, "rk_test_a", "POST", SESSIONS, body, &headers);
    let entry = last(&stripe);
    assert_eq!(entry.error().unwrap().type_, "invalid_request_error");
    let body = "type=document&options[document][allowed_types][]=passport&metadata[order]=6735";
    let (_, session) = send_with(&stripe, "rk_test_a", "POST", SESSIONS, body, &headers);
    let entry = last(&stripe);
    assert_eq!((entry.number(), entry.status(), entry.took_effect()), (2, Some(200), true));
    assert_eq!((entry.kind(), entry.method(), entry.path()), (RequestKind::Api, "POST", SESSIONS));
    assert_eq!((entry.world(), entry.key(), entry.account()), (Some("a"), RequestKey::Restricted, Some("acct_1")));
    assert_eq!(entry.parameters().collect::<Vec<_>>(), ["type", "options[document][allowed_types][]", "metadata[…]"]);
    assert_eq!(
        (entry.idempotency(), entry.version().as_deref()),
        (Some(IdempotencyUse::New), Some("2026-10-28.endive"))
    );
    assert_eq!(entry.world_time().unwrap(), stripe.world("sk_test_a").unwrap().time());
    assert!(entry.request_id().unwrap().starts_with("req_"));

    let (path, account) = (format!("{SESSIONS}/{}", id(&session)), [("stripe-account", "acct_1")]);
    send_with(&stripe, KEY, "GET", &path, "", &account);
    let entry = last(&stripe);
    assert_eq!((entry.path(), entry.id()), (SESSION, session["id"].as_str()));
    let shown = json(&entry);
    assert_eq!((&shown["path"], &shown["number"], &shown["kind"]), (&SESSION.into(), &3.into(), &"api".into()));
    assert_eq!((&shown["error"], &shown["faults"]), (&Value::Null, &Value::Array(Vec::new())));

    let lines = seen.lock().unwrap().clone();
    assert_eq!(lines, stripe.requests().iter().map(ToString::to_string).collect::<Vec<_>>());
    let (time, rest) = lines[2].split_once(' ').unwrap();
    assert!(time.len() == "2026-10-28T00:00:00.000Z".len() && time.ends_with('Z'), "{time}");
    let (start, end) = rest.split_once(" ms ").unwrap();
    assert!(start.starts_with(&format!("#3 GET {SESSION} 200 ")), "{start}");
    let request = entry.request_id().unwrap();
    assert_eq!(end, format!("world=a key=secret account=acct_1 id={} request={request}", id(&session)));
}

#[test]
fn entry_names_the_use_of_its_idempotency_key() {
    let stripe = Simulator::new();
    let send = |key: &str, body: &str| {
        send_with(&stripe, KEY, "POST", SESSIONS, body, &[("idempotency-key", key)]);
        let entry = last(&stripe);
        (entry.idempotency().unwrap(), entry.took_effect(), entry.status().unwrap())
    };
    assert_eq!(send("k", "type=document"), (IdempotencyUse::New, true, 200));
    assert_eq!(send("k", "type=document"), (IdempotencyUse::Replayed, false, 200));
    assert_eq!(send("k", "type=id_number"), (IdempotencyUse::Mismatch, false, 400));
    assert_eq!(send("", "type=document"), (IdempotencyUse::Invalid, false, 400));
    assert_eq!(send("l", "type=bogus"), (IdempotencyUse::New, false, 400));
    stripe.add_fault(Fault::latency(Duration::from_secs(5)));
    assert_eq!(send("m", "type=document"), (IdempotencyUse::New, true, 200));
    assert_eq!(send("m", "type=document"), (IdempotencyUse::InProgress, false, 409));
    assert_eq!(last(&stripe).error().unwrap().code, Some("idempotency_key_in_use"));
    create(&stripe, KEY);
    assert_eq!(last(&stripe).idempotency(), None);
}

#[test]
fn entry_names_the_faults_that_applied_and_their_effects() {
    let stripe = Simulator::new();
    let world = stripe.world(KEY).unwrap();
    let faults: [(Fault, &str, Option<u16>, bool); 6] = [
        (Fault::reset(), "reset", None, false),
        (Fault::lose_response(), "lose_response", Some(200), true),
        (Fault::cut_body(), "cut_body", Some(200), true),
        (Fault::latency(Duration::from_secs(1)), "latency", Some(200), true),
        (Fault::respond(StatusCode::SERVICE_UNAVAILABLE), "respond", Some(503), false),
        (Fault::respond(FaultResponse::lock_timeout().stored()), "respond", Some(429), false),
    ];
    for (fault, effect, status, took_effect) in faults {
        world.clear_faults();
        world.add_fault(fault);
        let id = world.faults()[0].id.clone();
        send_with(&stripe, KEY, "POST", SESSIONS, "type=document", &[("idempotency-key", &id)]);
        let entry = last(&stripe);
        let applied = &entry.faults()[0];
        assert_eq!((applied.effect, applied.id.as_deref()), (effect, Some(&*id)));
        assert_eq!((entry.status(), entry.took_effect()), (status, took_effect), "{effect}");
        // The names are known even if the fault prevented the request.
        assert_eq!(entry.parameters().collect::<Vec<_>>(), ["type"], "{effect}");
        assert!(entry.to_string().contains(&format!("fault={effect} fault_id={id}")), "{entry}");
        assert_eq!(json(&entry)["faults"][0]["effect"], effect);
    }
    assert_eq!(last(&stripe).error().unwrap().code, Some("lock_timeout"));
    world.clear_faults();
    (0..9).for_each(|_| world.add_fault(Fault::latency(Duration::ZERO)));
    create(&stripe, KEY);
    assert_eq!(last(&stripe).faults().len(), 4);
    world.add_fault(Fault::lose_response());
    create(&stripe, KEY);
    assert_eq!(last(&stripe).faults().iter().map(|fault| fault.effect).next_back(), Some("lose_response"));
    world.clear_faults();
    let mut settings = Settings::default();
    settings.rate_limit = "1".parse().unwrap();
    world.set_settings(&settings);
    while send(&stripe, KEY, "GET", SESSIONS, "").0 == 200 {}
    let entry = last(&stripe);
    assert_eq!((entry.faults()[0].effect, entry.faults()[0].id.as_deref()), ("rate_limit", None));
}

#[test]
fn request_without_a_world_is_kept_separately() {
    let stripe = Simulator::new();
    create(&stripe, KEY);
    for (key, kind) in [("sk_live_secret", RequestKey::Invalid), ("", RequestKey::None)] {
        send(&stripe, key, "GET", SESSIONS, "");
        let entry = last(&stripe);
        assert_eq!((entry.world(), entry.key(), entry.status()), (None, kind, Some(401)));
        assert!(entry.error().is_some() && entry.request_id().is_some());
    }
    send(&stripe, KEY, "GET", "/v1/bogus/P1234567", "");
    assert_eq!((last(&stripe).path(), last(&stripe).world()), ("unknown", Some("a")));
    assert_eq!(stripe.requests().iter().map(RequestEntry::number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(stripe.world(KEY).unwrap().requests().len(), 2);
    assert_eq!(stripe.world("sk_test_b").unwrap().requests().len(), 0);
}

#[test]
fn journal_is_bounded_and_can_be_off() {
    let stripe = Simulator::builder().journal(3).build();
    (0..5).for_each(|_| drop(create(&stripe, KEY)));
    (0..5).for_each(|_| drop(send(&stripe, "", "GET", SESSIONS, "")));
    assert_eq!(stripe.requests().iter().map(RequestEntry::number).collect::<Vec<_>>(), [3, 4, 5, 8, 9, 10]);
    let calls = Arc::new(Mutex::new(0));
    let counted = calls.clone();
    let off = Simulator::builder().journal(0).on_request(move |_| *counted.lock().unwrap() += 1).build();
    create(&off, KEY);
    assert!(off.requests().is_empty() && *calls.lock().unwrap() == 1);
    let stripe = Simulator::new();
    (0..1001).for_each(|_| drop(send(&stripe, KEY, "GET", SESSIONS, "")));
    assert_eq!((stripe.requests().len(), stripe.requests()[0].number()), (1000, 2));
}

#[test]
fn numbers_follow_the_order_in_which_requests_took_effect() {
    const THREADS: usize = 4;
    const EACH: usize = 200;
    let stripe = Simulator::builder().clock(Clock::Frozen).build();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let stripe = &stripe;
            scope.spawn(move || {
                let other = format!("sk_test_{thread}");
                for _ in 0..EACH {
                    create(stripe, KEY);
                    send(stripe, &other, "GET", SESSIONS, "");
                }
            });
        }
    });
    let all: Vec<_> = stripe.requests().iter().map(RequestEntry::number).collect();
    assert_eq!(all, (1..=(2 * THREADS * EACH) as u64).collect::<Vec<_>>());
    // Events are listed in the order in which sessions were created, and each names its request.
    let world = stripe.world(KEY).unwrap();
    let recorded: Vec<_> = world.requests().iter().map(|entry| entry.request_id().unwrap().to_owned()).collect();
    let mut events = Vec::new();
    loop {
        let after = events.last().map(|event: &Value| format!("&starting_after={}", id(event))).unwrap_or_default();
        let (_, page) = send(&stripe, KEY, "GET", &format!("/v1/events?limit=100{after}"), "");
        events.extend(page["data"].as_array().unwrap().clone());
        if page["has_more"] == false {
            break;
        }
    }
    let made: Vec<_> = events.iter().rev().map(|event| event["request"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(recorded, made);
}

#[test]
fn requests_are_listed_newest_first_and_filtered() {
    let stripe = Simulator::new();
    let session = create(&stripe, KEY);
    send(&stripe, KEY, "POST", SESSIONS, "type=bogus");
    send(&stripe, KEY, "GET", &format!("{SESSIONS}/{}", id(&session)), "");
    send(&stripe, KEY, "GET", "/_simulator/clock", "");
    send(&stripe, "sk_test_b", "GET", SESSIONS, "");
    let list = |key: &str, query: &str| {
        let (status, list) = send(&stripe, key, "GET", &format!("/_simulator/requests?{query}"), "");
        assert_eq!((status, &list["object"]), (200, &"list".into()), "{list}");
        let data = list["data"].as_array().unwrap();
        let numbers: Vec<_> = data.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
        (numbers, list["has_more"].as_bool().unwrap())
    };
    assert_eq!(list(KEY, ""), (vec![4, 3, 2, 1], false));
    assert_eq!(list("", "limit=2"), (vec![5, 4], true));
    assert_eq!(list("sk_test_b", ""), (vec![5], false));
    assert_eq!(list(KEY, "method=post"), (vec![2, 1], false));
    assert_eq!(list(KEY, "method=POST&status=400"), (vec![2], false));
    assert_eq!(list(KEY, &format!("path={SESSION}")), (vec![3], false));
    assert_eq!(list(KEY, "path=/_simulator/clock"), (vec![4], false));
    for query in ["limit=0", "limit=1001", "limit=x", "bogus=1", "status=x"] {
        assert_eq!(send(&stripe, KEY, "GET", &format!("/_simulator/requests?{query}"), "").0, 400, "{query}");
    }
    assert_eq!(send(&stripe, KEY, "DELETE", "/_simulator/requests", "").0, 200);
    assert_eq!((list(KEY, ""), list("", "")), ((vec![], false), (vec![5], false)));
    assert_eq!(send(&stripe, "", "DELETE", "/_simulator/requests", "").0, 200);
    assert_eq!(list("", ""), (vec![], false));
    assert_eq!(send(&stripe, "sk_live_x", "GET", "/_simulator/requests", "").0, 401);
    let (status, _) = send_with(&stripe, "", "DELETE", "/_simulator/requests", "", &[("origin", "http://evil.test")]);
    assert_eq!(status, 403);
}

/// Personal data, keys and secrets in all places of a request that can contain them.
mod markers {
    use super::*;

    const MARKER: &str = "MARKER";
    const SECRET: &str = "sk_test_a_MARKERsecret";

    fn requests(session: &Value) -> Vec<Request<Bytes>> {
        let (id, token) = (id(session), token(session));
        let post = |path: &str| Request::post(path).header("authorization", format!("Bearer {SECRET}"));
        let body = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let multipart = concat!(
            "--b\r\nContent-Disposition: form-data; name=\"MARKER\"\r\n\r\nMARKER\r\n",
            "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nMARKER\r\n",
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"MARKER.png\"\r\n\r\nMARKER\r\n--b--\r\n",
        );
        let basic = |key: &str| {
            use base64::Engine as _;
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{key}:MARKER")))
        };
        let form = "type=document&MARKER=MARKER&metadata[MARKER]=MARKER&options[MARKER]=1&return_url=https://MARKER.test\
                    &provided_details[email]=MARKER&type[MARKER]=1&MARKER[type]=2&expand[MARKER]=1&expand[]=MARKER";
        let requests = vec![
            post(SESSIONS).body(body(form)),
            post(&format!("{SESSIONS}?{}", form.replace('[', "%5B").replace(']', "%5D"))).body(Bytes::new()),
            post(SESSIONS).body(body("type=document&metadata[MARKER]=MARKER")),
            post(SESSIONS).body(body("type=MARKER")),
            post(&format!("{SESSIONS}/MARKER")).body(Bytes::new()),
            post(&format!("{SESSIONS}/vs_1MARKERxxxxxxxxxxMARKER1")).body(Bytes::new()),
            post(&format!("{SESSIONS}/{id}MARKER")).body(Bytes::new()),
            post(&format!("/v1/MARKER/{id}")).body(Bytes::new()),
            post("/MARKER?MARKER=MARKER").body(Bytes::new()),
            post("/_simulator/MARKER").body(Bytes::new()),
            post(&format!("/_simulator/verification_sessions/{id}/submit"))
                .body(body("outcome=MARKER&person[MARKER]=1&person[first_name]=MARKER")),
            post(&format!("/_simulator/verification_sessions/{id}/submit")).body(body("person[first_name]=MARKER")),
            post("/_simulator/faults").body(body(
                "effect=respond&status=400&code=MARKER&type=MARKER&message=MARKER&body=MARKER&headers[MARKER]=MARKER\
                 &key=MARKER&path=/MARKER",
            )),
            post(SESSIONS).header("idempotency-key", "MARKERkey").body(body("type=document")),
            post(SESSIONS).header("idempotency-key", "MARKERkey").body(body("type=document")),
            post(SESSIONS).header("idempotency-key", "MARKERkey").body(body("type=id_number")),
            post(SESSIONS).header("idempotency-key", "MARKER".repeat(100)).body(body("type=document")),
            post(SESSIONS).header("stripe-account", "MARKER").body(body("type=document")),
            post(SESSIONS).header("stripe-account", "acct_ MARKER").body(body("type=document")),
            post(SESSIONS).header("stripe-context", "MARKER/acct_1").body(body("type=document")),
            post(SESSIONS).header("stripe-version", "MARKER").body(body("type=document")),
            post(SESSIONS).header("stripe-version", "2020-08-27.MARKER").body(body("type=document")),
            post(SESSIONS).header("content-type", "MARKER/MARKER").body(body("MARKER")),
            post(SESSIONS).header("user-agent", "MARKER").header("x-marker", "MARKER").body(body("type=document")),
            post("/v1/files").header("content-type", "multipart/form-data; boundary=b").body(body(multipart)),
            post("/v1/files").header("content-type", "multipart/form-data; boundary=MARKER").body(body(multipart)),
            post("/v2/core/event_destinations")
                .header("content-type", "application/json")
                .body(body(r#"{"MARKER":{"MARKER":["MARKER"]},"name":"MARKER","metadata":{"MARKER":"MARKER"}}"#)),
            post("/v2/core/event_destinations").header("content-type", "application/json").body(body("\"MARKER\"")),
            post("/v1/webhook_endpoints")
                .body(body("url=http://MARKER:MARKER@localhost/MARKER&enabled_events[]=MARKER")),
            Request::builder()
                .method("MARKER")
                .uri(SESSIONS)
                .header("authorization", "Bearer sk_test_a")
                .body(Bytes::new()),
            Request::get(SESSIONS).header("authorization", "Bearer sk_live_MARKER").body(Bytes::new()),
            Request::get(SESSIONS).header("authorization", "MARKER").body(Bytes::new()),
            Request::get(SESSIONS).header("authorization", basic("MARKER")).body(Bytes::new()),
            Request::get(SESSIONS).header("authorization", basic(SECRET)).body(Bytes::new()),
            Request::get(SESSIONS).header("authorization", "Bearer ek_test_MARKER").body(Bytes::new()),
            // In a key of the oldest form, the whole name is secret.
            Request::get(SESSIONS)
                .header("authorization", "Bearer sk_test_oldKeyMARKERoldKeyMARKER")
                .body(Bytes::new()),
            Request::get(format!("/start/{token}")).body(Bytes::new()),
            Request::get("/start/MARKER").body(Bytes::new()),
            Request::get("/links/MARKER?MARKER=1").body(Bytes::new()),
        ];
        requests.into_iter().map(Result::unwrap).collect()
    }

    fn token(session: &Value) -> String {
        session["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Formats an entry in all ways in which it can be shown.
    fn shown(entry: &RequestEntry) -> String {
        let fields = [entry.world(), Some(entry.method()), Some(entry.path()), entry.id(), entry.account()];
        let names: Vec<_> = entry.parameters().collect();
        let more = (entry.request_id(), entry.version(), names, entry.error(), entry.faults());
        let json = serde_json::to_string(entry).unwrap();
        format!("{entry}\n{entry:?}\n{entry:#?}\n{json}\n{fields:?}\n{more:?}\n")
    }

    /// Sends all requests. Returns everything that is shown of them, and secrets of the session.
    fn run(fault: Option<Fault>) -> (String, Vec<String>) {
        let written = Arc::new(Mutex::new(String::new()));
        let sink = written.clone();
        let stripe = Simulator::builder().on_request(move |entry| sink.lock().unwrap().push_str(&shown(entry))).build();
        let session = create(&stripe, KEY);
        if let Some(fault) = fault {
            stripe.add_fault(fault);
        }
        let requests = requests(&session);
        let count = requests.len();
        for request in requests {
            stripe.handle(request);
        }
        assert_eq!(stripe.requests().len(), count + 1);
        let mut text = written.lock().unwrap().clone();
        text.push_str(&send(&stripe, "", "GET", "/_simulator/requests?limit=1000", "").1.to_string());
        let expected = [
            "path=/v1/files&idempotency_key=MARKER&account=MARKER&id=MARKER",
            "path=/v1/files&parameters[]=MARKER",
            "path=/MARKER",
            "path=/v1/identity/verification_sessions&idempotency_key=MARKER&times=7",
            "path=/v1/identity/verification_sessions/MARKER/cancel&parameters[]=metadata[MARKER]",
        ];
        for body in expected {
            let (status, error) = send(&stripe, "", "POST", "/_simulator/verify", body);
            assert!(status == 422 || status == 400, "{error}");
            text.push_str(&error.to_string());
            let pattern = RequestPattern::new(Method::POST, "/v1/files").idempotency_key(MARKER).account(MARKER);
            let pattern = pattern.id(MARKER).parameter(MARKER);
            text.push_str(&[format!("{pattern:?}"), format!("{:?}", stripe.verify(pattern))].concat());
        }
        text.push_str(&[format!("{:?}", stripe.requests()), format!("{stripe:?}")].concat());
        let secret = session["client_secret"].as_str().unwrap().rsplit('_').next().unwrap().to_owned();
        (text, vec![token(&session), secret])
    }

    #[test]
    fn text_of_a_client_is_never_shown() {
        let response = FaultResponse::new(StatusCode::BAD_REQUEST).code(MARKER).error_type(MARKER).message(MARKER);
        // Without a fault, with one that prevents the request, and with one whose response contains markers.
        for fault in [None, Some(Fault::reset()), Some(Fault::respond(response))] {
            let (text, secrets) = run(fault);
            let line = text.lines().find(|line| line.to_ascii_lowercase().contains("marker"));
            assert_eq!(line, None);
            assert!(secrets.iter().all(|secret| secret.len() >= 24 && !text.contains(secret)));
            assert!(
                text.contains("metadata[…]") && text.contains("provided_details[email]") && text.contains("/start/")
            );
        }
    }
}

#[cfg(feature = "server")]
mod server {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use stripe_identity_simulator::Server;

    use super::super::http::exchange;
    use super::*;

    /// Sends a request, and returns the number of bytes of the response that arrive.
    fn response(server: &Server, request: &str) -> usize {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        // A reset connection is an error.
        let _ = stream.read_to_end(&mut response);
        response.len()
    }

    #[test]
    fn request_whose_response_never_arrives_is_in_the_journal() {
        let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
        server.add_fault(Fault::reset().times(1));
        server.add_fault(Fault::lose_response().times(1));
        for _ in 0..2 {
            let request = format!(
                "POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 13\r\n\r\ntype=document"
            );
            assert_eq!(response(&server, &request), 0);
        }
        let entries = server.world(KEY).unwrap().requests();
        let shown: Vec<_> = entries.iter().map(|it| (it.status(), it.took_effect(), it.faults()[0].effect)).collect();
        assert_eq!(shown, [(None, false, "reset"), (Some(200), true, "lose_response")]);
        server.verify(RequestPattern::create_session().and_no_other()).unwrap();
    }

    #[test]
    fn concurrent_requests_are_in_the_journal_with_unique_numbers() {
        const THREADS: usize = 4;
        const EACH: usize = 50;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let simulator = Simulator::builder().on_request(move |entry| sink.lock().unwrap().push(entry.number())).build();
        let server = Server::start("127.0.0.1:0", simulator).unwrap();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let headers = format!("Authorization: Bearer {KEY}\r\n");
                    for _ in 0..EACH {
                        exchange(server.address(), "x", &format!("POST {SESSIONS}"), &headers, "type=document");
                    }
                });
            }
        });
        let all: Vec<_> = (1..=(THREADS * EACH) as u64).collect();
        assert_eq!(server.requests().iter().map(RequestEntry::number).collect::<Vec<_>>(), all);
        let mut seen = lines.lock().unwrap().clone();
        seen.sort_unstable();
        assert_eq!(seen, all);
        server.verify(RequestPattern::create_session().times(all.len() as u64)).unwrap();
    }
}

#[test]
fn journal_of_a_reset_world_is_empty() {
    let stripe = Simulator::new();
    for key in [KEY, "sk_test_b"] {
        create(&stripe, key);
    }
    stripe.world(KEY).unwrap().reset().unwrap();
    assert_eq!(stripe.requests().iter().map(|entry| entry.world().unwrap().to_owned()).collect::<Vec<_>>(), ["b"]);
    stripe.reset().unwrap();
    assert!(stripe.requests().is_empty());
}
