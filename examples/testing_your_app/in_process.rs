//! Tests with the simulator in process. They show what follows from the acts of users and from time, without waiting,
//! and are the same in each run. They cannot show connections and timeouts, since there is no socket. Most tests of an
//! application are of this kind.

use std::time::Duration;

use stripe_identity::http::{HeaderValue, Method, StatusCode};
use stripe_identity::simulator::{
    Fault, Outcome, Person, RequestPattern, SimulatorTransport, Submission, WebhookEndpoint,
};
use stripe_identity::webhook::{SIGNATURE_HEADER, Verifier};
use stripe_identity::{Client, Config, LastErrorCode};

use crate::sign_up::{Decision, SignUp};
use crate::{ATTEMPT, TODAY, WEBHOOK_SECRET};

fn setup() -> (SimulatorTransport, SignUp) {
    let stripe = SimulatorTransport::new();
    let client = Client::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    let clock = stripe.clone();
    // The simulator signs at the time of its own clock.
    let verifier = Verifier::new(WEBHOOK_SECRET).unwrap().clock(move || clock.time());
    (stripe, crate::sign_up(client, verifier).unwrap())
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
    let hour = Duration::from_secs(3600);
    stripe.submit(&session.id, Submission::verified().after(hour)).unwrap();

    stripe.advance(hour - Duration::from_secs(1));
    assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), Decision::Wait);
    stripe.advance(Duration::from_secs(1));
    assert_eq!(sign_up.decide(&session.id, TODAY).await.unwrap(), Decision::Admit);
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn webhook_admits_the_user_unless_it_is_forged() {
    let (stripe, sign_up) = setup();
    stripe.add_webhook(WebhookEndpoint::new("http://127.0.0.1/webhook", WEBHOOK_SECRET).unwrap().in_disorder());
    let session = sign_up.start(ATTEMPT).await.unwrap();
    stripe.submit(&session.id, Outcome::Verified).unwrap();

    for webhook in stripe.take_webhooks() {
        let (body, signature) = (webhook.request.body(), webhook.request.headers().get(SIGNATURE_HEADER));
        let signature = signature.map(HeaderValue::as_bytes);
        let forged = [body, &b" "[..]].concat();
        assert_eq!(sign_up.receive(&forged, signature, TODAY).await, StatusCode::BAD_REQUEST);
        assert_eq!(sign_up.receive(body, None, TODAY).await, StatusCode::BAD_REQUEST);
        assert_eq!(sign_up.receive(body, signature, TODAY).await, StatusCode::OK);
        webhook.report(StatusCode::OK);
    }
    assert!(sign_up.is_admitted(&session.id));
}
