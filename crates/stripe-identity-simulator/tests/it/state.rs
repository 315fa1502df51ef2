//! State that survives the simulator: state files, export and import.

use std::time::Duration;

use serde_json::Value;
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{HeaderMap, Method, Request, Response, StatusCode};
use stripe_identity_simulator::{
    DeliveryStatus, Disorder, DisorderRule, Fault, Outcome, Person, Plan, Processing, RateLimit, Settings, Simulator,
    StateFile, Submission, Webhook, WebhookEndpoint,
};

use crate::folder::Folder;

const SESSIONS: &str = "/v1/identity/verification_sessions";
const KEY: &str = "rk_test_a";
const ACCOUNT: &str = "acct_1";

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.processing = Processing::After(Duration::from_millis(30_500));
    settings
}

fn in_memory() -> Simulator {
    Simulator::builder().seed(7).settings(settings()).build()
}

fn open(folder: &Folder) -> Simulator {
    Simulator::builder().seed(7).settings(settings()).open(StateFile::new(folder.file())).unwrap()
}

fn send(stripe: &Simulator, method: &Method, path: &str, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    stripe.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
}

fn with_key(stripe: &Simulator, key: &str, method: &Method, path: &str, body: &str) -> Response<Bytes> {
    let headers = [("authorization", &*format!("Bearer {key}")), ("stripe-version", "2026-10-28.dahlia")];
    send(stripe, method, path, &headers, body)
}

fn post(stripe: &Simulator, path: &str, body: &str) -> Value {
    let response = with_key(stripe, KEY, &Method::POST, path, body);
    let json = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}: {json}");
    json
}

fn get(stripe: &Simulator, path: &str) -> Response<Bytes> {
    with_key(stripe, KEY, &Method::GET, path, "")
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn create(stripe: &Simulator, form: &str) -> String {
    id(&post(stripe, SESSIONS, form))
}

fn create_with_idempotency_key(stripe: &Simulator, key: &str) -> Response<Bytes> {
    let headers = [("authorization", "Bearer sk_test_a"), ("idempotency-key", key)];
    send(stripe, &Method::POST, SESSIONS, &headers, "type=document")
}

fn upload(stripe: &Simulator, contents: &str) -> Value {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nidentity_document\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"front.png\"\r\n\r\n{contents}\r\n--b--\r\n"
    );
    let headers = [("authorization", "Bearer sk_test_a"), ("content-type", "multipart/form-data; boundary=b")];
    serde_json::from_slice(send(stripe, &Method::POST, "/v1/files", &headers, &body).body()).unwrap()
}

