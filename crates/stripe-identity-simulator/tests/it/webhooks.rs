//! Deliveries in process: attempts, retries, resends, disorder and secrets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};
use stripe_identity_core::types::Event;
use stripe_identity_simulator::{
    AttemptResult, AttemptTrigger, Clock, ControlError, DeliveryFailure, DeliveryStatus, Disorder, DisorderRule,
    Outcome, Simulator, WebhookEndpoint,
};
use stripe_identity_webhook::{Verifier, WebhookError};

use super::http::{create, id, send};

const KEY: &str = "sk_test_a";
const SECRET: &str = "whsec_made_up";
const URL: &str = "http://localhost/hook";
const HOUR: Duration = Duration::from_secs(60 * 60);

fn endpoint() -> WebhookEndpoint {
    WebhookEndpoint::new(URL, SECRET).unwrap()
}

fn start() -> Simulator {
    let stripe = Simulator::new();
    stripe.add_webhook(endpoint());
    stripe
}

fn verify(stripe: &Simulator, secret: &str, request: &Request<Bytes>) -> Result<Event, WebhookError> {
    let clock = stripe.clone();
    let verifier = Verifier::new(secret).unwrap().clock(move || clock.time());
    let signature = request.headers().get("stripe-signature").map(HeaderValue::as_bytes);
    verifier.verify_event(request.body(), signature)
}

/// Delivers all ready webhooks successfully.
fn deliver(stripe: &Simulator) -> Vec<Request<Bytes>> {
    let mut requests = Vec::new();
    stripe.deliver_to(|request| {
        requests.push(request);
        StatusCode::OK
    });
    requests
}

fn control(stripe: &Simulator, method: &str, path: &str, body: &str) -> Value {
    let (status, response) = send(stripe, KEY, method, path, body);
    assert_eq!(status, 200, "{response}");
    response
}

fn event(stripe: &Simulator) -> Value {
    control(stripe, "GET", "/v1/events", "")["data"][0].clone()
}

#[test]
fn delivery_keeps_each_attempt_with_its_response() {
    let stripe = start();
    create(&stripe, KEY);
    let mut responses = [(500, "no"), (204, "")].into_iter();
    for _ in 0..2 {
        stripe.deliver_to(|_| {
            let (status, body) = responses.next().unwrap();
            Response::builder().status(status).body(body).unwrap()
        });
        stripe.advance(HOUR);
    }
    let list = control(&stripe, "GET", "/_simulator/deliveries", "");
    let delivery = &list["data"][0];
    assert_eq!((&delivery["status"], &delivery["next_attempt"]), (&json!("delivered"), &Value::Null));
    assert_eq!(delivery["event_type"], "identity.verification_session.created");
    let attempts = json!([
        {
            "number": 1, "at": "2026-10-26T07:33:20Z", "trigger": "schedule", "disorder": [], "latency_ms": 0.0,
            "status": 500, "failure": null, "body": "no",
        },
        {
            "number": 2, "at": "2026-10-26T08:33:20Z", "trigger": "schedule", "disorder": [], "latency_ms": 0.0,
            "status": 204, "failure": null, "body": "",
        },
    ]);
    assert_eq!(delivery["attempts"], attempts);
    assert_eq!(control(&stripe, "GET", "/_simulator/deliveries?status=failed", "")["data"], json!([]));
    let by_event = format!("/_simulator/deliveries?event={}&status=delivered", delivery["event"].as_str().unwrap());
    assert_eq!(control(&stripe, "GET", &by_event, "")["data"][0]["id"], delivery["id"]);
}

#[test]
fn failed_delivery_is_attempted_three_times_in_three_hours() {
    let stripe = start();
    create(&stripe, KEY);
    let fail = || stripe.deliver_to(|_| StatusCode::INTERNAL_SERVER_ERROR);
    let next = || stripe.deliveries()[0].next_attempt.map(|next| next.as_secs() - 1_793_000_000);
    assert_eq!((fail(), next()), (1, Some(3600)));
    stripe.advance(Duration::from_secs(59 * 60 + 59));
    assert_eq!(fail(), 0, "it is not due yet");
    stripe.advance(Duration::from_secs(1));
    assert_eq!((fail(), next()), (1, Some(3 * 3600)));
    assert_eq!(stripe.deliveries()[0].status, DeliveryStatus::Pending);
    assert!(stripe.run_until_idle());
    assert_eq!((fail(), next()), (1, None));
    assert_eq!(stripe.deliveries()[0].status, DeliveryStatus::Failed);
    stripe.advance(1000 * HOUR);
    assert_eq!(fail(), 0);
}

