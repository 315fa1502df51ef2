//! Webhook endpoints in Stripe's v1 and v2 APIs.

use serde_json::{Value, json};
use stripe_identity_simulator::{AttemptResult, DeliveryStatus, Outcome, Simulator};

use super::http::{create, id, send, send_with};

const KEY: &str = "sk_test_a";
const ENDPOINTS: &str = "/v1/webhook_endpoints";
const DESTINATIONS: &str = "/v2/core/event_destinations";
const URL: &str = "http://localhost:4242/hook";

fn post(stripe: &Simulator, path: &str, body: &str) -> (u16, Value) {
    send(stripe, KEY, "POST", path, body)
}

fn ok((status, body): (u16, Value)) -> Value {
    assert_eq!(status, 200, "{body}");
    body
}

fn json_post(stripe: &Simulator, path: &str, body: &Value) -> (u16, Value) {
    send_with(stripe, KEY, "POST", path, &body.to_string(), &[("content-type", "application/json")])
}

/// Returns the path and the type of each webhook that is delivered.
fn delivered(stripe: &Simulator) -> Vec<(String, String)> {
    let mut all = Vec::new();
    stripe.deliver_to(|request| {
        let event: Value = serde_json::from_slice(request.body()).unwrap();
        all.push((request.uri().path().to_owned(), event["type"].as_str().unwrap().to_owned()));
        http::StatusCode::OK
    });
    all
}

fn verified(stripe: &Simulator) {
    let session = create(stripe, KEY);
    stripe.submit(id(&session), &Outcome::Verified).unwrap();
}

#[test]
fn new_endpoint_has_stripes_fields_and_shows_its_secret_once() {
    let stripe = Simulator::new();
    let body = "url=http://localhost:4242/hook&enabled_events[]=*&description=mine&metadata[a]=b&api_version=2025-01-27.acacia";
    let mut created = ok(post(&stripe, ENDPOINTS, body));
    let secret = created.as_object_mut().unwrap().remove("secret").unwrap();
    assert!(secret.as_str().unwrap().starts_with("whsec_"));
    assert!(id(&created).starts_with("we_1"));
    let expected = json!({
        "id": created["id"],
        "object": "webhook_endpoint",
        "api_version": "2025-01-27.acacia",
        "application": null,
        "created": 1_793_000_000,
        "description": "mine",
        "enabled_events": ["*"],
        "livemode": false,
        "metadata": {"a": "b"},
        "status": "enabled",
        "url": URL,
    });
    assert_eq!(created, expected);
    let path = format!("{ENDPOINTS}/{}", id(&created));
    assert_eq!(ok(send(&stripe, KEY, "GET", &path, "")), expected);
    let list = ok(send(&stripe, KEY, "GET", ENDPOINTS, ""));
    assert_eq!(list, json!({"object": "list", "data": [expected], "has_more": false, "url": ENDPOINTS}));
}

#[test]
fn endpoint_can_be_updated_and_deleted() {
    let stripe = Simulator::new();
    let endpoint = ok(post(&stripe, ENDPOINTS, &format!("url={URL}&enabled_events[0]=*&description=x&metadata[a]=b")));
    let path = format!("{ENDPOINTS}/{}", id(&endpoint));
    let changes =
        "url=http://localhost/x&enabled_events[0]=file.created&disabled=true&description=&metadata[a]=&metadata[c]=d";
    let updated = ok(post(&stripe, &path, changes));
    assert_eq!(updated["url"], "http://localhost/x");
    assert_eq!(updated["enabled_events"], json!(["file.created"]));
    assert_eq!((&updated["status"], &updated["description"]), (&json!("disabled"), &Value::Null));
    assert_eq!(updated["metadata"], json!({"c": "d"}));
    assert!(updated.get("secret").is_none());

    let deleted = ok(send(&stripe, KEY, "DELETE", &path, ""));
    assert_eq!(deleted, json!({"id": endpoint["id"], "object": "webhook_endpoint", "deleted": true}));
    assert_eq!(send(&stripe, KEY, "GET", &path, "").0, 404);
    assert_eq!(post(&stripe, &path, "disabled=false").0, 404);
}

