//! The metrics, as a strict parser reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::{Method, StatusCode};
use stripe_identity_simulator::{
    AttemptResult, DeliveryFailure, Fault, FaultResponse, Server, ServerOptions, Simulator, Submission, WebhookEndpoint,
};

use super::http::{SESSIONS, create, exchange, id, send, send_with};

const KEY: &str = "sk_test_a";

/// The values as they are written, by names and labels.
type Samples = BTreeMap<String, String>;

fn is_name(text: &str) -> bool {
    let is_start = |it: char| it.is_ascii_alphabetic() || it == '_' || it == ':';
    text.starts_with(is_start) && text.chars().all(|it| is_start(it) || it.is_ascii_digit())
}

/// Parses the labels `a="b",c="d"`.
fn labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").unwrap();
        assert!(is_name(name), "{name}");
        let (value, rest) = rest.split_once('"').unwrap();
        assert!(!value.contains(['\\', '\n']), "{value}");
        assert!(labels.insert(name.to_owned(), value.to_owned()).is_none(), "{name}");
        text = rest.strip_prefix(',').unwrap_or(rest);
        assert!(text.len() < rest.len() || rest.is_empty(), "{rest}");
    }
    labels
}

/// Parses the text format, as <https://prometheus.io/docs/instrumenting/exposition_formats/> describes it.
fn parse(text: &str) -> Samples {
    assert!(text.ends_with('\n'));
    let (mut samples, mut types, mut helped) = (Samples::new(), BTreeMap::new(), BTreeSet::new());
    let mut family = String::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (keyword, rest) = comment.split_once(' ').unwrap();
            let (name, rest) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && name.starts_with("stripe_identity_simulator_") && !rest.is_empty(), "{line}");
            match keyword {
                "HELP" => assert!(helped.insert(name.to_owned()), "{line}"),
                "TYPE" => {
                    assert!(["counter", "gauge", "histogram"].contains(&rest), "{line}");
                    assert!(types.insert(name.to_owned(), rest.to_owned()).is_none(), "a family comes once: {line}");
                    name.clone_into(&mut family);
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, inner) = match series.split_once('{') {
            Some((name, rest)) => (name, rest.strip_suffix('}').unwrap()),
            None => (series, ""),
        };
        let suffixes: &[&str] = if types[&family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
        assert!(suffixes.iter().any(|suffix| name == format!("{family}{suffix}")), "{line}");
        if types[&family] == "counter" {
            assert!(name.ends_with("_total"), "{line}");
        }
        labels(inner);
        assert!(value.parse::<f64>().unwrap() >= 0.0, "{line}");
        assert!(samples.insert(series.to_owned(), value.to_owned()).is_none(), "{line}");
    }
    assert_eq!(types.keys().collect::<Vec<_>>(), helped.iter().collect::<Vec<_>>());
    samples
}

fn scrape(stripe: &Simulator) -> Samples {
    let (status, text) = send(stripe, "", "GET", "/_simulator/metrics", "");
    assert_eq!(status, 200);
    parse(text.as_str().unwrap())
}

/// Returns the value of a series, which must be a whole number.
fn value(samples: &Samples, series: &str) -> u64 {
    let value = samples.get(&format!("stripe_identity_simulator_{series}"));
    value.unwrap_or_else(|| panic!("{series}: {samples:#?}")).parse().unwrap()
}