#[test]
fn note_of_a_failed_attempt_has_the_next_one_and_no_secret() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let hook = notes.clone();
    let stripe = Simulator::builder().on_note(move |note| hook.lock().unwrap().push(note.to_string())).build();
    let endpoint = WebhookEndpoint::new("http://localhost:4242/webhook?hidden=1", SECRET).unwrap();
    stripe.add_webhook(endpoint);
    create(&stripe, KEY);
    for status in [500, 404, 500] {
        stripe.deliver_to(|_| Response::builder().status(status).body("hidden").unwrap());
        stripe.run_until_idle();
    }
    let start =
        "webhook identity.verification_session.created was not delivered to http://localhost:4242/webhook: status";
    let expected = [
        "500; the next attempt is at 2026-10-26T08:33:20Z",
        "404; the next attempt is at 2026-10-26T10:33:20Z",
        "500; no further attempt is scheduled",
    ];
    let expected = expected.map(|end| format!("{start} {end} (world \"a\")"));
    assert_eq!(*notes.lock().unwrap(), expected);
}

#[test]
fn successful_or_dropped_delivery_is_not_noted() {
    let count = Arc::new(Mutex::new(0));
    let hook = count.clone();
    let stripe = Simulator::builder().on_note(move |_| *hook.lock().unwrap() += 1).build();
    stripe.add_webhook(endpoint());
    stripe.disturb_webhooks([DisorderRule::new(Disorder::Dropped).times(1)]);
    create(&stripe, KEY);
    assert_eq!(stripe.deliver_to(|_| StatusCode::OK), 0);
    stripe.run_until_idle();
    assert_eq!(stripe.deliver_to(|_| StatusCode::OK), 1);
    assert_eq!(*count.lock().unwrap(), 0);
}

#[test]
fn delivery_with_a_redirect_fails() {
    let stripe = start();
    create(&stripe, KEY);
    stripe.deliver_to(|_| StatusCode::FOUND);
    assert_eq!(stripe.deliveries()[0].status, DeliveryStatus::Pending);
}

#[test]
fn taken_webhook_is_under_way_until_its_result_is_reported() {
    let stripe = start();
    create(&stripe, KEY);
    let mut taken = stripe.take_webhooks();
    assert_eq!((taken.len(), stripe.take_webhooks().len()), (1, 0));
    assert_eq!(stripe.deliveries()[0].attempts[0].result, None);
    let webhook = taken.pop().unwrap();
    assert!(verify(&stripe, SECRET, &webhook.request).is_ok());
    webhook.report(DeliveryFailure::TimedOut);
    let delivery = &stripe.deliveries()[0];
    assert_eq!(delivery.attempts[0].result, Some(AttemptResult::Failure(DeliveryFailure::TimedOut)));
    assert!(delivery.next_attempt.is_some());
}

#[test]
fn body_of_a_response_is_kept_up_to_1024_bytes_and_not_in_debug() {
    let stripe = start();
    create(&stripe, KEY);
    stripe.deliver_to(|_| Response::new("x".repeat(100_000)));
    let delivery = &stripe.deliveries()[0];
    let Some(AttemptResult::Response { body, .. }) = &delivery.attempts[0].result else { panic!("it has responded") };
    assert_eq!(body.expose().len(), 1024);
    assert!(!format!("{delivery:?}").contains("xx"));
}