/// Creates records of each kind in one world, and some in other worlds.
fn fill(stripe: &Simulator) {
    stripe.add_webhook(WebhookEndpoint::new("http://localhost/of_all", "whsec_of_all").unwrap());
    stripe.add_fault(Fault::latency(Duration::from_millis(1)).path("/v1/none").times(3));
    let world = stripe.world(KEY).unwrap();

    // Sessions in each state, with scheduled things.
    create(stripe, "type=document&metadata[a]=1&client_reference_id=user");
    let verified = create(stripe, "type=document&options[document][require_matching_selfie]=true");
    world.submit(&*verified, Submission::verified().person(Person::from_seed(9))).unwrap();
    let failed = create(stripe, "type=id_number&provided_details[email]=a@example.com");
    world.submit(&*failed, Outcome::Verified).unwrap();
    stripe.advance(Duration::from_secs(31));
    let redacted = create(stripe, "type=document&metadata[simulate]=document_expired,verified;dob=2012-05-01");
    stripe.advance(Duration::from_secs(100));
    post(stripe, &format!("{SESSIONS}/{redacted}/redact"), "");
    let canceled = create(stripe, "type=document");
    post(stripe, &format!("{SESSIONS}/{canceled}/cancel"), "");
    let processing = create(stripe, "type=document");
    world.submit(&*processing, "document_expired".parse::<Outcome>().unwrap()).unwrap();
    let later = create(stripe, "type=document");
    world.submit(&*later, Submission::verified().after(Duration::from_secs(3600))).unwrap();

    // Files, links, ephemeral keys, another account and other worlds.
    let file = id(&upload(stripe, "the contents \u{1F600}"));
    post(stripe, "/v1/file_links", &format!("file={}", id(&upload_linkable(stripe))));
    post(stripe, "/v1/ephemeral_keys", &format!("verification_session={processing}"));
    let form = "type=document";
    let headers = [("authorization", "Bearer sk_test_a"), ("stripe-account", ACCOUNT)];
    assert_eq!(send(stripe, &Method::POST, SESSIONS, &headers, form).status(), 200);
    assert_eq!(with_key(stripe, "sk_test_other", &Method::POST, SESSIONS, form).status(), 200);
    post(
        stripe,
        &format!("/_simulator/verification_sessions/{}/submit", create(stripe, form)),
        &format!("document[front]={file}"),
    );

    // Stored responses, and a fault.
    assert_eq!(create_with_idempotency_key(stripe, "first").status(), 200);
    world.add_fault(Fault::respond(StatusCode::BAD_GATEWAY).method(Method::POST).times(1));
    assert_eq!(create_with_idempotency_key(stripe, "second").status(), 502);

    // Endpoints, with deliveries that are pending, ready, and ended.
    post(stripe, "/v1/webhook_endpoints", "url=http://localhost/own&enabled_events[]=*&description=mine&metadata[k]=v");
    let own = post(stripe, "/_simulator/webhook_endpoints", "url=http://localhost/rolled&secret=whsec_first&thin=true");
    post(
        stripe,
        &format!("/_simulator/webhook_endpoints/{}/roll_secret", id(&own)),
        "secret=whsec_second&expires_in=1h",
    );
    let destination = r#"{"name":"d","type":"webhook_endpoint","event_payload":"thin","enabled_events":["*"],
        "webhook_endpoint":{"url":"http://localhost/v2"}}"#;
    let headers = [
        ("authorization", "Bearer sk_test_a"),
        ("content-type", "application/json"),
        ("stripe-version", "2026-10-28.dahlia"),
    ];
    assert_eq!(send(stripe, &Method::POST, "/v2/core/event_destinations", &headers, destination).status(), 200);
    create(stripe, form);
    world.disturb_webhooks([
        DisorderRule::new(Disorder::Late(Duration::from_secs(600))).times(2),
        DisorderRule::new(Disorder::Reordered).probability(0.5),
        DisorderRule::new(Disorder::Doubled).probability(0.3).event_type("*.created"),
    ]);
    create(stripe, form);
    let mut statuses = [200, 500, 503].into_iter().cycle().map(|status| StatusCode::from_u16(status).unwrap());
    for webhook in stripe.take_webhooks() {
        webhook.report(Response::builder().status(statuses.next().unwrap()).body("a body").unwrap());
    }
    for _ in 0..5 {
        create(stripe, form);
    }

    // Plans, faults, and a rate limit that is in use.
    world.plan("selfie_face_mismatch,verified;country=DE".parse::<Plan>().unwrap().sessions(2));
    world.plan(Plan::from(Outcome::Verified).every_session());
    world.add_fault(Fault::lose_response().path("/v1/files/**").probability(0.25));
    let mut limited = world.settings();
    limited.rate_limit = RateLimit::PerSecond(5000.try_into().unwrap());
    world.set_settings(&limited);
    stripe.world("sk_test_empty").unwrap();
}

fn upload_linkable(stripe: &Simulator) -> Value {
    let body = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\ndispute_evidence\r\n\
                --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.txt\"\r\n\r\nlinked\r\n--b--\r\n";
    let headers = [("authorization", "Bearer sk_test_a"), ("content-type", "multipart/form-data; boundary=b")];
    serde_json::from_slice(send(stripe, &Method::POST, "/v1/files", &headers, body).body()).unwrap()
}

type Shown = Vec<(String, StatusCode, HeaderMap, Bytes)>;

/// Returns everything that the API and the control API show.
fn shown(stripe: &Simulator) -> Shown {
    let mut shown = Vec::new();
    for (key, account) in [(KEY, None), (KEY, Some(ACCOUNT)), ("rk_test_other", None), ("rk_test_empty", None)] {
        let authorization = format!("Bearer {key}");
        let mut headers = vec![("authorization", authorization.as_str()), ("stripe-version", "2026-10-28.dahlia")];
        headers.extend(account.map(|account| ("stripe-account", account)));
        let mut read = |path: &str| {
            let (parts, body) = send(stripe, &Method::GET, path, &headers, "").into_parts();
            let json = serde_json::from_slice::<Value>(&body).unwrap_or_default();
            shown.push((format!("{key} {account:?} {path}"), parts.status, parts.headers, body));
            json
        };
        for list in [
            SESSIONS,
            "/v1/identity/verification_reports",
            "/v1/events",
            "/v1/files",
            "/v1/file_links",
            "/v1/webhook_endpoints",
            "/v2/core/event_destinations",
        ] {
            let all = read(&format!("{list}?limit=100"));
            for object in all["data"].as_array().unwrap() {
                read(&format!("{list}/{}", id(object)));
                if list == "/v1/files" {
                    read(&format!("{list}/{}/contents", id(object)));
                }
            }
        }
        for path in ["clock", "settings", "plan", "faults", "webhook_endpoints", "deliveries?limit=100", "disorder"] {
            read(&format!("/_simulator/{path}"));
        }
    }
    shown
}

