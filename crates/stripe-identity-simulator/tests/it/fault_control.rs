//! Faults that are added with the control API.

use serde_json::{Value, json};
use stripe_identity_simulator::Simulator;

use crate::http::{SESSIONS, id, send};

const KEY: &str = "sk_test_a";
const FAULTS: &str = "/_simulator/faults";

fn add(stripe: &Simulator, body: &str) -> Value {
    let (status, fault) = send(stripe, KEY, "POST", FAULTS, body);
    assert_eq!(status, 200, "{body}: {fault}");
    fault
}

#[test]
fn fault_can_be_added_retrieved_and_deleted_and_counts_requests() {
    let stripe = Simulator::new();
    let fault = add(
        &stripe,
        "effect=respond&status=503&code=made_up&headers[Retry-After]=2&method=GET&path=/v1/identity/**&key=sk_&times=3\
         &probability=1&latency=1.5s",
    );
    let shown = json!({
        "id": fault["id"], "object": "simulator.fault", "effect": "respond", "status": 503, "type": "api_error",
        "code": "made_up", "message": fault["message"], "headers": { "retry-after": "2" }, "body": null, "stored": false,
        "method": "GET", "path": "/v1/identity/**", "key": "sk_", "times": 3, "probability": 1.0, "latency": "1.5s",
        "applied": 0,
    });
    assert_eq!(fault, shown);
    for _ in 0..4 {
        send(&stripe, KEY, "GET", SESSIONS, "");
    }
    let path = format!("{FAULTS}/{}", id(&fault));
    // Without a key, the id names the world.
    assert_eq!(send(&stripe, "", "GET", &path, "").1["applied"], 3);
    let (_, list) = send(&stripe, KEY, "GET", FAULTS, "");
    assert_eq!((list["data"].as_array().unwrap().len(), &list["data"][0]["applied"]), (1, &json!(3)));
    assert_eq!(send(&stripe, "sk_test_b", "GET", FAULTS, "").1["data"], json!([]));

    assert_eq!(send(&stripe, KEY, "DELETE", &path, "").1["deleted"], true);
    assert_eq!(send(&stripe, KEY, "DELETE", &path, "").0, 404);
    assert_eq!(send(&stripe, KEY, "GET", &path, "").0, 404);
    add(&stripe, "effect=reset");
    add(&stripe, "latency=2s");
    assert_eq!(send(&stripe, KEY, "DELETE", FAULTS, "").0, 200);
    assert_eq!(send(&stripe, KEY, "GET", FAULTS, "").1["data"], json!([]));
}

#[test]
fn each_effect_is_accepted_and_shown_by_its_name() {
    let stripe = Simulator::new();
    for (body, effect) in [
        ("latency=2s", Value::Null),
        ("effect=respond&status=500&stored=true", "respond".into()),
        ("effect=rate_limit", "respond".into()),
        ("effect=lock_timeout", "respond".into()),
        ("effect=reset", "reset".into()),
        ("effect=lose_response", "lose_response".into()),
        ("effect=cut_body", "cut_body".into()),
        ("effect=slow_body&duration=3s", "slow_body".into()),
    ] {
        assert_eq!(add(&stripe, body)["effect"], effect, "{body}");
    }
}

#[test]
fn response_of_a_fault_has_its_parameters() {
    let stripe = Simulator::new();
    let list = || send(&stripe, KEY, "GET", SESSIONS, "");
    let retry_after = "headers[Retry-After]=2&headers[Stripe-Should-Retry]=false";
    add(
        &stripe,
        &format!("effect=respond&status=402&type=card_error&code=made_up&message=Made+up.&times=1&{retry_after}"),
    );
    assert_eq!(list(), (402, json!({ "error": { "type": "card_error", "code": "made_up", "message": "Made up." } })));
    add(&stripe, "effect=rate_limit&times=1");
    let (status, error) = list();
    assert_eq!((status, &error["error"]["code"]), (429, &json!("rate_limit")));
    add(&stripe, "effect=lock_timeout&times=1");
    assert_eq!(list().1["error"]["code"], "lock_timeout");
    assert_eq!(list().0, 200);
}

#[test]
fn invalid_fault_is_refused() {
    let stripe = Simulator::new();
    for body in [
        "",
        "effect=bogus",
        "effect=respond",
        "effect=respond&status=200",
        "effect=respond&status=99999",
        "effect=slow_body",
        "effect=reset&status=500",
        "effect=reset&times=-1",
        "effect=reset&probability=1.5",
        "effect=reset&probability=NaN",
        "effect=reset&latency=soon",
        "effect=reset&path=v1",
        "effect=reset&method=A+B",
        "effect=reset&bogus=1",
        "effect=rate_limit&headers[a b]=c",
        "effect=rate_limit&headers[a]=%0A",
    ] {
        assert_eq!(send(&stripe, KEY, "POST", FAULTS, body).0, 400, "{body}");
    }
    for _ in 0..1000 {
        add(&stripe, "effect=reset&times=0");
    }
    assert_eq!(send(&stripe, KEY, "POST", FAULTS, "effect=reset").0, 400, "the world has 1000 faults");
}

#[test]
fn fault_does_not_apply_to_the_control_api() {
    let stripe = Simulator::new();
    add(&stripe, "effect=respond&status=500");
    assert_eq!(send(&stripe, KEY, "GET", SESSIONS, "").0, 500);
    assert_eq!(send(&stripe, KEY, "GET", "/v1/bogus", "").0, 500);
    assert_eq!(send(&stripe, KEY, "GET", "/_simulator/clock", "").0, 200);
    assert_eq!(send(&stripe, KEY, "DELETE", FAULTS, "").0, 200);
}
