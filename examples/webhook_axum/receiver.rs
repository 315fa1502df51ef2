//! The HTTP handler: verifies a delivery, applies its event, and responds to Stripe.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use stripe_identity::webhook::{SIGNATURE_HEADER, Verifier};

use crate::store::Store;

pub(crate) struct Receiver {
    pub(crate) verifier: Verifier,
    pub(crate) store: Store,
}

/// Receives a delivery. The body is raw, since the signature covers its bytes.
pub(crate) async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get(SIGNATURE_HEADER).map(HeaderValue::as_bytes);
    let event = match receiver.verifier.verify_event(&body, signature) {
        Ok(event) => event,
        Err(error) => {
            eprintln!("rejected a delivery: {error}");
            return StatusCode::BAD_REQUEST;
        }
    };
    let id = event.id.clone();
    let reason = match tokio::task::spawn_blocking(move || receiver.store.apply(&event)).await {
        Ok(Ok(())) => return StatusCode::OK,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic.to_string(),
    };
    eprintln!("event {id} was not applied: {reason}");
    // After a 5xx, Stripe delivers the event again.
    StatusCode::INTERNAL_SERVER_ERROR
}