/// Continues with the state. Returns all responses and deliveries.
fn resume(stripe: &Simulator) -> Shown {
    let mut all = Vec::new();
    let mut note = |name: String, response: Response<Bytes>| {
        let (parts, body) = response.into_parts();
        all.push((name, parts.status, parts.headers, body));
    };
    note("replay".to_owned(), create_with_idempotency_key(stripe, "first"));
    note("not stored".to_owned(), create_with_idempotency_key(stripe, "second"));
    for _ in 0..3 {
        note(
            "planned".to_owned(),
            with_key(
                stripe,
                KEY,
                &Method::POST,
                SESSIONS,
                "type=document&options[document][require_matching_selfie]=true",
            ),
        );
    }
    let deliver = |webhook: Webhook| {
        let request = webhook.request.clone();
        webhook.report(StatusCode::OK);
        let response = request.map(|body| body);
        (response.uri().to_string(), response.headers().clone(), response.into_body())
    };
    for seconds in [0, 1, 30, 600, 3600, 7200, 24 * 3600, 4 * 24 * 3600, 31 * 24 * 3600] {
        stripe.advance(Duration::from_secs(seconds));
        for webhook in stripe.take_webhooks() {
            let (uri, headers, body) = deliver(webhook);
            all.push((uri, StatusCode::OK, headers, body));
        }
        all.extend(shown(stripe));
    }
    all
}

fn assert_same(one: &Shown, other: &Shown) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        let text = |(name, status, headers, body): &(String, StatusCode, HeaderMap, Bytes)| {
            format!("{name} {status} {headers:?}\n{}", String::from_utf8_lossy(body))
        };
        assert!(one == other, "{}\n\n{}", text(one), text(other));
    }
}

#[test]
fn restarted_world_shows_the_same_and_continues_like_one_in_memory() {
    let folder = Folder::new();
    let (stripe, twin) = (open(&folder), in_memory());
    fill(&stripe);
    fill(&twin);
    let before = shown(&stripe);
    assert_same(&before, &shown(&twin));
    assert!(before.len() > 100, "{}", before.len());
    drop(stripe);

    let stripe = open(&folder);
    let statuses = stripe.deliveries().into_iter().map(|delivery| delivery.status).collect::<Vec<_>>();
    assert!(statuses.contains(&DeliveryStatus::Pending) && statuses.contains(&DeliveryStatus::Delivered));
    assert_same(&shown(&stripe), &shown(&twin));
    assert_same(&resume(&stripe), &resume(&twin));
    drop(stripe);
    let stripe = open(&folder);
    assert_same(&shown(&stripe), &shown(&twin));
}

#[test]
fn page_of_a_session_is_the_same_after_a_restart() {
    let folder = Folder::new();
    let (mut stripe, twin) = (open(&folder), in_memory());
    let both = |stripe: &Simulator, act: &dyn Fn(&Simulator) -> Response<Bytes>| {
        let [one, other] = [stripe, &twin].map(act);
        let parts = |response: Response<Bytes>| (response.status(), response.headers().clone(), response.into_body());
        let (one, other) = (parts(one), parts(other));
        assert_eq!(one, other);
        one
    };
    let retrieved = |stripe: &Simulator, session: &str| -> Value {
        serde_json::from_slice(&both(stripe, &|stripe| get(stripe, &format!("{SESSIONS}/{session}"))).2).unwrap()
    };
    let path_of = |session: &Value| session["url"].as_str().unwrap().split_once("/start/").unwrap().1.to_owned();
    let return_url = "http://localhost:3000/done?order=1";
    let params = format!("type=document&return_url={return_url}");
    let session =
        serde_json::from_slice::<Value>(&both(&stripe, &|it| with_key(it, KEY, &Method::POST, SESSIONS, &params)).2);
    let session = session.unwrap();
    let id = id(&session);
    let (token, secret) = (path_of(&session), session["client_secret"].as_str().unwrap().to_owned());
    let (page, framed) = (format!("/start/{token}"), format!("/v3/start/{token}"));
    let origin = [("origin", "http://localhost:3000")];
    let opening = format!("key=pk_test_a&client_secret={secret}");
    let opened = both(&stripe, &|stripe| send(stripe, &Method::POST, "/v3/verification_session", &origin, &opening));
    assert_eq!(opened.0, StatusCode::OK);
    let shown = both(&stripe, &|stripe| send(stripe, &Method::GET, &page, &[], ""));
    let html = String::from_utf8_lossy(&shown.2).into_owned();
    let rendering = html.split_once("name=\"rendering\" value=\"").unwrap().1.split('"').next().unwrap();
    let submission = format!("outcome=document_expired&rendering={rendering}");
    let another = "outcome=verified&rendering=req_another";

    let show = |stripe: &Simulator, path: &str| both(stripe, &|stripe| send(stripe, &Method::GET, path, &[], ""));
    let submit = |stripe: &Simulator, body: &str| both(stripe, &|it| send(it, &Method::POST, &page, &[], body));
    let restart = |stripe: &mut Simulator| {
        drop(std::mem::take(stripe));
        *stripe = open(&folder);
    };
    restart(&mut stripe);
    let policy = show(&stripe, &framed).1["content-security-policy"].clone();
    assert!(policy.to_str().unwrap().contains("frame-ancestors http://localhost:3000"), "the origin is remembered");
    assert_eq!(submit(&stripe, &submission).0, StatusCode::SEE_OTHER);
    restart(&mut stripe);
    assert_eq!(submit(&stripe, &submission).1["location"], format!("{token}/result"), "it is the same form");
    assert_eq!(submit(&stripe, another).1["location"], token, "it is another form");
    assert_eq!(show(&stripe, &page).0, StatusCode::GONE);
    assert_eq!(show(&stripe, &format!("{page}/result")).0, StatusCode::OK, "the checks are under way");
    stripe.advance(Duration::from_secs(31));
    twin.advance(Duration::from_secs(31));
    restart(&mut stripe);
    assert_eq!(show(&stripe, &format!("{page}/result")).1["refresh"], format!("0;url={return_url}"));
    let fresh = path_of(&retrieved(&stripe, &id));
    restart(&mut stripe);
    assert_ne!(fresh, token);
    assert_eq!(show(&stripe, &format!("/start/{fresh}")).0, StatusCode::OK);
    assert_eq!(show(&stripe, &page).0, StatusCode::GONE);
    assert_eq!(exported(&stripe), exported(&twin));
    let other = Simulator::with_seed(99);
    other.import(&exported(&stripe)[..]).unwrap();
    let page = send(&other, &Method::GET, &page, &[], "");
    assert!(
        String::from_utf8_lossy(page.body()).contains("http://localhost:3000/done"),
        "the return URL is imported, too"
    );
}

