//! Tests with the simulator in process. They show what follows from the acts of users and from time, without waiting,
//! and are the same in each run. They cannot show connections and timeouts, since there is no socket. Most tests of an
//! application are of this kind.

use std::time::Duration;

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{HeaderValue, Method, Request, StatusCode};
use stripe_identity::simulator::{
    Fault, Outcome, Person, RequestPattern, SimulatorTransport, Submission, WebhookEndpoint,
};
use stripe_identity::webhook::{SIGNATURE_HEADER, Verifier};
use stripe_identity::{Client, Config, LastErrorCode};

use crate::setup::{ATTEMPT, TODAY, WEBHOOK_SECRET, application};
use crate::sign_up::{Decision, SignUp};

fn setup() -> (SimulatorTransport, SignUp) {
    let stripe = SimulatorTransport::new();
    stripe.add_webhook(WebhookEndpoint::new("http://127.0.0.1/webhook", WEBHOOK_SECRET).unwrap());
    let client = Client::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    let clock = stripe.clone();
    // The simulator signs at the time of its own clock.
    let verifier = Verifier::new(WEBHOOK_SECRET).unwrap().clock(move || clock.time());
    (stripe, application(client, verifier).unwrap())
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn lost_response_makes_one_session() {
    let (stripe, sign_up) = setup();
    stripe.add_fault(Fault::lose_response().method(Method::POST).times(1));

    let session = sign_up.start(ATTEMPT).await.unwrap();

    assert!(session.url.is_some());
    let create = RequestPattern::create_session().idempotency_key(ATTEMPT);
    stripe.verify(create.clone().and_no_other()).unwrap();
    stripe.verify(create.replayed()).unwrap();
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn adult_is_admitted_and_minor_is_refused() {
    let (stripe, sign_up) = setup();
    let cases = [
        (Person::from_seed(1).born(2008, 10, 26), Decision::Admit),
        (Person::from_seed(1).born(2008, 10, 27), Decision::Refuse),
        (Person::from_seed(1).without_dob(), Decision::Refuse),
    ];
    for (number, (person, expected)) in cases.into_iter().enumerate() {
        let session = sign_up.start(&format!("attempt-{number}")).await.unwrap();
        stripe.submit(&session.id, Submission::verified().person(person)).unwrap();
        assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), expected, "case {number}");
    }
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn redacted_minor_is_refused() {
    let (stripe, sign_up) = setup();
    let session = sign_up.start(ATTEMPT).await.unwrap();
    let minor = Person::from_seed(1).born(2012, 5, 1);
    stripe.submit(&session.id, Submission::verified().person(minor)).unwrap();

    sign_up.redact(&session.id).await.unwrap();
    assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), Decision::Refuse);
    stripe.finish_redaction(&session.id).unwrap();
    assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), Decision::Refuse);
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn expired_document_is_followed_by_a_second_try() {
    let (stripe, sign_up) = setup();
    let session = sign_up.start(ATTEMPT).await.unwrap();

    stripe.submit(&session.id, Outcome::Failed(LastErrorCode::DocumentExpired)).unwrap();
    let decision = sign_up.decide(&session.id, TODAY).await.unwrap();
    assert!(matches!(decision, Decision::TryAgain { reason: Some(_) }), "{decision:?}");

    // A failed try has a new URL. The same attempt leads to it.
    let again = sign_up.start(ATTEMPT).await.unwrap();
    assert!(again.id == session.id && again.url != session.url);
    stripe.submit(&again.id, Outcome::Verified).unwrap();
    assert_eq!(sign_up.decide(&again.id, TODAY).await.unwrap(), Decision::Admit);
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn user_who_takes_an_hour_is_admitted_after_an_hour() {
    let (stripe, sign_up) = setup();
    let session = sign_up.start(ATTEMPT).await.unwrap();
    stripe.submit(&session.id, Submission::verified().after(Duration::from_secs(3600))).unwrap();

    stripe.advance(Duration::from_secs(3599));
    assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), Decision::Wait);
    stripe.advance(Duration::from_secs(1));
    assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), Decision::Admit);
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn webhook_admits_an_adult_and_no_minor() {
    for (year, is_adult) in [(1990, true), (2012, false)] {
        let (stripe, sign_up) = setup();
        let session = sign_up.start(ATTEMPT).await.unwrap();
        let person = Person::from_seed(1).born(year, 5, 1);
        stripe.submit(&session.id, Submission::verified().person(person)).unwrap();
        assert_eq!(deliver(&stripe, &sign_up).await, [StatusCode::OK; 3]);
        assert_eq!(sign_up.is_admitted(&session.id), is_adult);
    }
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn outage_during_a_webhook_admits_the_user_on_redelivery() {
    let (stripe, sign_up) = setup();
    let session = sign_up.start(ATTEMPT).await.unwrap();
    stripe.submit(&session.id, Outcome::Verified).unwrap();

    stripe.add_fault(Fault::respond(StatusCode::SERVICE_UNAVAILABLE).method(Method::GET).times(3));
    assert!(deliver(&stripe, &sign_up).await.contains(&StatusCode::INTERNAL_SERVER_ERROR));
    assert!(!sign_up.is_admitted(&session.id));

    stripe.advance(Duration::from_secs(3600));
    assert_eq!(deliver(&stripe, &sign_up).await, [StatusCode::OK]);
    assert!(sign_up.is_admitted(&session.id));
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn forged_webhook_is_rejected() {
    let (stripe, sign_up) = setup();
    let session = sign_up.start(ATTEMPT).await.unwrap();
    stripe.submit(&session.id, Outcome::Verified).unwrap();

    for webhook in stripe.take_webhooks() {
        let forged = [webhook.request.body(), &b" "[..]].concat();
        assert_eq!(sign_up.receive(&forged, signature(&webhook.request), TODAY).await, StatusCode::BAD_REQUEST);
        assert_eq!(sign_up.receive(webhook.request.body(), None, TODAY).await, StatusCode::BAD_REQUEST);
        webhook.report(StatusCode::BAD_REQUEST);
    }
    assert!(!sign_up.is_admitted(&session.id));
}

/// Delivers the webhooks that are due to the application. Returns its responses.
async fn deliver(stripe: &SimulatorTransport, sign_up: &SignUp) -> Vec<StatusCode> {
    let mut responses = Vec::new();
    for webhook in stripe.take_webhooks() {
        let status = sign_up.receive(webhook.request.body(), signature(&webhook.request), TODAY).await;
        webhook.report(status);
        responses.push(status);
    }
    responses
}

fn signature(request: &Request<Bytes>) -> Option<&[u8]> {
    request.headers().get(SIGNATURE_HEADER).map(HeaderValue::as_bytes)
}