#[test]
fn event_counts_the_webhooks_that_have_not_arrived() {
    let stripe = start();
    stripe.add_webhook(WebhookEndpoint::new("http://localhost/other", SECRET).unwrap());
    create(&stripe, KEY);
    let is_listed = |success: bool| {
        let path = format!("/v1/events?delivery_success={success}");
        control(&stripe, "GET", &path, "")["data"].as_array().unwrap().len()
    };
    assert_eq!((event(&stripe)["pending_webhooks"].clone(), is_listed(true), is_listed(false)), (json!(2), 0, 1));
    stripe
        .deliver_to(|request| if request.uri().path() == "/other" { StatusCode::OK } else { StatusCode::BAD_REQUEST });
    assert_eq!((event(&stripe)["pending_webhooks"].clone(), is_listed(false)), (json!(1), 1));
    for _ in 0..2 {
        stripe.run_until_idle();
        stripe.deliver_to(|_| StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        (event(&stripe)["pending_webhooks"].clone(), is_listed(false)),
        (json!(1), 1),
        "a failed delivery has not arrived"
    );
    control(&stripe, "POST", &format!("/v1/events/{}/retry", id(&event(&stripe))), "");
    deliver(&stripe);
    assert_eq!((event(&stripe)["pending_webhooks"].clone(), is_listed(true), is_listed(false)), (json!(0), 1, 0));
}

#[test]
fn snapshot_contains_neither_client_secret_nor_url() {
    let stripe = start();
    let session = create(&stripe, KEY);
    stripe.submit(id(&session), Outcome::Failed("document_expired".into())).unwrap();
    stripe.submit(id(&session), &Outcome::Verified).unwrap();
    let other = create(&stripe, KEY);
    control(&stripe, "POST", &format!("/v1/identity/verification_sessions/{}/cancel", id(&other)), "");
    assert!(session["client_secret"].is_string() && session["url"].is_string());
    let requests = deliver(&stripe);
    assert_eq!(requests.len(), 7);
    for request in requests {
        let event: Value = serde_json::from_slice(request.body()).unwrap();
        let object = event["data"]["object"].as_object().unwrap();
        assert_eq!((&object["client_secret"], &object["url"]), (&Value::Null, &Value::Null), "{event}");
        assert!(!object.contains_key("verified_outputs"));
    }
}

#[test]
fn retry_of_an_event_delivers_it_again_and_returns_it() {
    let stripe = start();
    let other =
        control(&stripe, "POST", "/v1/webhook_endpoints", "url=http://localhost/other&enabled_events[0]=file.created");
    create(&stripe, KEY);
    assert_eq!(deliver(&stripe).len(), 1);
    let path = format!("/v1/events/{}/retry", id(&event(&stripe)));
    // The parameter of the Stripe CLI.
    let returned = control(&stripe, "POST", &path, "for_stripecli=true");
    assert_eq!((&returned["object"], &returned["id"]), (&json!("event"), &event(&stripe)["id"]));
    let again = deliver(&stripe);
    assert_eq!((again.len(), again[0].uri().path()), (1, "/hook"));
    let attempts: Vec<_> = stripe.deliveries()[0].attempts.iter().map(|attempt| attempt.trigger).collect();
    assert_eq!(attempts, [AttemptTrigger::Schedule, AttemptTrigger::Resend], "one delivery has all attempts");

    control(&stripe, "POST", &path, &format!("webhook_endpoint={}", id(&other)));
    let again = deliver(&stripe);
    assert_eq!(
        (again.len(), again[0].uri().path()),
        (1, "/other"),
        "to the named endpoint, no matter its enabled_events"
    );
    assert_eq!(send(&stripe, KEY, "POST", &path, "webhook_endpoint=we_x").1["error"]["code"], "resource_missing");
    assert_eq!(send(&stripe, KEY, "POST", &path, "bogus=1").0, 400);
    assert_eq!(send(&stripe, KEY, "POST", "/v1/events/evt_x/retry", "").0, 404);
}

#[test]
fn failed_resend_does_not_change_the_schedule() {
    let stripe = start();
    create(&stripe, KEY);
    stripe.deliver_to(|_| StatusCode::BAD_REQUEST);
    let next = stripe.deliveries()[0].next_attempt;
    stripe.advance(HOUR / 2);
    control(&stripe, "POST", &format!("/v1/events/{}/retry", id(&event(&stripe))), "");
    stripe.deliver_to(|_| StatusCode::BAD_REQUEST);
    assert_eq!((stripe.deliveries()[0].next_attempt, stripe.deliveries()[0].attempts.len()), (next, 2));
    control(&stripe, "POST", &format!("/v1/events/{}/retry", id(&event(&stripe))), "");
    assert_eq!(deliver(&stripe).len(), 1);
    stripe.advance(10 * HOUR);
    assert_eq!(deliver(&stripe).len(), 0, "it has arrived");
}

#[test]
fn resend_to_another_endpoint_does_not_count_as_pending() {
    let stripe = start();
    create(&stripe, KEY);
    let body = "url=http://localhost/other&enabled_events[0]=file.created";
    let other = id(&control(&stripe, "POST", "/v1/webhook_endpoints", body));
    let path = format!("/v1/events/{}/retry", id(&event(&stripe)));
    control(&stripe, "POST", &path, &format!("webhook_endpoint={other}"));
    stripe.deliver_to(|request| match request.uri().path() {
        "/other" => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    });
    assert_eq!(event(&stripe)["pending_webhooks"], 1);
    control(&stripe, "DELETE", &format!("/v1/webhook_endpoints/{other}"), "");
    assert_eq!(event(&stripe)["pending_webhooks"], 1);
}

#[test]
fn delivery_that_a_resend_created_fails_with_it() {
    let stripe = start();
    create(&stripe, KEY);
    deliver(&stripe);
    let late = control(&stripe, "POST", "/v1/webhook_endpoints", "url=http://localhost/late&enabled_events[0]=*");
    let path = format!("/v1/events/{}/retry", id(&event(&stripe)));
    let resend = || control(&stripe, "POST", &path, &format!("webhook_endpoint={}", id(&late)));
    let status = || stripe.deliveries()[1].status;
    resend();
    stripe.deliver_to(|_| StatusCode::BAD_REQUEST);
    assert_eq!(status(), DeliveryStatus::Failed);
    resend();
    deliver(&stripe);
    assert_eq!(status(), DeliveryStatus::Delivered);
    let counts = control(&stripe, "GET", "/_simulator/webhook_endpoints", "")["data"][1]["deliveries"].clone();
    assert_eq!(counts, json!({"pending": 0, "delivered": 1, "failed": 0, "dropped": 0}));
}

#[test]
fn retry_of_an_event_of_an_account_requires_the_account() {
    let stripe = Simulator::new();
    control(&stripe, "POST", "/v1/webhook_endpoints", "url=http://localhost/&enabled_events[0]=*&connect=true");
    let account = [("stripe-account", "acct_1")];
    let path = "/v1/identity/verification_sessions";
    super::http::send_with(&stripe, KEY, "POST", path, "type=document", &account);
    let requests = deliver(&stripe);
    let event: Value = serde_json::from_slice(requests[0].body()).unwrap();
    assert_eq!(event["account"], "acct_1");
    let path = format!("/v1/events/{}/retry", id(&event));
    assert_eq!(send(&stripe, KEY, "POST", &path, "").0, 404);
    control(&stripe, "POST", &path, "account=acct_1");
    assert_eq!(deliver(&stripe).len(), 1);
}

#[test]
fn rolled_secret_signs_with_the_new_one_until_it_expires() {
    let stripe = start();
    create(&stripe, KEY);
    let endpoint = stripe.deliveries()[0].webhook_endpoint.clone();
    deliver(&stripe);
    let path = format!("/_simulator/webhook_endpoints/{endpoint}/roll_secret");
    let rolled = control(&stripe, "POST", &path, "expires_in=2h");
    let new = rolled["secret"].as_str().unwrap();
    assert_ne!(new, SECRET);
    let signed_by = || {
        create(&stripe, KEY);
        let request = deliver(&stripe).pop().unwrap();
        let signatures = request.headers()["stripe-signature"].to_str().unwrap().matches("v1=").count();
        (signatures, verify(&stripe, new, &request).is_ok(), verify(&stripe, SECRET, &request).is_ok())
    };
    assert_eq!(signed_by(), (2, true, true));
    stripe.advance(HOUR + Duration::from_secs(59 * 60 + 59));
    assert_eq!(signed_by(), (2, true, true));
    stripe.advance(Duration::from_secs(1));
    assert_eq!(signed_by(), (1, true, false));

    for body in ["expires_in=25h", "expires_in=x", "secret=%20"] {
        assert_eq!(send(&stripe, KEY, "POST", &path, body).0, 400, "{body}");
    }
    assert_eq!(send(&stripe, KEY, "POST", "/_simulator/webhook_endpoints/we_x/roll_secret", "").0, 404);
    stripe.roll_webhook_secret(&endpoint, "whsec_third", Duration::ZERO).unwrap();
    create(&stripe, KEY);
    assert!(verify(&stripe, "whsec_third", &deliver(&stripe)[0]).is_ok());
    let roll = |endpoint: &str, secret: &str| stripe.roll_webhook_secret(endpoint, secret, HOUR);
    assert_eq!(roll("we_x", SECRET), Err(ControlError::NoSuchWebhookEndpoint));
    assert_eq!(roll(&endpoint, " "), Err(ControlError::BlankSecret));
}

/// Delivers one event with a disorder, and returns the requests.
fn disturbed(disorder: Disorder) -> (Simulator, Vec<Request<Bytes>>) {
    let stripe = Simulator::new();
    stripe.add_webhook(endpoint().disorder(disorder));
    create(&stripe, KEY);
    let requests = deliver(&stripe);
    (stripe, requests)
}

#[test]
fn doubled_webhook_is_one_delivery_with_two_attempts() {
    let (stripe, requests) = disturbed(Disorder::Doubled);
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body().len(), requests[1].body().len());
    let delivery = &stripe.deliveries()[0];
    let triggers: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.trigger).collect();
    assert_eq!(
        (triggers, delivery.status),
        (vec![AttemptTrigger::Schedule, AttemptTrigger::Disorder], DeliveryStatus::Delivered)
    );
    assert_eq!(event(&stripe)["pending_webhooks"], 0);
}

