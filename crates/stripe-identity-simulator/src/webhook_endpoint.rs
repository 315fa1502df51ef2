use std::fmt;

use http::Uri;
use stripe_identity_core::types::Sensitive;
use stripe_identity_webhook::{BlankSecret, DeliveryKind, Signer};

use crate::disorder::Disorder;
use crate::receiver;

/// Where events are delivered to.
///
/// It gets what Stripe sends to an endpoint with `enabled_events` of `*`: all events but
/// `identity.verification_session.redacted`, which must be named.
///
/// A [`Simulator`](crate::Simulator) makes the requests, signed as Stripe signs them, and a
/// [`Server`](crate::Server) sends them. Without one, [`deliver_to`](crate::Simulator::deliver_to) hands them to your
/// receiver. Over HTTP, endpoints are made as at Stripe, with `POST /v1/webhook_endpoints`.
#[derive(Clone)]
pub struct WebhookEndpoint {
    pub(crate) url: Uri,
    pub(crate) secret: Sensitive<String>,
    pub(crate) kind: DeliveryKind,
    pub(crate) enabled_events: Vec<String>,
    pub(crate) connect: bool,
    pub(crate) disorder: Vec<Disorder>,
}

impl WebhookEndpoint {
    /// Creates an endpoint that gets the snapshot of every event.
    ///
    /// # Errors
    /// If the URL is not `http://…` or `https://…`, or the secret is blank.
    pub fn new(url: &str, secret: &str) -> Result<Self, WebhookEndpointError> {
        let url = receiver::parse(url).map_err(|_| WebhookEndpointError::Url)?;
        if let Err(error) = Signer::new(secret) {
            return Err(WebhookEndpointError::Secret(error));
        }
        Ok(Self {
            url,
            secret: Sensitive::new(secret.to_owned()),
            kind: DeliveryKind::Event,
            enabled_events: vec!["*".to_owned()],
            connect: false,
            disorder: Vec::new(),
        })
    }

    /// Makes the endpoint get thin events.
    pub fn thin(self) -> Self {
        Self { kind: DeliveryKind::ThinEvent, ..self }
    }

    /// Sets the types of the events that the endpoint gets, or `*`. The types of thin events begin with `v1.`.
    pub fn enabled_events<T: Into<String>>(self, types: impl IntoIterator<Item = T>) -> Self {
        Self { enabled_events: types.into_iter().map(Into::into).collect(), ..self }
    }

    /// Makes the endpoint get the events of all connected accounts, in place of those of the platform.
    pub fn connect(self) -> Self {
        Self { connect: true, ..self }
    }

    /// Makes the endpoint get each event twice, and in any order.
    pub fn in_disorder(self) -> Self {
        self.disorder(Disorder::Doubled).disorder(Disorder::Reordered)
    }

    /// Does something to every attempt at a delivery to the endpoint.
    pub fn disorder(mut self, disorder: Disorder) -> Self {
        self.disorder.push(disorder);
        self
    }
}

impl fmt::Debug for WebhookEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEndpoint")
            .field("kind", &self.kind)
            .field("enabled_events", &self.enabled_events)
            .field("disorder", &self.disorder)
            .finish_non_exhaustive()
    }
}

/// Why there is no such webhook endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookEndpointError {
    /// The URL is not `http://host[:port][/path]` or `https://…`.
    Url,
    /// The secret cannot be one.
    Secret(BlankSecret),
}

impl fmt::Display for WebhookEndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "invalid URL of a webhook endpoint: expected `http://host[:port][/path]` or `https://…`",
            Self::Secret(_) => "the secret of a webhook endpoint is blank: expected text such as `whsec_made_up`",
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
