//! Deliveries of the simulator over real sockets, and their records.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stripe_identity::http::{HeaderValue, Method, Request};
use stripe_identity::{BlockingClient, Config, CreateVerificationSession};
use stripe_identity_mock::RawServer;
use stripe_identity_simulator::{
    Clock, Disorder, DisorderRule, Outcome, Server, Simulator, SimulatorBuilder, WebhookEndpoint,
};
use stripe_identity_ureq::UreqTransport;
use stripe_identity_webhook::{SIGNATURE_HEADER, Verifier};

const SECRET: &str = "whsec_made_up";
const WAIT: Duration = Duration::from_secs(60);

struct Stripe {
    server: Server,
    client: BlockingClient,
}

fn start(simulator: SimulatorBuilder) -> Stripe {
    let server = Server::start("127.0.0.1:0", simulator.build()).unwrap();
    let config = Config::builder("sk_test_123").base_url(server.url()).build().unwrap();
    let client = BlockingClient::new(config, UreqTransport::new().unwrap());
    Stripe { server, client }
}

impl Stripe {
    fn call(&self, method: Method, path: &str, params: Value) -> Value {
        self.client.raw(method, path, params).send().unwrap().into_inner().into_inner().into_value().unwrap()
    }

    fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, json!({}))
    }

    fn post(&self, path: &str, params: Value) -> Value {
        self.call(Method::POST, path, params)
    }

    fn endpoint(&self, url: &str) -> Value {
        self.post("/v1/webhook_endpoints", json!({"url": url, "enabled_events": ["*"]}))
    }

    fn create(&self) {
        self.client.verification_sessions().create(CreateVerificationSession::document()).send().unwrap();
    }

    /// Waits until the newest delivery meets a condition, and returns it.
    fn delivery(&self, holds: impl Fn(&Value) -> bool) -> Value {
        until(|| Some(self.get("/_simulator/deliveries")["data"][0].clone()).filter(&holds))
    }
}

/// Waits until `find` returns a value.
fn until<T>(find: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + WAIT;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < end, "the condition was not met in time");
        thread::sleep(Duration::from_millis(5));
    }
}

fn attempted(delivery: &Value) -> bool {
    delivery["attempts"].as_array().is_some_and(|attempts| attempts.iter().any(|it| !it["latency_ms"].is_null()))
}

fn receiver(status: &'static str) -> RawServer {
    RawServer::start(move |exchange| exchange.respond(status, "taken")).unwrap()
}

fn is_signed(request: &Request<impl AsRef<[u8]>>, secret: &str) -> bool {
    let signature = request.headers().get(SIGNATURE_HEADER).map(HeaderValue::as_bytes);
    Verifier::new(secret).unwrap().verify_event(request.body().as_ref(), signature).is_ok()
}

