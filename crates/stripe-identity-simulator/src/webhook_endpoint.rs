use std::fmt;

use http::Uri;
use stripe_identity_webhook::{BlankSecret, DeliveryKind, Signer};

/// Where events are delivered to.
///
/// A [`Simulator`](crate::Simulator) makes the requests, signed as Stripe signs them, and a
/// [`Server`](crate::Server) sends them; without one, hand them to your receiver yourself.
#[derive(Clone)]
pub struct WebhookEndpoint {
    url: Uri,
    signer: Signer,
    kind: DeliveryKind,
    in_disorder: bool,
}

impl WebhookEndpoint {
    /// Creates an endpoint that gets the snapshot of every event.
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

    /// Makes the endpoint get thin events.
    pub fn thin(self) -> Self {
        Self { kind: DeliveryKind::ThinEvent, ..self }
    }

    /// Makes the endpoint get each event twice, and in any order. In process, that is the order of those that are taken
    /// at a time; a [`Server`](crate::Server) holds each back for up to a quarter of a second.
    pub fn in_disorder(self) -> Self {
        Self { in_disorder: true, ..self }
    }

    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.signer
    }

    pub(crate) fn kind(&self) -> DeliveryKind {
        self.kind
    }

    pub(crate) fn is_in_disorder(&self) -> bool {
        self.in_disorder
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