#[test]
fn late_webhook_is_sent_after_its_delay() {
    let (stripe, requests) = disturbed(Disorder::Late(HOUR));
    assert_eq!(requests.len(), 0);
    assert_eq!(stripe.deliveries()[0].next_attempt.unwrap().as_secs(), 1_793_003_600);
    stripe.advance(HOUR);
    assert_eq!(deliver(&stripe).len(), 1);
    assert_eq!(stripe.deliveries()[0].attempts[0].disorder, [Disorder::Late(HOUR)]);
}

#[test]
fn dropped_webhook_is_never_sent_and_its_retries_are_scheduled() {
    let (stripe, requests) = disturbed(Disorder::Dropped);
    assert_eq!(requests.len(), 0);
    for _ in 0..2 {
        assert!(stripe.run_until_idle());
    }
    let delivery = &stripe.deliveries()[0];
    assert_eq!((delivery.status, delivery.attempts.len()), (DeliveryStatus::Failed, 3));
    assert_eq!(delivery.attempts[2].result, Some(DeliveryFailure::Dropped.into()));
    let shown = control(&stripe, "GET", "/_simulator/deliveries", "")["data"][0].clone();
    let last = &shown["attempts"][2];
    assert_eq!(
        (&last["failure"], &last["disorder"], &last["status"]),
        (&json!("dropped"), &json!(["dropped"]), &Value::Null)
    );
    assert_eq!(deliver(&stripe).len(), 0);
}

