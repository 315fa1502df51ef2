//! Webhooks: who wants to hear of what, and the requests that tell them.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue, Request, Uri};
use stripe_identity_core::types::{Event, Timestamp};
use stripe_identity_webhook::{BlankSecret, DeliveryKind, SIGNATURE_HEADER, Signer};

use crate::expand::to_json;
use crate::thin_events;

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
        let (host, authority) = (url.host().unwrap_or_default(), url.authority().map_or("", |it| it.as_str()));
        let port = authority.strip_prefix(host).map_or("no host", |port| port.strip_prefix(':').unwrap_or(port));
        let has_port = port.parse::<u16>().is_ok_and(|port| port > 0) || authority == host;
        if url.scheme_str() != Some("http") || host.is_empty() || !has_port {
            return Err(WebhookEndpointError::Url);
        }
        let signer = Signer::new(secret).map_err(WebhookEndpointError::Secret)?;
        Ok(Self { url, signer, kind: DeliveryKind::Event, in_disorder: false })
    }

    /// The same endpoint for thin events.
    pub fn thin(self) -> Self {
        Self { kind: DeliveryKind::ThinEvent, ..self }
    }

    /// The same endpoint on a bad day: each event comes twice, and they come in any order. In process, that is the order of
    /// those that are taken at a time; a [`Server`](crate::Server) holds each back for up to a quarter of a second.
    pub fn in_disorder(self) -> Self {
        Self { in_disorder: true, ..self }
    }

    fn payload(&self, event: &Event) -> Bytes {
        let payload = match self.kind {
            DeliveryKind::Event => to_json(event),
            DeliveryKind::ThinEvent => thin_events::notification(event),
        };
        payload.to_string().into()
    }

    #[cfg_attr(not(feature = "server"), expect(unused_variables, reason = "only a server holds anything back"))]
    fn due(&self, payload: Bytes, delay: u64) -> Due {
        Due {
            endpoint: self.clone(),
            payload,
            #[cfg(feature = "server")]
            delay: std::time::Duration::from_millis(delay),
        }
    }
}

/// An event on its way to an endpoint.
#[derive(Clone)]
pub(crate) struct Due {
    endpoint: WebhookEndpoint,
    payload: Bytes,
    /// How long it is held back.
    #[cfg(feature = "server")]
    pub(crate) delay: std::time::Duration,
}

impl Due {
    /// The request, signed anew each time that it is made.
    pub(crate) fn request(&self, now: Timestamp) -> Request<Bytes> {
        let mut request = Request::new(self.payload.clone());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.endpoint.url.clone();
        let signature = self.endpoint.signer.sign(&self.payload, now);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        headers.insert(USER_AGENT, HeaderValue::from_static("Stripe/1.0 (+https://stripe.com/docs/webhooks)"));
        // Digits, letters, `=` and `,`: a signature can stand in a header.
        if let Ok(signature) = HeaderValue::try_from(signature) {
            headers.insert(HeaderName::from_static(SIGNATURE_HEADER), signature);
        }
        request
    }

    #[cfg(feature = "server")]
    pub(crate) fn url(&self) -> &Uri {
        &self.endpoint.url
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
    Secret(BlankSecret),
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

/// In milliseconds.
const LONGEST_DELAY: u64 = 250;

/// The endpoints, and how many events they were told of.
#[derive(Debug)]
pub(crate) struct Webhooks {
    /// Each with how many events there were before it.
    endpoints: Vec<(WebhookEndpoint, usize)>,
    told: usize,
    random: fastrand::Rng,
}

impl Webhooks {
    pub(crate) fn new(seed: u64) -> Self {
        Self { endpoints: Vec::new(), told: 0, random: fastrand::Rng::with_seed(seed) }
    }

    /// The endpoint hears of what comes after so many events.
    pub(crate) fn add(&mut self, endpoint: WebhookEndpoint, events: usize) {
        self.endpoints.push((endpoint, events));
    }

    /// How many events the endpoints were told of.
    pub(crate) fn told(&self) -> usize {
        self.told
    }

    /// What tells the endpoints of these events, which come after those that they were told of.
    pub(crate) fn take<'a>(&mut self, events: impl Iterator<Item = &'a Event>) -> Vec<Due> {
        let (mut in_order, mut in_disorder) = (Vec::new(), Vec::new());
        for event in events {
            for (endpoint, _) in self.endpoints.iter().filter(|(_, before)| self.told >= *before) {
                let payload = endpoint.payload(event);
                if endpoint.in_disorder {
                    let mut due = || endpoint.due(payload.clone(), self.random.u64(..LONGEST_DELAY));
                    in_disorder.extend([due(), due()]);
                } else {
                    in_order.push(endpoint.due(payload, 0));
                }
            }
            self.told += 1;
        }
        self.random.shuffle(&mut in_disorder);
        in_order.append(&mut in_disorder);
        in_order
    }
}