#[test]
fn attempt_under_way_during_a_restart_ends_and_is_repeated_at_once() {
    let folder = Folder::new();
    let stripe = open(&folder);
    stripe.world(KEY).unwrap().add_webhook(WebhookEndpoint::new("http://localhost/", "whsec_x").unwrap());
    create(&stripe, "type=document");
    let webhooks = stripe.take_webhooks();
    assert_eq!(webhooks.len(), 1);
    let event = webhooks[0].request.body().clone();
    drop(webhooks);
    let resent = post(&stripe, &format!("/v1/events/{}/retry", stripe.deliveries()[0].event), "");
    assert_eq!(resent["object"], "event");
    let copy = folder.copy();
    for stripe in [open(&copy), {
        drop(stripe);
        open(&folder)
    }] {
        let mut webhooks = stripe.take_webhooks();
        assert_eq!(webhooks.len(), 2, "the resend that was ready, and the attempt that was under way");
        assert!(webhooks.iter().all(|webhook| *webhook.request.body() == event));
        let attempts = stripe.deliveries()[0].attempts.clone();
        assert_eq!(attempts.iter().map(|attempt| attempt.result.is_some()).collect::<Vec<_>>(), [true, false, false]);
        webhooks.remove(0).report(StatusCode::OK);
        assert_eq!(stripe.deliveries()[0].status, DeliveryStatus::Delivered);
        assert!(get(&stripe, "/_simulator/deliveries").body().windows(6).any(|it| it == b"closed"));
    }
}

#[test]
fn request_ids_after_a_kill_are_not_reused() {
    let folder = Folder::new();
    let stripe = open(&folder);
    create(&stripe, "type=document");
    let ids = |stripe: &Simulator| -> Vec<_> {
        let of_world = (0..20).map(|_| get(stripe, SESSIONS)).collect::<Vec<_>>();
        let of_none = (0..20).map(|_| send(stripe, &Method::GET, SESSIONS, &[], "")).collect::<Vec<_>>();
        of_world.iter().chain(&of_none).map(|response| response.headers()["request-id"].clone()).collect()
    };
    let before = ids(&stripe);
    let (first, second) = (folder.copy(), folder.copy());
    let once = open(&first);
    let after = ids(&once);
    assert!(after.iter().all(|id| !before.contains(id)));
    let twice = open(&first.copy());
    assert!(ids(&twice).iter().all(|id| !before.contains(id) && !after.contains(id)));
    // The same file gives the same new ids.
    assert_eq!(ids(&open(&second)), after);
}

fn exported(stripe: &Simulator) -> Vec<u8> {
    let mut lines = Vec::new();
    stripe.export(&mut lines).unwrap();
    lines
}