#[test]
fn cut_webhook_is_shorter_than_its_content_length() {
    let (stripe, requests) = disturbed(Disorder::Cut);
    let announced: usize = requests[0].headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!(requests[0].body().len(), announced / 2);
    assert!(verify(&stripe, SECRET, &requests[0]).is_err());
}

#[test]
fn signature_with_a_disorder_is_wrong_as_described() {
    let (stripe, requests) = disturbed(Disorder::OldTimestamp);
    assert!(matches!(verify(&stripe, SECRET, &requests[0]), Err(WebhookError::TooOld { .. })));
    let (stripe, requests) = disturbed(Disorder::WrongSignature);
    assert!(matches!(verify(&stripe, SECRET, &requests[0]), Err(WebhookError::NoMatch { .. })));
    let (stripe, requests) = disturbed(Disorder::TwoSignatures);
    assert!(verify(&stripe, SECRET, &requests[0]).is_ok());
    let header = requests[0].headers()["stripe-signature"].to_str().unwrap().to_owned();
    let mut parts: Vec<_> = header.split(',').collect();
    assert_eq!(parts.len(), 3);
    parts.pop();
    let mut request = requests[0].clone();
    request.headers_mut().insert("stripe-signature", parts.join(",").parse().unwrap());
    assert!(verify(&stripe, SECRET, &request).is_err(), "the first signature is the wrong one");
}

