//! Webhooks of the simulator: verified, deduplicated, and completed if they are thin.

use std::collections::{BTreeMap, HashSet};
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{HeaderValue, Request, StatusCode};
use stripe_identity::{
    BlockingClient, Config, CreateVerificationSession, ErrorKind, EventType, ListEvents, ListVerificationSessions,
    SessionView, ThinEvent, VerificationSessionId,
};
use stripe_identity_mock::{RawServer, Recorder};
use stripe_identity_simulator::{Clock, Outcome, Server, Simulator, SimulatorTransport, WebhookEndpoint};
use stripe_identity_webhook::{Delivery, SIGNATURE_HEADER, Verifier};

const SECRET: &str = "whsec_made_up";
const URL: &str = "http://127.0.0.1:1/webhook";

fn verifier(stripe: &SimulatorTransport) -> Verifier {
    let clock = stripe.clone();
    Verifier::new(SECRET).unwrap().clock(move || clock.time())
}

fn signature(request: &Request<Bytes>) -> Option<&[u8]> {
    request.headers().get(SIGNATURE_HEADER).map(HeaderValue::as_bytes)
}

fn deliver(stripe: &SimulatorTransport) -> Vec<Delivery> {
    let (verifier, mut deliveries) = (verifier(stripe), Vec::new());
    stripe.deliver_to(|request| {
        deliveries.push(verifier.verify_delivery(request.body(), signature(&request)).unwrap());
        StatusCode::OK
    });
    deliveries
}

fn config() -> Config {
    Config::new("sk_test_123").unwrap()
}

#[test]
fn each_step_of_a_session_is_delivered_with_a_signature() {
    let stripe = SimulatorTransport::new();
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    sessions.create(CreateVerificationSession::document()).send().unwrap();
    stripe.add_webhook(WebhookEndpoint::new(URL, SECRET).unwrap());
    assert_eq!(deliver(&stripe), [], "an endpoint gets no earlier events");
    let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
    stripe.submit(&session, Outcome::Verified).unwrap();
    let types: Vec<_> = deliver(&stripe).iter().map(|delivery| delivery.type_().to_owned()).collect();
    assert_eq!(types, ["created", "processing", "verified"].map(|it| format!("identity.verification_session.{it}")));
    assert_eq!(deliver(&stripe), [], "each event is delivered once");
    for url in ["ftp://example.test/", "http://user:password@localhost/", "localhost", ""] {
        assert!(WebhookEndpoint::new(url, SECRET).is_err());
    }
    assert!(WebhookEndpoint::new(URL, " ").is_err());
}

#[test]
fn changes_and_object_of_a_thin_event_are_fetched() {
    let simulator = SimulatorTransport::new();
    let stripe = Recorder::new(simulator.clone());
    simulator.add_webhook(WebhookEndpoint::new(URL, SECRET).unwrap().thin().connect());
    let client = BlockingClient::new(config().to_builder().account("acct_1").build().unwrap(), stripe.clone());
    let session = client.verification_sessions().create(CreateVerificationSession::document()).send().unwrap();
    let Some(Delivery::ThinEvent(event)) = deliver(&simulator).pop() else { panic!("the event should be thin") };
    assert_eq!(event.context.as_deref(), Some("acct_1"));

    // A client with another account, or none, acts in the context of the event.
    let thin = client.with_config(config().to_builder().account("acct_2").build().unwrap()).thin_events();
    let before = stripe.requests().len();
    let fetched = thin.fetch(&event).send().unwrap();
    assert!(fetched.changes.is_some() && fetched.id == event.id);
    assert_eq!(thin.verification_session(&event).unwrap().send().unwrap().id, session.id);
    let object = thin.related_object(&event).unwrap().send().unwrap().into_inner();
    assert_eq!(object.expose().get("id").unwrap(), session.id.as_str());
    let paths = [
        format!("/v2/core/events/{}", event.id),
        format!("/v1/identity/verification_sessions/{}", session.id),
        format!("/v1/identity/verification_sessions/{}", session.id),
    ];
    for (request, path) in stripe.requests()[before..].iter().zip(paths) {
        assert_eq!(request.uri().path(), path);
        assert_eq!(request.headers()["stripe-context"], "acct_1");
        assert_eq!(request.headers()["stripe-request-trigger"], format!("event={}", event.id));
        assert!(!request.headers().contains_key("stripe-account"));
    }

    let mut event = *event;
    event.context = None;
    assert!(thin.fetch(&event).send().is_err(), "the event belongs to another account");
    assert_eq!(client.thin_events().retrieve(&event.id).send().unwrap().id, event.id);
}