#[test]
fn imported_lines_export_to_the_same_lines() {
    let stripe = in_memory();
    fill(&stripe);
    // Some attempts are under way.
    let under_way = stripe.take_webhooks();
    assert!(!under_way.is_empty());
    let lines = exported(&stripe);
    assert_eq!(lines, exported(&stripe), "an export changes nothing");
    let folder = Folder::new();
    for other in [Simulator::with_seed(99), open(&folder), stripe.clone()] {
        let imported = other.import(&lines[..]).unwrap();
        assert_eq!(
            (imported.worlds, imported.records + imported.worlds + 1),
            (3, lines.split(|it| *it == b'\n').count() - 1)
        );
        assert!(exported(&other) == lines);
    }
    let stripe = open(&folder);
    assert!(exported(&stripe) == lines, "the file has it, too");
    let alone = stripe.world(KEY).unwrap();
    let of_world = exported(&alone);
    assert!(of_world.len() < lines.len() && alone.import(&of_world[..]).is_ok() && exported(&alone) == of_world);
    let error = alone.import(&lines[..]).unwrap_err().to_string();
    assert!(error.contains("another world"), "{error}");
}

const HEADER: &str = r#"{"format":"stripe-identity-simulator","version":1}"#;

#[test]
fn invalid_line_is_named_by_its_number_and_changes_nothing() {
    let stripe = in_memory();
    stripe.import(format!("{HEADER}\n{{\"kind\":\"world\",\"value\":{{\"name\":\"a\"}}}}\n").as_bytes()).unwrap();
    create(&stripe, "type=document");
    let before = exported(&stripe);
    let world = r#"{"kind":"world","value":{"name":"a"}}"#;
    let session = r#"{"kind":"verification_session","value":{"session":{"id":"vs_1"}}}"#;
    let at_5 = r#"{"kind":"verification_session","place":5,"value":{"session":{"id":"vs_5"}}}"#;
    let at_4 = r#"{"kind":"verification_session","place":4,"value":{"session":{"id":"vs_4"}}}"#;
    let tagged = |name: &str| {
        format!(
            r#"{{"kind":"world","value":{{"name":"{name}","generators":{{"tag":"abcdefghij","objects":"1","requests":"1","webhooks":"1","disorder":"1","faults":"1"}}}}}}"#
        )
    };
    let session_at = |place: u64| {
        format!(r#"{{"kind":"verification_session","place":{place},"value":{{"session":{{"id":"vs_1"}}}}}}"#)
    };
    let numbered =
        |kind: &str| format!(r#"{{"kind":"world","value":{{"name":"a","numbers":{{"{kind}":{}}}}}}}"#, u64::MAX);
    let due = |place: u64| {
        format!(
            r#"{{"kind":"due","place":{place},"value":{{"at":1793000060,"thing":{{"event_lapses":{{"event":0}}}}}}}}"#
        )
    };
    let endpoint =
        r#"{"kind":"webhook_endpoint","value":{"id":"we_1","url":"http://localhost/","secrets":{"current":"s"}}}"#;
    let delivery = |endpoint: &str, ended: u64| {
        format!(
            r#"{{"kind":"webhook_delivery","value":{{"delivery":{{"id":"whd_{endpoint}","webhook_endpoint":"{endpoint}","event":"evt_1","event_type":"identity.verification_session.created","created":1793000000,"status":"delivered","attempts":[],"next_attempt":null}},"ended":{ended}}}}}"#
        )
    };
    // The brackets in the text do not count.
    let event = |depth: usize| {
        let (start, end) = (r#"{"a":"#.repeat(depth), "}".repeat(depth));
        format!(
            r#"{{"kind":"event","value":{{"id":"evt_1","type":"identity.verification_session.created","object":{start}"\\\"{{["{end}}}}}"#
        )
    };
    in_memory().import([HEADER, world, &event(100)].join("\n").as_bytes()).unwrap();
    for (lines, number, problem) in [
        (vec!["zebra"], 1, "expected {\"format\":\"stripe-identity-simulator\",\"version\":1} first"),
        (vec![], 1, "first"),
        (vec!["", world], 2, "first"),
        (vec![r#"{"format":"stripe-identity-simulator","version":2}"#], 1, "version 2 is unknown: expected 1"),
        (vec![HEADER, session], 2, "expected a line of the kind world before"),
        (vec![HEADER, world, "zebra"], 3, "expected a JSON object"),
        (vec![HEADER, world, r#"{"kind":"zebra","value":1}"#], 3, "unknown kind: expected one of world"),
        (
            vec![HEADER, world, "", r#"{"kind":"verification_session","value":"zebra"}"#],
            4,
            "invalid verification_session",
        ),
        (vec![HEADER, world, r#"{"kind":"verification_session","value":{"session":{}}}"#], 3, "missing field `id`"),
        (
            vec![HEADER, world, r#"{"kind":"verification_session","value":{"session":{"id":"vs_1"},"zebra":1}}"#],
            3,
            "unknown field",
        ),
        (vec![HEADER, world, session, session], 4, "expected a unique id"),
        (vec![HEADER, world, at_5, at_4], 4, "a place and a time after"),
        (vec![HEADER, world, world], 3, "comes before"),
        (vec![HEADER, r#"{"kind":"world","value":{"name":"a_zebra"}}"#], 2, "invalid name of a world"),
        (
            vec![HEADER, world, r#"{"kind":"plans","value":[]}"#, r#"{"kind":"plans","value":[]}"#],
            4,
            "expected one in a world",
        ),
        (vec![HEADER, world, r#"{"kind":"file_contents","value":"!zebra"}"#], 3, "expected base64"),
        (vec![HEADER, world, r#"{"kind":"file_contents","value":""}"#], 3, "file_contents without a file"),
        (
            vec![HEADER, world, r#"{"kind":"due","value":{"at":"zebra","thing":{"event_lapses":{"event":0}}}}"#],
            3,
            "expected a time",
        ),
        (vec![HEADER, &tagged("a"), &tagged("b")], 3, "another world has the tag"),
        (vec![HEADER, world, &session_at(1 << 39)], 3, "below 549755813888"),
        (vec![HEADER, &numbered("verification_session")], 2, "below 549755813888"),
        (vec![HEADER, &numbered("lanes")], 2, "below 549755813888"),
        (vec![HEADER, world, &due(3), &due(3)], 4, "a place greater than that of the line before"),
        (vec![HEADER, world, endpoint, &delivery("we_1", 0), &delivery("we_2", 0)], 5, "has an unknown endpoint"),
        (vec![HEADER, world, endpoint, &delivery("we_1", 1 << 39)], 4, "below 549755813888"),
        (vec![HEADER, world, &event(101)], 3, "at most 100 levels deep"),
        // The next record would be older than this one, and the world could not be read again.
        (
            vec![
                HEADER,
                world,
                r#"{"kind":"verification_session","value":{"session":{"id":"vs_1","created":1793000001}}}"#,
            ],
            3,
            "a time in the past",
        ),
    ] {
        let text = lines.join("\n");
        let error = stripe.import(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line {number}: ")) && error.contains(problem), "{text}\n{error}");
        assert!(!error.contains("zebra"), "{error}");
        assert!(exported(&stripe) == before, "{error}");
        let over_http = send(&stripe, &Method::POST, "/_simulator/import", &[], &text);
        assert_eq!(over_http.status(), 400);
        assert!(std::str::from_utf8(over_http.body()).unwrap().contains(&format!("line {number}")));
        assert!(Simulator::builder().initial_lines(text.as_bytes()).is_err());
    }
}

const WRITTEN_BY_HAND: &str = r#"
{"format":"stripe-identity-simulator","version":1}
{"kind":"world","value":{"name":"a"}}
{"kind":"verification_session","value":{"session":{"id":"vs_open"}}}
{"kind":"verification_session","value":{"session":{"id":"vs_done","type":"document","status":"verified","last_verification_report":"vr_1"}}}
{"kind":"verification_report","value":{"report":{"id":"vr_1","type":"document","verification_session":"vs_done"}}}
{"kind":"file","value":{"id":"file_1","purpose":"identity_document","filename":"a.txt"}}
{"kind":"file_contents","value":"aGVsbG8="}
{"kind":"event","value":{"id":"evt_1","type":"identity.verification_session.verified","object":{"id":"vs_done","object":"identity.verification_session"}}}
{"kind":"webhook_endpoint","value":{"id":"we_1","url":"http://localhost/","secrets":{"current":"whsec_1"}}}
{"kind":"plans","value":[{"tries":[{"outcome":"document_expired"}],"sessions":1}]}
"#;

#[test]
fn handwritten_lines_may_leave_out_fields() {
    let stripe = in_memory();
    let imported = stripe.import(WRITTEN_BY_HAND.as_bytes()).unwrap();
    assert_eq!((imported.worlds, imported.records), (1, 8));
    let json = |path: &str| serde_json::from_slice::<Value>(get(&stripe, path).body()).unwrap();
    let open = json(&format!("{SESSIONS}/vs_open"));
    assert_eq!(
        (&open["status"], &open["type"], &open["livemode"]),
        (&"requires_input".into(), &"document".into(), &false.into())
    );
    assert!(open["client_secret"].is_string() && open["url"].is_string() && open["created"].is_i64());
    assert_eq!(json(&format!("{SESSIONS}/vs_done"))["status"], "verified");
    assert_eq!(json("/v1/identity/verification_reports?verification_session=vs_done")["data"][0]["id"], "vr_1");
    assert_eq!(get(&stripe, "/v1/files/file_1/contents").body(), "hello");
    assert_eq!(json("/v1/files/file_1")["size"], 5);
    assert_eq!(json("/v1/events")["data"][0]["id"], "evt_1");
    let world = stripe.world(KEY).unwrap();
    world.submit("vs_open", Outcome::Verified).unwrap();
    world.advance(Duration::from_secs(60));
    assert_eq!(json(&format!("{SESSIONS}/vs_open"))["status"], "verified");
    assert_eq!(world.deliver_to(|_| StatusCode::OK), 2);
    let planned = create(&stripe, "type=document");
    world.advance(Duration::from_secs(60));
    assert_eq!(json(&format!("{SESSIONS}/{planned}"))["last_error"]["code"], "document_expired");
    post(&stripe, &format!("{SESSIONS}/vs_done/redact"), "");
    world.advance(Duration::from_secs(10 * 24 * 3600));
    assert_eq!(json(&format!("{SESSIONS}/vs_done"))["redaction"]["status"], "redacted");
}

#[test]
fn worlds_with_swapped_tags_are_found_by_their_ids() {
    let stripe = in_memory();
    let ids = ["a", "b"].map(|name| {
        let session = with_key(&stripe, &format!("sk_test_{name}"), &Method::POST, SESSIONS, "type=document");
        id(&serde_json::from_slice(session.body()).unwrap())
    });
    let lines = String::from_utf8(exported(&stripe)).unwrap();
    let exchanged = lines.replace(r#""name":"a""#, r#""name":"?""#).replace(r#""name":"b""#, r#""name":"a""#);
    stripe.import(exchanged.replace(r#""name":"?""#, r#""name":"b""#).as_bytes()).unwrap();
    for session in &ids {
        stripe.submit(&**session, Outcome::Verified).unwrap();
    }
}

#[test]
fn new_world_does_not_have_the_tag_of_an_imported_one() {
    let first = in_memory();
    let session = create(&first, "type=document");
    let stripe = in_memory();
    stripe
        .import(String::from_utf8(exported(&first)).unwrap().replace(r#""name":"a""#, r#""name":"b""#).as_bytes())
        .unwrap();
    assert_ne!(create(&stripe, "type=document"), session);
    stripe.submit(&*session, Outcome::Verified).unwrap();
    let of_b = with_key(&stripe, "sk_test_b", &Method::GET, &format!("{SESSIONS}/{session}"), "");
    let of_b: Value = serde_json::from_slice(of_b.body()).unwrap();
    assert_eq!(of_b["status"], "processing", "the imported session");
}

#[test]
fn import_executes_nothing_and_the_next_request_everything_due() {
    let stripe = in_memory();
    let id = create(&stripe, "type=document");
    stripe.submit(&*id, Outcome::Verified).unwrap();
    let text = String::from_utf8(exported(&stripe)).unwrap();
    // As if time had passed in the world meanwhile.
    let later = text.replace("\"now\":1793000000", "\"now\":1793000100");
    assert_ne!(text, later);
    stripe.import(later.as_bytes()).unwrap();
    assert!(exported(&stripe) == later.as_bytes());
    let session: Value = serde_json::from_slice(get(&stripe, &format!("{SESSIONS}/{id}")).body()).unwrap();
    assert_eq!(session["status"], "verified");
}

fn ids_in(stripe: &Simulator) -> Vec<String> {
    let text = String::from_utf8(exported(stripe)).unwrap();
    let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').map(str::to_owned);
    let mut ids: Vec<_> = words.filter(|it| it.len() > 20 && it.contains("_1")).collect();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn reset_world_is_empty_and_reuses_no_id() {
    let folder = Folder::new();
    for stripe in [in_memory(), open(&folder)] {
        fill(&stripe);
        let (before, other) = (ids_in(&stripe.world(KEY).unwrap()), exported(&stripe.world("sk_test_other").unwrap()));
        stripe.world(KEY).unwrap().reset().unwrap();
        assert!(exported(&stripe.world("sk_test_other").unwrap()) == other, "no other world is reset");
        let list: Value = serde_json::from_slice(get(&stripe, SESSIONS).body()).unwrap();
        assert_eq!(list["data"].as_array().unwrap().len(), 0);
        let endpoints: Value = serde_json::from_slice(get(&stripe, "/_simulator/webhook_endpoints").body()).unwrap();
        assert_eq!(endpoints["data"].as_array().unwrap().len(), 1, "the endpoint of all worlds");
        assert_eq!(stripe.world(KEY).unwrap().faults().len(), 1, "the fault of all worlds");
        for _ in 0..20 {
            create(&stripe, "type=document");
        }
        assert!(ids_in(&stripe.world(KEY).unwrap()).iter().all(|id| !before.contains(id)));

        let response = send(&stripe, &Method::POST, "/_simulator/reset", &[], "");
        assert_eq!(response.status(), 200);
        assert_eq!(ids_in(&stripe).iter().filter(|id| id.starts_with("vs_") || id.starts_with("evt_")).count(), 0);
    }
    let list: Value = serde_json::from_slice(get(&open(&folder), SESSIONS).body()).unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 0);
}

#[test]
fn reset_imports_the_initial_lines_again() {
    let folder = Folder::new();
    let builder = || Simulator::builder().initial_lines(WRITTEN_BY_HAND.as_bytes()).unwrap();
    let open = || builder().open(StateFile::new(folder.file())).unwrap();
    for stripe in [builder().build(), open()] {
        assert_eq!(get(&stripe, &format!("{SESSIONS}/vs_done")).status(), 200);
        let created = create(&stripe, "type=document");
        with_key(&stripe, "sk_test_b", &Method::POST, SESSIONS, "type=document");
        post(&stripe, &format!("{SESSIONS}/vs_open/cancel"), "");
        stripe.reset().unwrap();
        assert_eq!(get(&stripe, &format!("{SESSIONS}/{created}")).status(), 404);
        let session: Value = serde_json::from_slice(get(&stripe, &format!("{SESSIONS}/vs_open")).body()).unwrap();
        assert_eq!(session["status"], "requires_input");
        assert_ne!(create(&stripe, "type=document"), created);
    }
    // A file that holds worlds is not reset when it is opened.
    let stripe = open();
    post(&stripe, &format!("{SESSIONS}/vs_open/cancel"), "");
    drop(stripe);
    let session: Value = serde_json::from_slice(get(&open(), &format!("{SESSIONS}/vs_open")).body()).unwrap();
    assert_eq!(session["status"], "canceled");
}

#[test]
fn endpoint_of_all_worlds_exists_once_after_each_start() {
    let folder = Folder::new();
    let endpoint = |secret: &str| WebhookEndpoint::new("http://localhost/hook", secret).unwrap();
    for start in 0..3 {
        let stripe = open(&folder);
        stripe.add_webhook(endpoint(if start < 2 { "whsec_1" } else { "whsec_2" }));
        create(&stripe, "type=document");
        let signed = stripe.take_webhooks().into_iter().map(|webhook| {
            let header = webhook.request.headers()["stripe-signature"].to_str().unwrap().to_owned();
            (header, webhook.request.body().clone())
        });
        let signed: Vec<_> = signed.collect();
        assert_eq!(signed.len(), 1 + start, "the new one, and those that were under way");
        let secret = if start < 2 { "whsec_1" } else { "whsec_2" };
        let endpoint = stripe_identity_webhook::Signer::new(secret).unwrap();
        assert!(signed.iter().all(|(header, body)| *header == endpoint.sign(body, stripe.time())));
    }
}

#[test]
fn concurrent_requests_and_imports_see_a_complete_world() {
    let folder = Folder::new();
    let stripe = open(&folder);
    let lines = WRITTEN_BY_HAND.as_bytes();
    stripe.import(lines).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..60 {
                        create(&stripe, "type=document");
                        assert_eq!(get(&stripe, &format!("{SESSIONS}/vs_done")).status(), 200);
                        assert!(exported(&stripe).starts_with(HEADER.as_bytes()));
                    }
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            stripe.import(lines).unwrap();
        }
    });
    stripe.import(lines).unwrap();
    let lines = exported(&stripe);
    drop(stripe);
    assert!(exported(&open(&folder)) == lines);
}

#[cfg(feature = "server")]
#[test]
fn lines_can_be_imported_and_exported_over_http() {
    use stripe_identity_simulator::Server;

    let server = Server::start("127.0.0.1:0", in_memory()).unwrap();
    let send = |head: &str, key: &str, body: &str| {
        crate::http::exchange(server.address(), &server.address().to_string(), head, key, body)
    };
    // Larger than any other request may be.
    let many = format!("{WRITTEN_BY_HAND}{}", " \n".repeat(10 * 1024 * 1024));
    let (status, imported) = send("POST /_simulator/import", "", &many);
    assert_eq!(status, 200, "{imported}");
    let imported: Value = serde_json::from_str(&imported).unwrap();
    assert_eq!((&imported["worlds"], &imported["records"]), (&1.into(), &8.into()));
    let (status, lines) = send("GET /_simulator/export", "Authorization: Bearer sk_test_a\r\n", "");
    assert_eq!((status, lines.as_bytes()), (200, &exported(&server.world(KEY).unwrap())[..]));
    assert_eq!(send("POST /_simulator/reset", "", "").0, 200);
    assert_ne!(send("GET /_simulator/export", "", "").1, lines);
}
