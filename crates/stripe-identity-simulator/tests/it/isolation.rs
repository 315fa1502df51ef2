//! Isolation of worlds, accounts, requests and servers from each other.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use serde_json::Value;
use stripe_identity_simulator::{Disorder, DisorderRule, Fault, Plan, Simulator, Submission, WebhookEndpoint};

#[cfg(feature = "server")]
use super::http::create;
use super::http::{SESSIONS, id, send, send_with};

const KEY: &str = "sk_test_a";
const URL: &str = "http://localhost/hook";

fn endpoint() -> WebhookEndpoint {
    WebhookEndpoint::new(URL, "whsec_made_up").unwrap()
}

fn list(stripe: &Simulator, key: &str, path: &str) -> Vec<Value> {
    send(stripe, key, "GET", path, "").1["data"].as_array().unwrap().clone()
}

#[test]
fn redaction_erases_stored_responses_and_responses_of_receivers() {
    const PERSONAL: &str = "made up and personal";
    let stripe = Simulator::new();
    stripe.add_webhook(endpoint());
    let (_, session) = send(&stripe, KEY, "POST", SESSIONS, &format!("type=document&metadata[a]={PERSONAL}"));
    let session = id(&session);
    let event = id(&list(&stripe, KEY, "/v1/events")[0]);
    let retry = || {
        let (path, key) = (format!("/v1/events/{event}/retry"), [("idempotency-key", "k")]);
        send_with(&stripe, KEY, "POST", &path, "", &key).1.to_string()
    };
    let kept = || list(&stripe, KEY, "/_simulator/deliveries").iter().any(|it| it.to_string().contains(PERSONAL));
    // A receiver that echoes the request body.
    stripe.deliver_to(|request| Response::new(request.into_body()));
    assert!(retry().contains(PERSONAL) && kept());
    let under_way = stripe.take_webhooks();
    assert_eq!(under_way.len(), 1);

    send(&stripe, KEY, "POST", &format!("{SESSIONS}/{session}/redact"), "");
    stripe.finish_redaction(&*session).unwrap();
    assert!(!kept());
    for webhook in under_way {
        let response = Response::new(webhook.request.body().clone());
        webhook.report(response);
    }
    assert!(!kept());
    assert!(!retry().contains(PERSONAL));
    assert_eq!(stripe.deliveries()[0].attempts.len(), 2);
}

#[test]
fn retry_for_one_account_does_not_find_the_event_of_another() {
    let stripe = Simulator::new();
    let of = |account: &str, path: &str, body: &str| {
        send_with(&stripe, KEY, "POST", path, body, &[("stripe-account", account)])
    };
    of("acct_a", SESSIONS, "type=document");
    let events = send_with(&stripe, KEY, "GET", "/v1/events", "", &[("stripe-account", "acct_a")]).1;
    let path = format!("/v1/events/{}/retry", id(&events["data"][0]));
    assert_eq!(of("acct_b", &path, "account=acct_a").0, 404);
    assert_eq!(of("acct_a", &path, "account=acct_a").0, 200);
    assert_eq!(send(&stripe, KEY, "POST", &path, "account=acct_a").0, 200);
}

#[test]
fn endpoint_of_the_control_api_does_not_replace_that_of_an_account() {
    let stripe = Simulator::new();
    let body = format!("url={URL}&enabled_events[]=*");
    let account = [("stripe-account", "acct_a")];
    let (status, theirs) = send_with(&stripe, KEY, "POST", "/v1/webhook_endpoints", &body, &account);
    assert_eq!(status, 200, "{theirs}");
    for _ in 0..2 {
        assert_eq!(send(&stripe, KEY, "POST", "/_simulator/webhook_endpoints", &format!("url={URL}")).0, 200);
    }
    let all = list(&stripe, KEY, "/_simulator/webhook_endpoints");
    assert!(all.len() == 2 && all.iter().any(|it| it["id"] == theirs["id"]), "{all:?}");
}

#[test]
fn ids_of_faults_do_not_reveal_secrets() {
    let stripe = Simulator::new();
    let body = format!("url={URL}&enabled_events[]=*");
    let secret = send(&stripe, KEY, "POST", "/v1/webhook_endpoints", &body).1["secret"].as_str().unwrap().to_owned();
    let world = stripe.world(KEY).unwrap();
    (0..20).for_each(|_| world.add_fault(Fault::reset()));
    // The random parts of an id, without the tag of the world.
    let random = |id: &str| [&id[7..13], &id[23..]].concat();
    let ids: String = world.faults().iter().map(|rule| random(&rule.id)).collect();
    let secret = secret.strip_prefix("whsec_").unwrap();
    assert!((0..secret.len() - 5).all(|at| !ids.contains(&secret[at..at + 5])), "{ids}");
}

#[test]
fn addition_to_all_worlds_is_once_in_each_even_if_worlds_are_created_meanwhile() {
    for _ in 0..100 {
        let stripe = Simulator::new();
        let others = stripe.clone();
        let keys: Vec<_> = (0..40).map(|number| format!("sk_test_{number}")).collect();
        thread::scope(|scope| {
            let keys = &keys;
            scope.spawn(move || keys.iter().for_each(|key| drop(others.world(key).unwrap())));
            stripe.add_webhook(endpoint());
            stripe.add_fault(Fault::latency(Duration::ZERO));
            stripe.plan(Plan::from(Submission::verified()));
            stripe.disturb_webhooks([DisorderRule::new(Disorder::Doubled)]);
            stripe.advance(Duration::from_secs(60));
        });
        let now = stripe.time();
        for key in keys {
            let count = |path: &str| list(&stripe, &key, &format!("/_simulator/{path}")).len();
            assert_eq!(
                [count("webhook_endpoints"), count("faults"), count("plan"), count("disorder")],
                [1, 1, 1, 1],
                "{key}"
            );
            assert_eq!(stripe.world(&key).unwrap().time(), now);
        }
    }
}