#[test]
fn thin_event_cannot_lead_to_another_host() {
    let stripe = Recorder::new(SimulatorTransport::new());
    let thin = BlockingClient::new(config(), stripe.clone()).thin_events();
    let event = |url: &str, id: &str| -> ThinEvent {
        let related = serde_json::json!({"id": id, "type": "identity.verification_session", "url": url});
        serde_json::from_value(serde_json::json!({"id": "evt_1", "related_object": related})).unwrap()
    };
    for url in ["https://evil.test/v1/x", "//evil.test/x", "/v1/../x", "v1/x", "/v1/x?a#b", "@evil.test", ""] {
        let error = thin.related_object(&event(url, "vs_1")).unwrap().send().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{url}");
    }
    for id in ["", ".", ".."] {
        let error = thin.verification_session(&event("/v1/x", id)).unwrap().send().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id}");
    }
    let mut file = event("/v1/files/file_1", "file_1");
    file.related_object.as_mut().unwrap().type_ = "file".into();
    assert!(thin.verification_session(&file).is_none(), "a file is not a session");
    let mut nothing = event("/v1/x", "vs_1");
    nothing.related_object = None;
    assert!(thin.related_object(&nothing).is_none() && thin.verification_session(&nothing).is_none());
    assert!(stripe.requests().is_empty());
}

#[test]
fn endpoint_gets_only_later_events_and_has_its_own_order() {
    let stripe = SimulatorTransport::new();
    let sessions = BlockingClient::new(config(), stripe.clone()).verification_sessions();
    let create = || sessions.create(CreateVerificationSession::document()).send().unwrap();
    stripe.add_webhook(WebhookEndpoint::new("http://127.0.0.1:1/plain", SECRET).unwrap());
    create();
    stripe.add_webhook(WebhookEndpoint::new("http://127.0.0.1:1/shuffled", SECRET).unwrap().in_disorder());
    for _ in 0..50 {
        create();
    }
    let verifier = verifier(&stripe);
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    stripe.deliver_to(|request| {
        let delivery = verifier.verify_delivery(request.body(), signature(&request)).unwrap();
        ids.entry(request.uri().path().to_owned()).or_default().push(delivery.id().to_string());
        StatusCode::OK
    });
    let events = BlockingClient::new(config(), stripe).events().list(ListEvents::new().limit(100)).items();
    let mut in_order: Vec<_> = events.map(|event| event.unwrap().id.to_string()).collect();
    in_order.reverse();
    assert_eq!(ids["/plain"], in_order);
    let mut shuffled = ids["/shuffled"].clone();
    shuffled.dedup();
    assert!(shuffled.len() > 80, "each event should come twice, and rarely in succession");
    shuffled.sort();
    shuffled.dedup();
    in_order.remove(0);
    in_order.sort();
    assert_eq!(shuffled, in_order);
}

#[test]
fn hanging_receiver_delays_no_other() {
    let hanging = RawServer::start(|exchange| {
        exchange.wait(Duration::from_secs(60));
        Ok(())
    });
    let responsive = RawServer::start(|exchange| exchange.respond("200 OK", "")).unwrap();
    let stripe = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    for url in [hanging.as_ref().unwrap().url(), responsive.url()] {
        stripe.add_webhook(WebhookEndpoint::new(url, SECRET).unwrap());
    }
    let config = config().to_builder().base_url(stripe.url()).build().unwrap();
    let client = BlockingClient::new(config, stripe_identity_ureq::UreqTransport::new().unwrap());
    for _ in 0..20 {
        client.verification_sessions().create(CreateVerificationSession::document()).send().unwrap();
    }
    let end = Instant::now() + Duration::from_secs(30);
    while responsive.requests().len() < 20 && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(responsive.requests().len(), 20);
    let dropped = Instant::now();
    drop(stripe);
    assert!(dropped.elapsed() < Duration::from_secs(15), "the server waited for a hanging receiver");
}

