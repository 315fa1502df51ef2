use std::fmt;

use http::Uri;
use stripe_identity_core::types::Sensitive;
use stripe_identity_webhook::{BlankSecret, DeliveryKind, Signer};

use crate::disorder::Disorder;
use crate::receiver;

/// A webhook endpoint to [add](crate::Simulator::add_webhook) to a simulator.
///
/// By default, it receives the events that Stripe sends to an endpoint with `enabled_events` of `*`: all events except
/// `identity.verification_session.redacted`, which must be named.
///
/// A [`Simulator`](crate::Simulator) creates the requests and signs them as Stripe does. A [`Server`](crate::Server)
/// sends them. Without a server, [`deliver_to`](crate::Simulator::deliver_to) passes them to a function. Over HTTP,
/// endpoints are created as at Stripe, with `POST /v1/webhook_endpoints`.
///
/// In process, a verifier of the requests needs the simulator's clock: see
/// [signatures](crate::guide::webhooks#signatures).
///
/// ```
/// use stripe_identity_simulator::{Disorder, Simulator, WebhookEndpoint};
///
/// let stripe = Simulator::new();
/// let endpoint = WebhookEndpoint::new("http://localhost:4242/webhook", "whsec_made_up")?
///     .enabled_events(["*", "identity.verification_session.redacted"])
///     .disorder(Disorder::Doubled);
/// stripe.add_webhook(endpoint);
/// # Ok::<(), stripe_identity_simulator::WebhookEndpointError>(())
/// ```
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
    /// Creates an endpoint for snapshot events, with the `enabled_events` of `*`.
    ///
    /// The secret signs the requests. Any text that is not blank can be one.
    ///
    /// # Errors
    /// If the URL does not have the form `http://host[:port][/path]` or `https://…`, or the secret is blank.
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

    /// Makes the endpoint receive thin events instead of snapshot events.
    pub fn thin(self) -> Self {
        Self { kind: DeliveryKind::ThinEvent, ..self }
    }

    /// Sets the types of the events that the endpoint receives, or `*`. Defaults to `*`.
    ///
    /// The types of thin events begin with `v1.`. The types are not checked: an unknown one matches no event.
    pub fn enabled_events<T: Into<String>>(self, types: impl IntoIterator<Item = T>) -> Self {
        Self { enabled_events: types.into_iter().map(Into::into).collect(), ..self }
    }

    /// Makes the endpoint receive the events of all connected accounts instead of those of the platform.
    pub fn connect(self) -> Self {
        Self { connect: true, ..self }
    }

    /// Makes the endpoint receive each event twice, and the events in random order. Short for
    /// [`Disorder::Doubled`] and [`Disorder::Reordered`].
    pub fn in_disorder(self) -> Self {
        self.disorder(Disorder::Doubled).disorder(Disorder::Reordered)
    }

    /// Adds a disturbance of every attempt to deliver to the endpoint. May be called several times.
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

/// The error when a [`WebhookEndpoint`] cannot be created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookEndpointError {
    /// The URL does not have the form `http://host[:port][/path]` or `https://…`.
    Url,
    /// The secret is blank.
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