/// Does the same in several worlds, in the order of `keys`, and returns all responses and deliveries of each.
fn life_of(keys: [&str; 3]) -> BTreeMap<String, Vec<String>> {
    let stripe = Simulator::with_seed(7);
    stripe.add_webhook(endpoint());
    stripe.add_fault(Fault::respond(StatusCode::SERVICE_UNAVAILABLE).probability(0.3));
    stripe.plan(Plan::from([Submission::failed("document_expired".into()), Submission::verified()]).every_session());
    stripe.disturb_webhooks([Disorder::Doubled, Disorder::Reordered].map(|it| DisorderRule::new(it).probability(0.5)));
    let mut lives = BTreeMap::<String, Vec<String>>::new();
    for round in 0..20 {
        for key in keys {
            let life = lives.entry(key.to_owned()).or_default();
            let mut exchange = |method: &str, path: &str, body: String| {
                let request = Request::builder().method(method).uri(path);
                let request = request.header("authorization", format!("Bearer {key}"));
                let response = stripe.handle(request.body(body.into()).unwrap());
                life.push(format!("{response:?}"));
                serde_json::from_slice::<Value>(response.body()).unwrap()
            };
            let session = exchange("POST", SESSIONS, format!("type=document&metadata[round]={round}"));
            if let Some(id) = session["id"].as_str() {
                exchange("GET", &format!("{SESSIONS}/{id}"), String::new());
            }
            exchange("GET", "/_simulator/deliveries?limit=100", String::new());
            let world = stripe.world(key).unwrap();
            world.deliver_to(|request| {
                life.push(format!("{request:?}"));
                if round % 2 == 0 { StatusCode::OK } else { StatusCode::BAD_GATEWAY }
            });
            world.advance(Duration::from_secs(60 * 60));
        }
    }
    lives
}

#[test]
fn same_requests_in_any_order_of_worlds_give_the_same_bytes() {
    let lives = life_of(["sk_test_a", "sk_test_b", "sk_test_c"]);
    assert_eq!(lives, life_of(["sk_test_a", "sk_test_b", "sk_test_c"]));
    assert_eq!(lives, life_of(["sk_test_c", "sk_test_a", "sk_test_b"]));
    assert_ne!(lives["sk_test_a"], lives["sk_test_b"]);
}

#[cfg(feature = "server")]
mod server {
    use std::net::TcpListener;
    use std::time::Instant;

    use stripe_identity_simulator::{DeliveryFailure, Server};

    use super::super::http::exchange;
    use super::*;

    const WAIT: Duration = Duration::from_secs(60);

    fn get(server: &Server, key: &str, path: &str) -> Value {
        let headers = format!("Authorization: Bearer {key}\r\n");
        serde_json::from_str(&exchange(server.address(), "localhost", &format!("GET {path}"), &headers, "").1).unwrap()
    }

    #[test]
    fn webhooks_under_way_end_with_their_server_and_the_next_server_continues() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let simulator = Simulator::new();
        let server = Server::start("127.0.0.1:0", simulator.clone()).unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        simulator.add_webhook(WebhookEndpoint::new(&url, "whsec_made_up").unwrap());
        (0..8).for_each(|_| drop(create(&simulator, KEY)));
        let connections: Vec<_> = (0..8).map(|_| silent.accept().unwrap()).collect();
        drop(server);

        let _server = Server::start("127.0.0.1:0", simulator.clone()).unwrap();
        create(&simulator, KEY);
        // The next webhook is sent only if the interrupted ones no longer count.
        silent.set_nonblocking(true).unwrap();
        let end = Instant::now() + WAIT;
        while silent.accept().is_err() {
            assert!(Instant::now() < end, "nothing is sent any more");
            thread::sleep(Duration::from_millis(10));
        }
        let first = &simulator.deliveries()[0].attempts[0];
        assert_eq!(first.result, Some(DeliveryFailure::Closed.into()));
        drop(connections);
    }

    #[test]
    fn run_until_idle_gives_the_same_result_for_slow_receivers() {
        let run = |pause: Duration| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap());
            server.add_webhook(WebhookEndpoint::new(&url, "whsec_made_up").unwrap());
            // Ends each connection without a response.
            thread::spawn(move || {
                for stream in listener.incoming() {
                    thread::sleep(pause);
                    drop(stream);
                }
            });
            create(&server, KEY);
            let (run, headers) = ("POST /_simulator/clock/run_until_idle", format!("Authorization: Bearer {KEY}\r\n"));
            let clock = exchange(server.address(), "localhost", run, &headers, "").1;
            create(&server, KEY);
            (clock, get(&server, KEY, "/v1/events")["data"][0]["request"]["id"].clone())
        };
        assert_eq!(run(Duration::ZERO), run(Duration::from_millis(100)));
    }
}