#[test]
fn thousand_events_twice_in_any_order_leave_the_right_state() {
    let stripe = SimulatorTransport::from(Simulator::with_seed(7));
    let every_event = ["*", "identity.verification_session.redacted"];
    stripe.add_webhook(WebhookEndpoint::new(URL, SECRET).unwrap().in_disorder().enabled_events(every_event));
    let client = BlockingClient::new(config(), stripe.clone());
    let sessions = client.verification_sessions();
    for number in 0..280 {
        let session = sessions.create(CreateVerificationSession::document()).send().unwrap();
        let outcomes = [Outcome::Failed("document_expired".into()), Outcome::Verified];
        let outcomes = [&outcomes[..], &outcomes[..1], &outcomes[1..]][number % 3];
        for outcome in outcomes {
            stripe.advance(Duration::from_secs(1));
            stripe.start_processing(&session).unwrap();
            stripe.advance(Duration::from_secs(1));
            stripe.finish_processing(&session, outcome).unwrap();
        }
        stripe.advance(Duration::from_secs(1));
        if number % 5 == 0 {
            sessions.redact(&session).send().unwrap();
            stripe.advance(Duration::from_secs(1));
            stripe.finish_redaction(&session).unwrap();
        }
    }
    let deliveries = deliver(&stripe);
    let events = client.events().list(ListEvents::new().limit(100)).items().count();
    assert!(events >= 1000 && deliveries.len() == 2 * events, "{events} events, {} deliveries", deliveries.len());
    let in_order = deliveries.windows(2).filter(|two| two[0].id() == two[1].id()).count();
    assert!(in_order < events / 10, "the deliveries are hardly shuffled");

    let (mut ids, mut repeated) = (HashSet::new(), 0);
    let mut known: BTreeMap<VerificationSessionId, SessionView> = BTreeMap::new();
    for delivery in deliveries {
        if !ids.insert(delivery.id().clone()) {
            repeated += 1;
            continue;
        }
        let Delivery::Event(event) = delivery else { panic!("the event should have a snapshot") };
        let id = event.verification_session().unwrap().id;
        known.entry(id.clone()).or_insert_with(|| SessionView::new(id)).apply(&event);
    }
    assert_eq!(repeated, events);
    let mut states = HashSet::new();
    for session in sessions.list(ListVerificationSessions::new().limit(100)).items() {
        let session = session.unwrap();
        assert_eq!(known[&session.id].state, session.state(), "{}", session.id);
        assert_eq!(known[&session.id].redaction, session.redaction_state(), "{}", session.id);
        states.insert(format!("{:?}", session.state()));
    }
    assert!(states.len() >= 2 && known.len() == 280, "{states:?}");
}

#[test]
fn server_redelivers_until_a_success() {
    let receiver = RawServer::start(|exchange| match exchange.number() {
        1 => exchange.respond("500 X", "not now"),
        _ => exchange.respond("200 OK", ""),
    });
    let receiver = receiver.unwrap();
    let stripe = Server::start("127.0.0.1:0", Simulator::builder().clock(Clock::Real).build()).unwrap();
    let client = BlockingClient::new(
        config().to_builder().base_url(stripe.url()).build().unwrap(),
        stripe_identity_ureq::UreqTransport::new().unwrap(),
    );
    let url = format!("{}/hook?x=1", receiver.url());
    // The request that curl would send.
    let added = stripe.handle(
        Request::post("/_simulator/webhook_endpoints")
            .header("authorization", "Bearer sk_test_123")
            .body(format!("url={url}&secret={SECRET}").replace("?x=1", "%3Fx%3D1").into())
            .unwrap(),
    );
    assert_eq!(added.status(), 200);
    let session = client.verification_sessions().create(CreateVerificationSession::document()).send().unwrap();

    let end = Instant::now() + Duration::from_secs(60);
    while receiver.requests().len() < 2 && Instant::now() < end {
        // The second attempt is due in an hour.
        stripe.run_until_idle();
        thread::sleep(Duration::from_millis(20));
    }
    let verifier = Verifier::new(SECRET).unwrap();
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2, "the receiver fails once and then succeeds");
    for request in requests {
        assert_eq!((request.method().as_str(), request.uri().to_string()), ("POST", "/hook?x=1".to_owned()));
        let event = verifier.verify_event(request.body(), signature(&request)).unwrap();
        assert_eq!(event.type_, EventType::VerificationSessionCreated);
        assert_eq!(event.verification_session().unwrap().id, session.id);
    }
}

#[test]
fn endpoint_url_is_checked_and_cross_origin_requests_are_refused() {
    let is_url = |url: &str| WebhookEndpoint::new(url, SECRET).is_ok();
    assert!(
        ["http://127.0.0.1:1/x", "http://host.test", "http://[::1]:4242/?a=b", "https://x.test"]
            .into_iter()
            .all(is_url)
    );
    for url in ["ftp://x.test", "http://x:0/", "http://x:99999/", "http://x:/", "http://a@x/", "http://:1/", "/x", ""] {
        assert!(!is_url(url), "{url}");
    }
    let stripe = SimulatorTransport::new();
    let status = |origin: Option<&str>| {
        let request = Request::post("/_simulator/clock/advance").header("host", "127.0.0.1:12111");
        let request = request.header("authorization", "Bearer sk_test_123");
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        stripe.handle(request.body("seconds=1".into()).unwrap()).status().as_u16()
    };
    assert_eq!(
        [None, Some("http://127.0.0.1:12111"), Some("https://evil.test"), Some("null")].map(status),
        [200, 200, 403, 403]
    );
}
