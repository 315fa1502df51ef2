//! State that survives the end of a simulator.

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

/// Puts something of each kind into a world, and something into others.
fn fill(stripe: &Simulator) {
    stripe.add_webhook(WebhookEndpoint::new("http://localhost/of_all", "whsec_of_all").unwrap());
    stripe.add_fault(Fault::latency(Duration::from_millis(1)).path("/v1/none").times(3));
    let world = stripe.world(KEY).unwrap();

    // Sessions in each state, and what is due of them.
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

    // Files, their links, keys, another account, other worlds.
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

    // What is responded again, also a fault.
    assert_eq!(create_with_idempotency_key(stripe, "first").status(), 200);
    world.add_fault(Fault::respond(StatusCode::BAD_GATEWAY).method(Method::POST).times(1));
    assert_eq!(create_with_idempotency_key(stripe, "second").status(), 502);

    // Endpoints, and deliveries that are pending, ready, and have ended.
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
    let mut answers = [200, 500, 503].into_iter().cycle().map(|status| StatusCode::from_u16(status).unwrap());
    for webhook in stripe.take_webhooks() {
        webhook.report(Response::builder().status(answers.next().unwrap()).body("a body").unwrap());
    }
    for _ in 0..5 {
        create(stripe, form);
    }

    // Plans, faults and a limit that has been used.
    world.plan(Plan::from("selfie_face_mismatch,verified;country=DE".parse::<Plan>().unwrap()).sessions(2));
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

/// All that can be read.
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

/// Goes on with what there is. Returns what came of it.
fn go_on(stripe: &Simulator) -> Shown {
    let mut all = Vec::new();
    let mut note = |name: String, response: Response<Bytes>| {
        let (parts, body) = response.into_parts();
        all.push((name, parts.status, parts.headers, body));
    };
    note("replay".to_owned(), create_with_idempotency_key(stripe, "first"));
    note("not kept".to_owned(), create_with_idempotency_key(stripe, "second"));
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
fn restarted_world_shows_the_same_and_goes_on_as_one_that_was_not() {
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
    assert_same(&go_on(&stripe), &go_on(&twin));
    drop(stripe);
    let stripe = open(&folder);
    assert_same(&shown(&stripe), &shown(&twin));
}
