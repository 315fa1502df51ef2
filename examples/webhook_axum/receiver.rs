//! The HTTP side: is it from Stripe, and what is it? Then it is somebody else's turn, and Stripe has its answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use stripe_identity::webhook::{Delivery, Verifier};
use tokio::sync::mpsc::Sender;

struct Receiver {
    verifier: Verifier,
    /// In memory; a program that may not lose an event when it ends writes it down before it answers.
    queue: Sender<Delivery>,
}

pub(crate) fn router(verifier: Verifier, queue: Sender<Delivery>) -> Router {
    Router::new().route("/webhook", post(receive)).with_state(Arc::new(Receiver { verifier, queue }))
}

/// The body is taken as bytes, since that is what was signed.
async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    match receiver.verifier.delivery(&body, headers.get("stripe-signature")) {
        // A full queue is no reason to wait: Stripe delivers again.
        Ok(delivery) => receiver.queue.try_send(delivery).map_or(StatusCode::SERVICE_UNAVAILABLE, |()| StatusCode::OK),
        Err(error) => {
            eprintln!("refused a delivery: {error}");
            StatusCode::BAD_REQUEST
        }
    }
}
