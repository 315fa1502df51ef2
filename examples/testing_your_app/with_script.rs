//! Tests with a script. They show exactly what is sent, and what follows from responses that are rare, or that Stripe
//! does not send yet. They cannot show what Stripe would respond, since the test writes every response.

use stripe_identity::http::Method;
use stripe_identity::mock::ScriptedTransport;
use stripe_identity::webhook::Verifier;
use stripe_identity::{Client, Config, ErrorKind, TransportErrorKind, VerificationSessionId};

use crate::setup::{ATTEMPT, SESSIONS, TODAY, WEBHOOK_SECRET, application};
use crate::sign_up::{Decision, SignUp};

fn sign_up(stripe: &ScriptedTransport) -> SignUp {
    let client = Client::new(Config::new("sk_test_123").unwrap(), stripe.clone());
    application(client, Verifier::new(WEBHOOK_SECRET).unwrap()).unwrap()
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn lost_response_is_followed_by_the_same_request() {
    let stripe = ScriptedTransport::new();
    let params = [("type", "document"), ("client_reference_id", ATTEMPT)];
    let create = || stripe.expect(Method::POST, SESSIONS).params(params).header("idempotency-key", ATTEMPT);
    create().fail(TransportErrorKind::Interrupted);
    create().reply_header("idempotent-replayed", "true").reply(200, r#"{"id": "vs_123"}"#);
    let session = r#"{"id": "vs_123", "url": "https://verify.example/fresh"}"#;
    stripe.expect(Method::GET, format!("{SESSIONS}/vs_123")).reply(200, session);

    let session = sign_up(&stripe).start(ATTEMPT).await.unwrap();

    assert_eq!(session.url.unwrap().expose(), "https://verify.example/fresh");
    stripe.finish();
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn outage_is_an_error_after_three_attempts() {
    let stripe = ScriptedTransport::new();
    for _ in 0..3 {
        stripe.expect(Method::POST, SESSIONS).reply(503, "upstream is away");
    }

    let error = sign_up(&stripe).start(ATTEMPT).await.unwrap_err();

    assert_eq!((error.kind(), error.attempts(), error.is_retryable()), (ErrorKind::Api, 3, true));
    stripe.finish();
}

#[cfg_attr(test, tokio::test)]
pub(crate) async fn unknown_status_admits_nobody() {
    let stripe = ScriptedTransport::new();
    let session = r#"{"id": "vs_123", "status": "of_next_year"}"#;
    stripe.expect(Method::GET, format!("{SESSIONS}/vs_123")).reply(200, session);

    let decision = sign_up(&stripe).decide(&VerificationSessionId::from("vs_123"), TODAY).await.unwrap();

    assert_eq!(decision, Decision::Wait);
    stripe.finish();
}