#[test]
fn rule_applies_to_its_endpoint_type_and_number_of_times() {
    let stripe = start();
    let other = control(&stripe, "POST", "/v1/webhook_endpoints", "url=http://localhost/other&enabled_events[0]=*");
    let body = format!("disorder=doubled&webhook_endpoint={}&event_type=*.created&times=2", id(&other));
    let rule = control(&stripe, "POST", "/_simulator/disorder", &body);
    assert_eq!((&rule["times"], &rule["probability"]), (&json!(2), &json!(1.0)));
    let count = || {
        let session = create(&stripe, KEY);
        stripe.submit(id(&session), &Outcome::Verified).unwrap();
        let mut counts = BTreeMap::new();
        for request in deliver(&stripe) {
            let event: Value = serde_json::from_slice(request.body()).unwrap();
            let name = event["type"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
            *counts.entry((request.uri().path().to_owned(), name)).or_insert(0) += 1;
        }
        let of = |path: &str, name: &str| counts[&(path.to_owned(), name.to_owned())];
        (of("/hook", "created"), of("/other", "created"), of("/other", "verified"))
    };
    assert_eq!((count(), count(), count()), ((1, 2, 1), (1, 2, 1), (1, 1, 1)));
    assert_eq!(
        control(&stripe, "GET", "/_simulator/disorder", "")["data"],
        json!([]),
        "a rule is removed after its last time"
    );
}

#[test]
fn rule_in_rust_applies_to_its_endpoint_type_and_number_of_times() {
    let stripe = start();
    let rule = DisorderRule::new(Disorder::Doubled).event_type("*.created").times(1);
    stripe.disturb_webhooks([rule.clone(), rule.webhook_endpoint("we_x")]);
    let count = || {
        let session = create(&stripe, KEY);
        stripe.submit(id(&session), &Outcome::Verified).unwrap();
        deliver(&stripe).len()
    };
    assert_eq!((count(), count()), (4, 3));
}

#[test]
fn rules_can_be_listed_and_deleted() {
    let stripe = start();
    let add = || control(&stripe, "POST", "/_simulator/disorder", "disorder=late:5m");
    let (first, second, _) = (add(), add(), add());
    control(&stripe, "DELETE", &format!("/_simulator/disorder/{}", id(&second)), "");
    let rules = control(&stripe, "GET", "/_simulator/disorder", "");
    assert_eq!((rules["data"].as_array().unwrap().len(), &rules["data"][0]), (2, &first));
    control(&stripe, "DELETE", "/_simulator/disorder", "");
    assert_eq!(control(&stripe, "GET", "/_simulator/disorder", "")["data"], json!([]));
    for body in [
        "",
        "disorder=x",
        "disorder=cut&probability=2",
        "disorder=cut&probability=NaN",
        "disorder=cut&times=-1",
        "disorder=cut&webhook_endpoint=we_x",
        "disorder=cut&event_type=verified",
        "disorder=cut&event_type=",
        "disorder=cut&bogus=1",
    ] {
        assert_eq!(send(&stripe, KEY, "POST", "/_simulator/disorder", body).0, 400, "{body}");
    }
    assert_eq!(send(&stripe, KEY, "DELETE", "/_simulator/disorder/dis_x", "").0, 404);
}

#[test]
fn probability_follows_from_the_seed() {
    let dropped = |seed: u64| {
        let stripe = Simulator::with_seed(seed);
        stripe.add_webhook(endpoint());
        stripe.disturb_webhooks([DisorderRule::new(Disorder::Dropped).probability(0.3)]);
        for _ in 0..200 {
            create(&stripe, KEY);
        }
        stripe.deliveries().iter().map(|delivery| !delivery.attempts.is_empty()).collect::<Vec<_>>()
    };
    let first = dropped(1);
    assert_eq!(first, dropped(1));
    assert_ne!(first, dropped(2));
    let count = first.iter().filter(|dropped| **dropped).count();
    assert!((20..120).contains(&count), "{count}");
}

#[test]
fn endpoint_does_not_change_the_ids_of_objects() {
    let session = |stripe: Simulator| {
        let session = create(&stripe, KEY);
        deliver(&stripe);
        (session, create(&stripe, KEY))
    };
    let with_endpoint = Simulator::new();
    with_endpoint.add_webhook(endpoint().in_disorder());
    assert_eq!(session(with_endpoint), session(Simulator::new()));
}

#[test]
fn deliveries_of_an_endpoint_are_bounded_and_dropped_events_are_counted() {
    let stripe = start();
    for _ in 0..10_005 {
        create(&stripe, KEY);
    }
    let counts = || control(&stripe, "GET", "/_simulator/webhook_endpoints", "")["data"][0]["deliveries"].clone();
    assert_eq!(counts(), json!({"pending": 10_000, "delivered": 0, "failed": 0, "dropped": 5}));
    assert_eq!(stripe.deliveries().len(), 10_000);
    assert_eq!(event(&stripe)["pending_webhooks"], 1, "a dropped event is pending");

    assert_eq!(deliver(&stripe).len(), 10_000);
    let first = stripe.deliveries()[0].id.clone();
    create(&stripe, KEY);
    assert_eq!(deliver(&stripe).len(), 1);
    assert_eq!(counts(), json!({"pending": 0, "delivered": 10_001, "failed": 0, "dropped": 5}));
    assert_ne!(stripe.deliveries()[0].id, first, "the oldest delivery is removed");
    assert_eq!(stripe.deliveries().len(), 10_000);
}

#[test]
fn receiver_may_call_the_simulator_during_a_delivery() {
    let stripe = start();
    create(&stripe, KEY);
    let mut made = 0;
    let delivered = stripe.deliver_to(|_| {
        if made < 3 {
            made += 1;
            create(&stripe, KEY);
        }
        StatusCode::OK
    });
    assert_eq!(delivered, 4);
}

#[test]
fn signature_in_process_has_the_time_of_a_running_clock() {
    let stripe = Simulator::builder().clock(Clock::Real).build();
    stripe.add_webhook(endpoint());
    create(&stripe, KEY);
    let requests = deliver(&stripe);
    let signature = requests[0].headers()["stripe-signature"].as_bytes();
    assert!(Verifier::new(SECRET).unwrap().verify_event(requests[0].body(), Some(signature)).is_ok());
}

#[test]
fn reordered_attempts_are_shuffled_and_none_is_lost() {
    let delivered_and_created = |rules: &[DisorderRule]| {
        let stripe = start();
        stripe.disturb_webhooks(rules.iter().cloned());
        let created: Vec<_> = (0..50).map(|_| id(&create(&stripe, KEY))).collect();
        let session = |request: Request<Bytes>| {
            let event: Value = serde_json::from_slice(request.body()).unwrap();
            event["data"]["object"]["id"].as_str().unwrap().to_owned()
        };
        (deliver(&stripe).into_iter().map(session).collect::<Vec<_>>(), created)
    };
    let (delivered, created) = delivered_and_created(&[]);
    assert_eq!(delivered, created);
    let (mut delivered, mut created) = delivered_and_created(&[DisorderRule::new(Disorder::Reordered)]);
    assert_ne!(delivered, created);
    delivered.sort();
    created.sort();
    assert_eq!(delivered, created);
}