#[test]
fn endpoint_created_by_a_client_gets_deliveries_signed_with_its_secret() {
    let (stripe, receiver) = (start(Simulator::builder()), receiver("200 OK"));
    let endpoint = stripe.endpoint(&format!("{}/hook?a=b", receiver.url()));
    stripe.create();
    let delivery = stripe.delivery(|delivery| delivery["status"] == "delivered");
    let request = &receiver.requests()[0];
    assert!(
        is_signed(request, endpoint["secret"].as_str().unwrap()),
        "the signature should have the time of the machine, whatever the simulated clock"
    );
    assert_eq!((request.method().as_str(), request.uri().to_string()), ("POST", "/hook?a=b".to_owned()));
    assert_eq!(request.headers()["host"], receiver.address().to_string());
    let attempt = &delivery["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["body"]), (&json!(200), &json!("taken")));
    assert!(attempt["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(delivery["webhook_endpoint"], endpoint["id"]);
    let event = stripe.get(&format!("/v1/events/{}", delivery["event"].as_str().unwrap()));
    assert_eq!(event["pending_webhooks"], 0);
}

#[test]
fn event_destination_created_by_a_client_gets_thin_events() {
    let (stripe, receiver) = (start(Simulator::builder()), receiver("200 OK"));
    let destination = stripe.post(
        "/v2/core/event_destinations",
        json!({
            "name": "mine", "type": "webhook_endpoint", "event_payload": "thin", "enabled_events": ["*"],
            "webhook_endpoint": {"url": receiver.url()}, "include": ["webhook_endpoint.signing_secret"],
        }),
    );
    stripe.create();
    stripe.delivery(|delivery| delivery["status"] == "delivered");
    let verifier = Verifier::new(destination["webhook_endpoint"]["signing_secret"].as_str().unwrap()).unwrap();
    let request = &receiver.requests()[0];
    let signature = request.headers().get(SIGNATURE_HEADER).map(HeaderValue::as_bytes);
    let event = verifier.verify_thin_event(request.body(), signature).unwrap();
    assert_eq!(stripe.client.thin_events().fetch(&event).send().unwrap().id, event.id);
}

#[test]
fn run_until_idle_waits_for_the_outcome_of_each_attempt() {
    let (stripe, receiver) = (start(Simulator::builder()), receiver("500 X"));
    stripe.endpoint(receiver.url());
    stripe.create();
    stripe.post("/_simulator/clock/run_until_idle", json!({}));
    let delivery = &stripe.get("/_simulator/deliveries")["data"][0];
    assert_eq!((&delivery["status"], delivery["attempts"].as_array().unwrap().len()), (&json!("failed"), 3));
    assert_eq!(receiver.requests().len(), 3);
    let clock = stripe.get("/_simulator/clock");
    assert_eq!(clock["now"], "2026-10-26T10:33:20Z", "the retries take three hours");
}

#[test]
fn lost_webhook_is_found_and_resent() {
    let (stripe, receiver) = (start(Simulator::builder().clock(Clock::Real)), receiver("200 OK"));
    stripe.endpoint(receiver.url());
    stripe.post("/_simulator/disorder", json!({"disorder": "dropped", "times": 1}));
    stripe.create();
    let lost = stripe.call(Method::GET, "/v1/events", json!({"delivery_success": false}));
    let id = lost["data"][0]["id"].as_str().unwrap();
    assert_eq!(receiver.requests().len(), 0);
    let event = stripe.post(&format!("/v1/events/{id}/retry"), json!({"for_stripecli": true}));
    assert_eq!(event["id"], id);
    stripe.delivery(|delivery| delivery["status"] == "delivered");
    let lost = stripe.call(Method::GET, "/v1/events", json!({"delivery_success": false}));
    assert_eq!((receiver.requests().len(), &lost["data"]), (1, &json!([])));
}

fn hanging() -> RawServer {
    let hanging = RawServer::start(|exchange| {
        exchange.wait(WAIT);
        Ok(())
    });
    hanging.unwrap()
}

#[test]
fn fifty_deliveries_to_a_hanging_receiver_delay_no_other() {
    let (hanging, responsive) = (hanging(), receiver("200 OK"));
    let stripe = start(Simulator::builder());
    stripe.post("/_simulator/settings", json!({"webhook_timeout": "1h"}));
    let slow = stripe.endpoint(hanging.url());
    stripe.endpoint(responsive.url());
    for _ in 0..50 {
        stripe.create();
    }
    until(|| (responsive.requests().len() == 50).then_some(()));
    let params = json!({"webhook_endpoint": slow["id"], "limit": 100});
    let deliveries = stripe.call(Method::GET, "/_simulator/deliveries", params);
    let attempts =
        deliveries["data"].as_array().unwrap().iter().map(|delivery| delivery["attempts"].as_array().unwrap());
    assert_eq!(
        attempts.clone().filter(|attempts| attempts.len() == 1).count(),
        8,
        "at most eight attempts run at a time"
    );
    assert!(attempts.flatten().all(|attempt| attempt["latency_ms"].is_null()), "no attempt should have ended");
    let dropped = Instant::now();
    drop(stripe);
    assert!(dropped.elapsed() < Duration::from_secs(15), "the server waited for a hanging receiver");
}

#[test]
fn hanging_receiver_times_out() {
    let hanging = hanging();
    let stripe = start(Simulator::builder());
    stripe.post("/_simulator/settings", json!({"webhook_timeout": "0.05s"}));
    stripe.endpoint(hanging.url());
    stripe.create();
    let delivery = stripe.delivery(attempted);
    assert_eq!((&delivery["attempts"][0]["failure"], &delivery["status"]), (&json!("timed_out"), &json!("pending")));
    assert!(!delivery["next_attempt"].is_null());
}

#[test]
fn each_failure_of_an_attempt_has_its_own_name() {
    let stripe = start(Simulator::builder());
    let closing = RawServer::start(|exchange| {
        exchange.close();
        Ok(())
    });
    let closing = closing.unwrap();
    let tls = RawServer::start_tls(|exchange| exchange.respond("200 OK", "")).unwrap();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, failure) in [
        (closing.url().to_owned(), "closed"),
        (format!("http://{unused}/"), "unreachable"),
        (tls.url().to_owned(), "tls"),
    ] {
        let endpoint = stripe.endpoint(&url);
        stripe.create();
        let delivery = stripe.delivery(attempted);
        assert_eq!(delivery["attempts"][0]["failure"], failure, "{delivery}");
        stripe.call(Method::DELETE, &format!("/v1/webhook_endpoints/{}", endpoint["id"].as_str().unwrap()), json!({}));
    }
}

#[test]
fn https_receiver_with_a_trusted_certificate_gets_deliveries() {
    let receiver = RawServer::start_tls(|exchange| exchange.respond("200 OK", "")).unwrap();
    let certificate = receiver.certificate().unwrap();
    let stripe = start(Simulator::builder().webhook_root(certificate).unwrap());
    let endpoint = stripe.endpoint(&format!("{}/hook", receiver.url()));
    stripe.create();
    stripe.delivery(|delivery| delivery["status"] == "delivered");
    assert!(is_signed(&receiver.requests()[0], endpoint["secret"].as_str().unwrap()));
    assert!(Simulator::builder().webhook_root(b"no certificate").is_err());
}

#[test]
fn redirect_is_not_followed() {
    let target = receiver("200 OK");
    let location = target.url().to_owned();
    let receiver = RawServer::start(move |exchange| {
        exchange.write(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
    });
    let receiver = receiver.unwrap();
    let stripe = start(Simulator::builder());
    stripe.endpoint(receiver.url());
    stripe.create();
    assert_eq!(stripe.delivery(attempted)["attempts"][0]["status"], 302);
    assert_eq!(target.connections(), 0);
}

#[test]
fn receiver_on_another_host_is_refused_unless_it_is_allowed() {
    let stripe = start(Simulator::builder().webhook_host("app"));
    let refused = |url: &str| {
        let params = json!({"url": url, "enabled_events": ["*"]});
        let error = stripe.client.raw(Method::POST, "/v1/webhook_endpoints", params).send().unwrap_err();
        assert_eq!((error.code().unwrap().as_str(), error.param()), ("url_invalid", Some("url")));
        error.message().unwrap().to_owned()
    };
    assert!(refused("http://169.254.169.254/latest").contains("--webhook-host 169.254.169.254"));
    assert!(refused("https://example.com/hook").contains("this machine only"));
    stripe.endpoint("http://app:4242/hook");
    // An endpoint that is added in process gets no deliveries either.
    stripe.server.add_webhook(WebhookEndpoint::new("http://192.0.2.1/hook", SECRET).unwrap());
    stripe.create();
    until(|| {
        let deliveries = stripe.get("/_simulator/deliveries");
        let mut attempts =
            deliveries["data"].as_array().unwrap().iter().map(|delivery| &delivery["attempts"][0]["failure"]);
        attempts.any(|failure| *failure == "host_not_allowed").then_some(())
    });
}

#[test]
fn cut_webhook_ends_in_the_middle_of_its_body() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let stripe = start(Simulator::builder());
    stripe.endpoint(&url);
    stripe.server.disturb_webhooks([DisorderRule::new(Disorder::Cut).times(1)]);
    stripe.create();
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(WAIT)).unwrap();
    let mut request = String::new();
    std::io::Read::read_to_string(&mut stream, &mut request).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
    assert_eq!(stripe.delivery(attempted)["attempts"][0]["failure"], "cut");
}

#[test]
fn endless_response_counts_as_delivered() {
    let receiver = RawServer::start(|exchange| {
        exchange.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
        while exchange.write(&chunk).is_ok() {}
        Ok(())
    });
    let receiver = receiver.unwrap();
    let stripe = start(Simulator::builder());
    stripe.endpoint(receiver.url());
    stripe.create();
    let delivery = stripe.delivery(attempted);
    assert_eq!(
        (&delivery["status"], delivery["attempts"][0]["body"].as_str().unwrap().len()),
        (&json!("delivered"), 1024)
    );
}

#[test]
fn queue_of_a_silent_receiver_is_bounded_and_drops_are_counted() {
    let hanging = hanging();
    let stripe = start(Simulator::builder());
    stripe.server.add_webhook(WebhookEndpoint::new(hanging.url(), SECRET).unwrap());
    let in_process = BlockingClient::new(
        Config::new("sk_test_123").unwrap(),
        stripe_identity_simulator::SimulatorTransport::from(Simulator::clone(&stripe.server)),
    );
    let create = |count: usize| {
        for _ in 0..count {
            let sessions = in_process.verification_sessions();
            let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
            stripe.server.submit(&session, &Outcome::Verified).unwrap();
        }
    };
    create(4000);
    let counts = stripe.get("/_simulator/webhook_endpoints")["data"][0]["deliveries"].clone();
    assert_eq!(counts, json!({"pending": 10_000, "delivered": 0, "failed": 0, "dropped": 2000}));
    assert!(hanging.connections() <= 8);
}
