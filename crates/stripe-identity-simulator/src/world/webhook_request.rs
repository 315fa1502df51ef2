//! The request that delivers an event.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request};
use stripe_identity_core::types::Timestamp;
use stripe_identity_webhook::{DeliveryKind, SIGNATURE_HEADER, Signer};

use crate::disorder::Disorder;
use crate::time::Time;
use crate::world::record::event::StoredEvent;
use crate::world::record::webhook_endpoint::StoredEndpoint;
use crate::world::thin_events;

/// A secret that is not the secret of any endpoint.
const OTHER_SECRET: &str = "the secret of another endpoint";
/// The age of an old timestamp. It is far beyond the five minutes that receivers tolerate.
const AGE: Duration = Duration::from_secs(60 * 60);

/// Builds the request, signed with the secrets of the endpoint that are valid at `now`. The signature has the timestamp
/// `signed_at`.
pub(super) fn request(
    endpoint: &StoredEndpoint,
    event: &StoredEvent,
    base_url: &str,
    now: Time,
    signed_at: Timestamp,
    disorder: &[Disorder],
) -> Request<Bytes> {
    let payload = match endpoint.kind {
        DeliveryKind::Event => {
            let mut snapshot = event.snapshot(base_url);
            snapshot.api_version = endpoint.api_version.as_deref().unwrap_or(snapshot.api_version);
            // It serializes without fail.
            serde_json::to_vec(&snapshot).unwrap_or_default()
        }
        DeliveryKind::ThinEvent => thin_events::notification(event).to_string().into(),
    };
    let mut body = Bytes::from(payload);
    let signature = signature(endpoint, &body, now, signed_at, disorder);
    let length = body.len();
    if disorder.contains(&Disorder::Cut) {
        body.truncate(length / 2);
    }
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.url.expose().clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(USER_AGENT, HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)"));
    // A signature consists of digits, letters, `=` and `,`, which a header may contain.
    if let Ok(signature) = HeaderValue::try_from(signature) {
        headers.insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
    }
    request
}

/// Returns the signature header: `t=…`, followed by one `v1=…` for each secret.
fn signature(endpoint: &StoredEndpoint, body: &[u8], now: Time, signed_at: Timestamp, disorder: &[Disorder]) -> String {
    let has = |it| disorder.contains(&it);
    let signed_at = if has(Disorder::OldTimestamp) { Time::from(signed_at).before(AGE).timestamp() } else { signed_at };
    let valid = endpoint.secrets.valid(now).filter(|_| !has(Disorder::WrongSignature));
    let other = (has(Disorder::WrongSignature) || has(Disorder::TwoSignatures)).then_some(OTHER_SECRET);
    let secrets = other.into_iter().chain(valid);
    // No secret is blank, since a blank one is refused when it is set.
    let headers = secrets.filter_map(|secret| Some(Signer::new(secret).ok()?.sign(body, signed_at)));
    headers.reduce(|all, next| format!("{all},{}", next.rsplit(',').next().unwrap_or_default())).unwrap_or_default()
}