#[test]
fn endpoint_with_wrong_parameters_is_refused_like_at_stripe() {
    let stripe = Simulator::new();
    let refusal = |body: &str| {
        let (status, body) = post(&stripe, ENDPOINTS, body);
        assert_eq!(status, 400, "{body}");
        let error = &body["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("param"), text("message"))
    };
    let of = |code: &str, param: &str| (code.to_owned(), param.to_owned());
    for (body, expected) in [
        ("enabled_events[0]=*", of("parameter_missing", "url")),
        ("url=http://localhost/", of("parameter_missing", "enabled_events")),
        ("url=localhost/hook&enabled_events[0]=*", of("url_invalid", "url")),
        ("url=ftp://localhost/hook&enabled_events[0]=*", of("url_invalid", "url")),
        ("url=http://localhost/&enabled_events[0]=*&enabled_events[1]=identity.x", of("", "enabled_events[1]")),
        ("url=http://localhost/&enabled_events=*", of("", "enabled_events")),
        ("url=http://localhost/&enabled_events[0]=*&bogus=1", of("parameter_unknown", "bogus")),
        ("url=http://localhost/&enabled_events[0]=*&connect=yes", of("", "connect")),
    ] {
        let (code, param, _) = refusal(body);
        assert_eq!((code, param), expected, "{body}");
    }
    for _ in 0..16 {
        ok(post(&stripe, ENDPOINTS, &format!("url={URL}&enabled_events[0]=*")));
    }
    let (_, _, message) = refusal(&format!("url={URL}&enabled_events[0]=*"));
    assert_eq!(message, "You have reached the maximum of 16 test webhook endpoints.");
    let of_account = |account: usize| {
        let account = format!("acct_{account}");
        let body = format!("url={URL}&enabled_events[0]=*");
        send_with(&stripe, KEY, "POST", ENDPOINTS, &body, &[("stripe-account", &account)]).0
    };
    assert!((0..1000 - 16).all(|account| of_account(account) == 200), "the limit is per account");
    assert_eq!(of_account(1000), 400, "but the world has a limit, too");
}

#[test]
fn endpoint_receives_enabled_events_and_redactions_only_by_name() {
    let stripe = Simulator::new();
    for (path, events) in [
        ("all", "enabled_events[0]=*"),
        ("verified", "enabled_events[0]=identity.verification_session.verified"),
        ("redacted", "enabled_events[0]=identity.verification_session.redacted"),
        ("file", "enabled_events[0]=file.created"),
    ] {
        ok(post(&stripe, ENDPOINTS, &format!("url=http://localhost/{path}&{events}")));
    }
    let session = create(&stripe, KEY);
    stripe.submit(id(&session), &Outcome::Verified).unwrap();
    ok(post(&stripe, &format!("/v1/identity/verification_sessions/{}/redact", id(&session)), ""));
    stripe.finish_redaction(id(&session)).unwrap();
    let mut all = delivered(&stripe);
    all.sort();
    let of = |path: &str, name: &str| (format!("/{path}"), format!("identity.verification_session.{name}"));
    let expected = [
        of("all", "created"),
        of("all", "processing"),
        of("all", "verified"),
        of("redacted", "redacted"),
        of("verified", "verified"),
    ];
    assert_eq!(all, expected);
}

#[test]
fn connect_endpoint_receives_the_events_of_connected_accounts() {
    let stripe = Simulator::new();
    ok(post(&stripe, ENDPOINTS, "url=http://localhost/platform&enabled_events[0]=*"));
    ok(post(&stripe, ENDPOINTS, "url=http://localhost/connect&enabled_events[0]=*&connect=true"));
    let account = [("stripe-account", "acct_1")];
    ok(send_with(&stripe, KEY, "POST", ENDPOINTS, "url=http://localhost/own&enabled_events[0]=*", &account));
    let paths = |stripe: &Simulator| {
        let mut paths: Vec<_> = delivered(stripe).into_iter().map(|(path, _)| path).collect();
        paths.sort();
        paths
    };
    create(&stripe, KEY);
    assert_eq!(paths(&stripe), ["/platform"]);
    let session = |account: &str| {
        let path = "/v1/identity/verification_sessions";
        ok(send_with(&stripe, KEY, "POST", path, "type=document", &[("stripe-account", account)]));
    };
    session("acct_1");
    assert_eq!(paths(&stripe), ["/connect", "/own"]);
    session("acct_2");
    assert_eq!(paths(&stripe), ["/connect"]);
    let list = ok(send(&stripe, KEY, "GET", ENDPOINTS, ""));
    assert_eq!(list["data"].as_array().unwrap().len(), 2, "without the endpoint of the account");
}

#[test]
fn disabled_endpoint_receives_nothing_and_missed_events_are_not_delivered_later() {
    let stripe = Simulator::new();
    let endpoint = ok(post(&stripe, ENDPOINTS, &format!("url={URL}&enabled_events[0]=*")));
    let path = format!("{ENDPOINTS}/{}", id(&endpoint));
    create(&stripe, KEY);
    stripe.deliver_to(|_| http::StatusCode::INTERNAL_SERVER_ERROR);
    ok(post(&stripe, &path, "disabled=true"));
    create(&stripe, KEY);
    stripe.run_until_idle();
    assert_eq!(delivered(&stripe), [], "its retry is due while it is disabled");
    assert_eq!(stripe.deliveries()[0].status, DeliveryStatus::Failed);
    ok(post(&stripe, &path, "disabled=false"));
    assert_eq!(delivered(&stripe), []);
    create(&stripe, KEY);
    assert_eq!(delivered(&stripe).len(), 1);
}

#[test]
fn endpoint_that_is_enabled_before_a_retry_receives_it() {
    let stripe = Simulator::new();
    let endpoint = ok(post(&stripe, ENDPOINTS, &format!("url={URL}&enabled_events[0]=*")));
    let path = format!("{ENDPOINTS}/{}", id(&endpoint));
    create(&stripe, KEY);
    stripe.deliver_to(|_| http::StatusCode::INTERNAL_SERVER_ERROR);
    ok(post(&stripe, &path, "disabled=true"));
    ok(post(&stripe, &path, "disabled=false"));
    stripe.run_until_idle();
    assert_eq!(delivered(&stripe).len(), 1);
}

#[test]
fn event_for_an_endpoint_has_its_api_version() {
    let stripe = Simulator::new();
    ok(post(&stripe, ENDPOINTS, &format!("url={URL}&enabled_events[0]=*&api_version=2020-08-27")));
    create(&stripe, KEY);
    let mut versions = Vec::new();
    stripe.deliver_to(|request| {
        versions.push(serde_json::from_slice::<Value>(request.body()).unwrap()["api_version"].clone());
        http::StatusCode::OK
    });
    assert_eq!(versions, ["2020-08-27"]);
}

#[test]
fn event_destination_receives_thin_events() {
    let stripe = Simulator::new();
    let body = json!({
        "name": "mine",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.identity.verification_session.verified"],
        "webhook_endpoint": {"url": URL},
        "metadata": {"a": "b"},
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
    });
    let mut created = ok(json_post(&stripe, DESTINATIONS, &body));
    let mut endpoint = created.as_object_mut().unwrap().remove("webhook_endpoint").unwrap();
    let secret = endpoint.as_object_mut().unwrap().remove("signing_secret").unwrap();
    assert_eq!(endpoint, json!({"url": URL}));
    let expected = json!({
        "id": created["id"],
        "object": "v2.core.event_destination",
        "created": "2026-10-26T07:33:20.000Z",
        "description": "",
        "enabled_events": ["v1.identity.verification_session.verified"],
        "event_payload": "thin",
        "events_from": ["@self"],
        "livemode": false,
        "metadata": {"a": "b"},
        "name": "mine",
        "status": "enabled",
        "type": "webhook_endpoint",
        "updated": "2026-10-26T07:33:20.000Z",
    });
    assert_eq!(created, expected);

    verified(&stripe);
    let verifier = stripe_identity_webhook::Verifier::new(secret.as_str().unwrap()).unwrap();
    let clock = stripe.clone();
    let verifier = verifier.clock(move || clock.time());
    let mut types = Vec::new();
    stripe.deliver_to(|request| {
        let signature = request.headers()["stripe-signature"].as_bytes();
        types.push(verifier.verify_thin_event(request.body(), Some(signature)).unwrap().type_.as_str().to_owned());
        http::StatusCode::OK
    });
    assert_eq!(types, ["v1.identity.verification_session.verified"]);
}

#[test]
fn event_destination_can_be_updated_listed_and_deleted() {
    let stripe = Simulator::new();
    let body = json!({
        "name": "mine", "type": "webhook_endpoint", "event_payload": "snapshot", "enabled_events": ["*"],
        "webhook_endpoint": {"url": URL}, "events_from": ["@accounts"], "snapshot_api_version": "2026-10-28.endive",
    });
    let first = ok(json_post(&stripe, DESTINATIONS, &body));
    assert_eq!((&first["events_from"], first.get("webhook_endpoint")), (&json!(["@accounts"]), None));
    let path = format!("{DESTINATIONS}/{}", id(&first));
    let changes = json!({"name": "other", "description": "d", "metadata": {"a": null, "b": "c"}});
    let shown = ok(json_post(&stripe, &path, &changes));
    assert_eq!(
        (&shown["name"], &shown["description"], &shown["metadata"]),
        (&json!("other"), &json!("d"), &json!({"b": "c"}))
    );
    let disabled = ok(json_post(&stripe, &format!("{path}/disable"), &json!({})));
    assert_eq!(disabled["status_details"], json!({"disabled": {"reason": "user"}}));
    assert_eq!(ok(json_post(&stripe, &format!("{path}/enable"), &json!({})))["status"], "enabled");
    let shown = ok(send(&stripe, KEY, "GET", &format!("{path}?include=webhook_endpoint.url"), ""));
    assert_eq!(shown["webhook_endpoint"], json!({"url": URL}));

    let second = ok(json_post(&stripe, DESTINATIONS, &body));
    let page = ok(send(&stripe, KEY, "GET", &format!("{DESTINATIONS}?limit=1"), ""));
    assert_eq!(page["data"][0]["id"], second["id"]);
    let rest = ok(send(&stripe, KEY, "GET", page["next_page_url"].as_str().unwrap(), ""));
    assert_eq!((&rest["data"][0]["id"], &rest["next_page_url"]), (&first["id"], &Value::Null));
    assert_eq!(ok(send(&stripe, KEY, "GET", ENDPOINTS, ""))["data"], json!([]), "v1 does not list destinations of v2");
    assert_eq!(send(&stripe, KEY, "GET", &format!("{ENDPOINTS}/{}", id(&first)), "").0, 404);

    assert_eq!(ok(send(&stripe, KEY, "DELETE", &path, ""))["id"], first["id"]);
    assert_eq!(send(&stripe, KEY, "GET", &path, "").0, 404);
}

#[test]
fn event_destination_with_wrong_parameters_is_refused() {
    let stripe = Simulator::new();
    let base = json!({
        "name": "mine", "type": "webhook_endpoint", "event_payload": "thin", "enabled_events": ["*"],
        "webhook_endpoint": {"url": URL},
    });
    for (field, value) in [
        ("name", Value::Null),
        ("type", json!("amazon_eventbridge")),
        ("event_payload", json!("fat")),
        ("enabled_events", json!(["identity.verification_session.verified"])),
        ("enabled_events", json!([])),
        ("webhook_endpoint", json!({"url": "localhost"})),
        ("webhook_endpoint", json!({})),
        ("events_from", json!(["@organization_members"])),
        ("include", json!(["x"])),
        ("bogus", json!(1)),
    ] {
        let mut body = base.clone();
        body[field] = value;
        assert_eq!(json_post(&stripe, DESTINATIONS, &body).0, 400, "{body}");
    }
    for body in ["", "[", "[]", "1", "null", "\"x\""] {
        let (status, _) = send_with(&stripe, KEY, "POST", DESTINATIONS, body, &[("content-type", "application/json")]);
        assert_eq!(status, 400, "{body}");
    }
}

#[test]
fn json_that_would_become_a_huge_form_is_refused() {
    let stripe = Simulator::new();
    let long = json!({"k".repeat(100_000): vec![1; 100_000]});
    assert_eq!(json_post(&stripe, DESTINATIONS, &long).0, 400);
    let deep = (0..100).fold(json!(vec![1; 1000]), |inner, _| json!({"k".repeat(1000): inner}));
    assert_eq!(json_post(&stripe, DESTINATIONS, &deep).0, 400);
    let wide = json!({"metadata": (0..100_000).map(|index| (index.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>()});
    assert_eq!(json_post(&stripe, DESTINATIONS, &wide).0, 400);
}

#[test]
fn endpoint_that_control_adds_again_is_replaced_and_gets_the_secret() {
    let stripe = Simulator::new();
    let add = |body: &str| ok(post(&stripe, "/_simulator/webhook_endpoints", body));
    let first = add(&format!("url={URL}&secret=whsec_made_up"));
    assert_eq!((&first["secret"], &first["enabled_events"]), (&json!("whsec_made_up"), &json!(["*"])));
    let second = add(&format!("url={URL}&secret=whsec_other"));
    let thin = add(&format!("url={URL}&thin=true"));
    assert!(thin["secret"].as_str().unwrap().starts_with("whsec_") && thin["event_payload"] == "thin");
    let list = ok(send(&stripe, KEY, "GET", "/_simulator/webhook_endpoints", ""));
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(ids, [id(&second), id(&thin)], "a program that restarts has one endpoint");
    let account = [("stripe-account", "acct_1")];
    ok(send_with(&stripe, KEY, "POST", ENDPOINTS, "url=http://localhost/own&enabled_events[0]=*", &account));
    add("url=http://localhost/own");
    add("url=http://localhost/own&connect=true");
    let list = ok(send(&stripe, KEY, "GET", "/_simulator/webhook_endpoints", ""));
    assert_eq!(list["data"].as_array().unwrap().len(), 5, "they receive different events");
    for body in ["secret=x", "url=x", "url=http://localhost/&secret=%20", "url=http://localhost/&enabled_events[0]=x"] {
        assert_eq!(post(&stripe, "/_simulator/webhook_endpoints", body).0, 400, "{body}");
    }
}

#[cfg(feature = "server")]
#[test]
fn server_restricts_the_receivers_of_existing_worlds() {
    let stripe = Simulator::new();
    let body = "url=https://example.test/&enabled_events[0]=*";
    ok(post(&stripe, ENDPOINTS, body));
    let server = stripe_identity_simulator::Server::start("127.0.0.1:0", stripe.clone()).unwrap();
    for key in [KEY, "sk_test_new"] {
        assert_eq!(send(&server, key, "POST", ENDPOINTS, body).1["error"]["code"], "url_invalid", "{key}");
    }
}

#[test]
fn deleted_endpoint_leaves_deliveries_and_rules_of_others() {
    let stripe = Simulator::new();
    let add = |path: &str| {
        let body = format!("url=http://localhost/{path}&enabled_events[0]=*");
        let endpoint = id(&ok(post(&stripe, ENDPOINTS, &body)));
        ok(post(&stripe, "/_simulator/disorder", &format!("disorder=doubled&webhook_endpoint={endpoint}")));
        endpoint
    };
    let (first, second) = (add("first"), add("second"));
    create(&stripe, KEY);
    stripe.deliver_to(|request| match request.uri().path() {
        "/first" => http::StatusCode::OK,
        _ => http::StatusCode::BAD_REQUEST,
    });
    ok(send(&stripe, KEY, "DELETE", &format!("{ENDPOINTS}/{first}"), ""));
    let event = ok(send(&stripe, KEY, "GET", "/v1/events", ""))["data"][0].clone();
    assert_eq!(event["pending_webhooks"], 1, "the second delivery is pending");
    let deliveries = stripe.deliveries();
    assert_eq!((deliveries.len(), &deliveries[0].webhook_endpoint), (1, &second));
    let rules = ok(send(&stripe, KEY, "GET", "/_simulator/disorder", ""));
    let rules: Vec<_> = rules["data"].as_array().unwrap().iter().map(|rule| rule["webhook_endpoint"].clone()).collect();
    assert_eq!(rules, [second]);
}

#[test]
fn deleted_endpoint_has_no_deliveries() {
    let stripe = Simulator::new();
    let endpoint = ok(post(&stripe, ENDPOINTS, &format!("url={URL}&enabled_events[0]=*")));
    create(&stripe, KEY);
    let taken = stripe.take_webhooks();
    let pending = || ok(send(&stripe, KEY, "GET", "/v1/events", ""))["data"][0]["pending_webhooks"].clone();
    assert_eq!(pending(), 1);
    ok(send(&stripe, KEY, "DELETE", &format!("{ENDPOINTS}/{}", id(&endpoint)), ""));
    assert_eq!((pending(), stripe.deliveries().len()), (json!(0), 0));
    for webhook in taken {
        webhook.report(AttemptResult::from(http::StatusCode::OK));
    }
    assert_eq!(pending(), 0);
}
