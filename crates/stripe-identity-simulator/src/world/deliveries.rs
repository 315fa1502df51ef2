//! Deliveries of events to webhook endpoints.

use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use stripe_identity_core::types::Timestamp;
use stripe_identity_webhook::{DeliveryKind, SIGNATURE_HEADER};

use crate::webhook_endpoint::WebhookEndpoint;
use crate::world::queue::DueThing;
use crate::world::record::delivery::Delivery;
use crate::world::record::event::StoredEvent;
use crate::world::state::State;

/// Before each further attempt.
const WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// How long a delivery to an endpoint that wants disorder is held back, in milliseconds.
const LONGEST_DELAY: u64 = 250;

/// A request to send, and whom to report its result to.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) delivery: u64,
    pub(crate) request: Request<Bytes>,
    /// How long it is held back.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only a server holds anything back"))]
    pub(crate) delay: Duration,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// The status of the response, or `None` if none came.
    pub(crate) status: Option<StatusCode>,
    pub(crate) latency: Duration,
}

pub(crate) fn add_endpoint(state: &mut State, endpoint: WebhookEndpoint) {
    state.deliveries.endpoints.push(endpoint);
}

/// Schedules the deliveries of an event that has just happened.
pub(crate) fn schedule(state: &mut State, event: &str) {
    for endpoint in 0..state.deliveries.endpoints.len() {
        let times = if state.deliveries.endpoints[endpoint].is_in_disorder() { 2 } else { 1 };
        for _ in 0..times {
            let delivery = state.deliveries.made;
            state.deliveries.made += 1;
            let new = Delivery { endpoint, event: event.to_owned(), failures: 0 };
            state.deliveries.by_id.insert(delivery, new);
            state.deliveries.ready.push_back(delivery);
        }
    }
}

/// Makes a delivery ready whose time has come.
pub(crate) fn is_due(state: &mut State, delivery: u64) {
    state.deliveries.ready.push_back(delivery);
}

/// Takes the requests that are due, signed at this time.
pub(crate) fn take(state: &mut State, signed_at: Timestamp) -> Vec<Outgoing> {
    let (mut in_order, mut in_disorder) = (Vec::new(), Vec::new());
    let mut random = Rng::with_seed(state.deliveries.made);
    while let Some(id) = state.deliveries.ready.pop_front() {
        let Some(delivery) = state.deliveries.by_id.get(&id) else { continue };
        let Some(event) = state.events.get(&delivery.event) else {
            // It has lapsed meanwhile.
            state.deliveries.by_id.remove(&id);
            continue;
        };
        let endpoint = &state.deliveries.endpoints[delivery.endpoint];
        let request = request(endpoint, event, &state.base_url, signed_at);
        if endpoint.is_in_disorder() {
            let delay = Duration::from_millis(random.u64(..LONGEST_DELAY));
            in_disorder.push(Outgoing { delivery: id, request, delay });
        } else {
            in_order.push(Outgoing { delivery: id, request, delay: Duration::ZERO });
        }
    }
    random.shuffle(&mut in_disorder);
    in_order.append(&mut in_disorder);
    in_order
}

/// Notes what came of an attempt, and schedules another one if it failed.
pub(crate) fn delivered(state: &mut State, id: u64, attempt: Attempt) {
    let Some(delivery) = state.deliveries.by_id.get_mut(&id) else { return };
    let wait = WAITS.get(delivery.failures).copied();
    match wait {
        Some(wait) if !attempt.status.is_some_and(|status| status.is_success()) => {
            delivery.failures += 1;
            state.schedule(wait, DueThing::Delivery { delivery: id });
        }
        _ => {
            state.deliveries.by_id.remove(&id);
        }
    }
}

fn request(endpoint: &WebhookEndpoint, event: &StoredEvent, base_url: &str, signed_at: Timestamp) -> Request<Bytes> {
    let payload = match endpoint.kind() {
        DeliveryKind::Event => event.snapshot(base_url),
        DeliveryKind::ThinEvent => event.notification(),
    };
    let payload = Bytes::from(payload.to_string());
    let signature = endpoint.signer().sign(&payload, signed_at);
    let mut request = Request::new(payload);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.url().clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(USER_AGENT, HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)"));
    // Digits, letters, `=` and `,`: a signature can stand in a header.
    if let Ok(signature) = HeaderValue::try_from(signature) {
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
    }
    request
}
