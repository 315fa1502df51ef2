//! Webhooks: who wants to hear of what, and the requests that tell them.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Uri};
use stripe_identity_core::types::{Event, Timestamp};
use stripe_identity_webhook::{DeliveryKind, Signer, WebhookError};

use crate::expand::to_json;
use crate::thin_events;

const STRIPE_SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");

/// Where events are delivered to.
///
/// A [`Simulator`](crate::Simulator) makes the requests, signed as Stripe signs them, and a [`Server`](crate::Server) sends
/// them; without one, hand them to your receiver yourself.
#[derive(Clone)]
pub struct WebhookEndpoint {
    url: Uri,
    signer: Signer,
    kind: DeliveryKind,
    in_disorder: bool,
}

impl WebhookEndpoint {
    /// An endpoint that hears of every event, with its snapshot.
    ///
    /// # Errors
    /// If the URL is not `http://…`, or the secret is blank.
    pub fn new(url: &str, secret: &str) -> Result<Self, WebhookEndpointError> {
        let url: Uri = url.parse().map_err(|_| WebhookEndpointError::Url)?;
        if url.scheme_str() != Some("http") || url.host().is_none() {
            return Err(WebhookEndpointError::Url);
        }
        let signer = Signer::new(secret).map_err(WebhookEndpointError::Secret)?;
        Ok(Self { url, signer, kind: DeliveryKind::Event, in_disorder: false })
    }

    /// The same endpoint for thin events.
    pub fn thin(self) -> Self {
        Self { kind: DeliveryKind::ThinEvent, ..self }
    }

    /// The same endpoint on a bad day: each event comes twice, and they come in any order.
    pub fn in_disorder(self) -> Self {
        Self { in_disorder: true, ..self }
    }

    fn request(&self, event: &Event, now: Timestamp) -> Request<Bytes> {
        let payload = match self.kind {
            DeliveryKind::Event => to_json(event),
            DeliveryKind::ThinEvent => thin_events::notification(event),
        };
        let payload = payload.to_string();
        let mut request = Request::new(Bytes::from(payload));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.url.clone();
        let signature = self.signer.sign(request.body(), now);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        headers.insert(USER_AGENT, HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)"));
        // Digits, letters, `=` and `,`: a signature can stand in a header.
        if let Ok(signature) = HeaderValue::try_from(signature) {
            headers.insert(STRIPE_SIGNATURE, signature);
        }
        request
    }
}

impl fmt::Debug for WebhookEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEndpoint")
            .field("kind", &self.kind)
            .field("in_disorder", &self.in_disorder)
            .finish_non_exhaustive()
    }
}

/// Why there is no such webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookEndpointError {
    /// The URL is not `http://host[:port][/path]`.
    Url,
    /// The secret cannot be one.
    Secret(WebhookError),
}

impl fmt::Display for WebhookEndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the URL of a webhook endpoint is `http://host[:port][/path]`",
            Self::Secret(_) => "the secret of a webhook endpoint must not be blank",
        })
    }
}

impl std::error::Error for WebhookEndpointError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Url => None,
            Self::Secret(error) => Some(error),
        }
    }
}

/// The endpoints, and how many events they were told of.
#[derive(Debug)]
pub(crate) struct Webhooks {
    endpoints: Vec<WebhookEndpoint>,
    told: usize,
    random: fastrand::Rng,
}

impl Webhooks {
    pub(crate) fn new(seed: u64) -> Self {
        Self { endpoints: Vec::new(), told: 0, random: fastrand::Rng::with_seed(seed) }
    }

    /// The endpoint hears of what happens from now on, as all of them do.
    pub(crate) fn add(&mut self, endpoint: WebhookEndpoint) {
        self.endpoints.push(endpoint);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.endpoints.is_empty()
    }

    /// The requests for the events that are new.
    pub(crate) fn take<'a>(
        &mut self,
        events: impl ExactSizeIterator<Item = &'a Event>,
        now: Timestamp,
    ) -> Vec<Request<Bytes>> {
        let count = events.len();
        let mut requests = Vec::new();
        for event in events.skip(self.told) {
            for endpoint in &self.endpoints {
                let request = endpoint.request(event, now);
                if endpoint.in_disorder {
                    requests.push(request.clone());
                }
                requests.push(request);
            }
        }
        self.told = count;
        if self.endpoints.iter().any(|endpoint| endpoint.in_disorder) {
            self.random.shuffle(&mut requests);
        }
        requests
    }
}