#[test]
fn requests_attempts_objects_and_due_things_are_counted() {
    let stripe = Simulator::new();
    stripe.add_webhook(WebhookEndpoint::new("http://localhost/hook", "whsec_made_up").unwrap());
    let session = create(&stripe, KEY);
    send(&stripe, KEY, "GET", &format!("{SESSIONS}/{}", id(&session)), "");
    send(&stripe, KEY, "GET", &format!("{SESSIONS}/vs_0"), "");
    send(&stripe, "sk_test_b", "POST", SESSIONS, "type=bogus");
    send(&stripe, "sk_live_x", "GET", "/v1/bogus", "");
    send(&stripe, KEY, "GET", "/_simulator/clock", "");
    stripe.submit(id(&session), Submission::verified()).unwrap();
    let world = stripe.world(KEY).unwrap();
    let mut results: Vec<AttemptResult> = [StatusCode::OK, StatusCode::BAD_GATEWAY].map(Into::into).to_vec();
    results.push(DeliveryFailure::TimedOut.into());
    let count = stripe.deliver_to(|_| results.pop().unwrap());
    assert_eq!(count, 3);
    world.add_fault(Fault::reset().method(Method::DELETE));
    send(&stripe, KEY, "DELETE", &format!("{SESSIONS}/x"), "");

    let samples = scrape(&stripe);
    let value = |series: &str| value(&samples, series);
    let template = "/v1/identity/verification_sessions/{session}";
    assert_eq!(value(&format!(r#"requests_total{{method="POST",path="{SESSIONS}",status="200"}}"#)), 1);
    assert_eq!(value(&format!(r#"requests_total{{method="POST",path="{SESSIONS}",status="400"}}"#)), 1);
    assert_eq!(value(&format!(r#"requests_total{{method="GET",path="{template}",status="200"}}"#)), 1);
    assert_eq!(value(&format!(r#"requests_total{{method="GET",path="{template}",status="404"}}"#)), 1);
    assert_eq!(value(r#"requests_total{method="GET",path="unknown",status="401"}"#), 1);
    assert_eq!(value(r#"requests_total{method="DELETE",path="unknown",status="none"}"#), 1);
    assert_eq!(value(r#"request_duration_seconds_count{kind="api"}"#), 6);
    assert_eq!(value(r#"request_duration_seconds_count{kind="control"}"#), 1);
    assert_eq!(value(r#"request_duration_seconds_bucket{kind="api",le="+Inf"}"#), 6);
    assert_eq!(value(r#"refused_requests_total{code="resource_missing",type="invalid_request_error"}"#), 1);
    assert_eq!(value(r#"faults_total{effect="reset"}"#), 1);
    for result in ["2xx", "5xx", "timed_out"] {
        assert_eq!(value(&format!(r#"webhook_attempts_total{{result="{result}"}}"#)), 1);
    }
    assert_eq!((value("worlds"), value("journal_requests")), (2, 7));
    assert_eq!(value(r#"objects{kind="verification_session"}"#), 1);
    assert_eq!(value(r#"objects{kind="event"}"#), 3);
    assert_eq!(value(r#"objects{kind="webhook_endpoint"}"#), 2);
    assert_eq!(value(r#"deliveries{status="delivered"}"#), 1);
    assert_eq!(value(r#"deliveries{status="pending"}"#), 2);
    assert_eq!(value(r#"queue_length{kind="work"}"#), 2);
    assert!(value(r#"queue_length{kind="expiry"}"#) >= 3);
    world.advance(Duration::from_secs(31 * 24 * 60 * 60));
    let later = scrape(&stripe);
    assert_eq!(later.get(r#"stripe_identity_simulator_objects{kind="event"}"#), Some(&"0".to_owned()));
}

#[test]
fn labels_contain_no_text_of_a_client_and_are_bounded() {
    let stripe = Simulator::new();
    let response = FaultResponse::new(StatusCode::BAD_REQUEST).code("MARKER").error_type("MARKER");
    let mut counts = Vec::new();
    for round in 0..3 {
        for (method, path) in
            [("GET", "/v1/MARKER"), ("MARKER", SESSIONS), ("GET", "/v1/events/MARKER"), ("GET", "/MARKER")]
        {
            let key = format!("sk_test_MARKER{round}");
            send_with(&stripe, &key, method, &format!("{path}{round}"), "", &[("stripe-account", "acct_MARKER")]);
            send(&stripe, &format!("sk_live_MARKER{round}"), method, path, "");
        }
        send(&stripe, KEY, "POST", SESSIONS, &format!("MARKER{round}=MARKER"));
        if round == 0 {
            stripe.add_fault(Fault::respond(response.clone()).method(Method::GET));
        }
        let samples = scrape(&stripe);
        let names: Vec<_> = samples.keys().filter(|name| name.contains("MARKER")).collect();
        assert!(names.is_empty(), "{names:?}");
        counts.push(samples.len());
    }
    assert_eq!(counts[1], counts[2]);
}

#[test]
fn metrics_of_a_server_require_the_token_but_health_does_not() {
    let options = ServerOptions::new().control_token("t");
    let server = Server::start_with("127.0.0.1:0", Simulator::new(), options).unwrap();
    let get = |host: &str, path: &str, headers: &str| {
        exchange(server.address(), host, &format!("GET /_simulator/{path}"), headers, "")
    };
    for path in ["metrics", "requests"] {
        assert_eq!(get("localhost", path, "").0, 403, "{path}");
        assert_eq!(get("evil.test", path, "Simulator-Token: t\r\n").0, 403, "{path}");
        assert_eq!(get("localhost", path, "Simulator-Token: t\r\nOrigin: http://evil.test\r\n").0, 403, "{path}");
        assert_eq!(get("localhost", path, "Simulator-Token: t\r\n").0, 200, "{path}");
    }
    assert_eq!(get("evil.test", "health", "Origin: http://evil.test\r\n").0, 200);
    assert_eq!(exchange(server.address(), "localhost", "POST /_simulator/verify", "", "path=/v1/files").0, 403);
    // The journal has the requests that the guard refuses, except those that are refused only for their origin.
    let refused: Vec<_> = server.requests().iter().map(|entry| entry.path().to_owned()).collect();
    let (metrics, requests) = ("/_simulator/metrics", "/_simulator/requests");
    assert_eq!(refused, [metrics, metrics, requests, requests, "/_simulator/verify"]);
    assert!(server.requests().iter().all(|entry| entry.status() == Some(403) && entry.error().is_some()));
    let samples = parse(&get("localhost", "metrics", "Simulator-Token: t\r\n").1);
    let series = r#"requests_total{method="GET",path="/_simulator/metrics",status="403"}"#;
    assert_eq!(value(&samples, series), 2);
}
