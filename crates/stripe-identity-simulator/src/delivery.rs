//! What became of webhooks.

use std::time::Duration;

use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{EventId, EventType, Sensitive, Timestamp};

use crate::disorder::Disorder;
use crate::serial;

/// How much of a response is kept.
pub(crate) const LONGEST_SAMPLE: usize = 1024;

/// An event on its way to a webhook endpoint, or what became of it.
///
/// ```
/// use stripe_identity_core::http::StatusCode;
/// use stripe_identity_core::types::CreateVerificationSession;
/// use stripe_identity_core::{BlockingClient, Config};
/// use stripe_identity_simulator::{DeliveryStatus, SimulatorTransport, WebhookEndpoint};
///
/// let stripe = SimulatorTransport::new();
/// stripe.add_webhook(WebhookEndpoint::new("http://localhost/webhook", "whsec_made_up")?);
/// let client = BlockingClient::new(Config::new("sk_test_123")?, stripe.clone());
/// client.verification_sessions().create(CreateVerificationSession::document()).send()?;
///
/// stripe.deliver_to(|_request| StatusCode::INTERNAL_SERVER_ERROR);
/// let deliveries = stripe.deliveries();
/// assert_eq!(deliveries[0].status, DeliveryStatus::Pending);
/// assert_eq!(deliveries[0].attempts.len(), 1);
/// assert!(deliveries[0].next_attempt.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// The id of the delivery.
    pub id: String,
    /// The id of the webhook endpoint.
    pub webhook_endpoint: String,
    /// The id of the event. The thin event has another one, which follows from it.
    pub event: EventId,
    /// The type of the event.
    pub event_type: EventType,
    /// When the delivery was made.
    pub created: Timestamp,
    /// Whether it has arrived.
    pub status: DeliveryStatus,
    /// The attempts, the oldest first. Of more than 50, the newest.
    pub attempts: Vec<DeliveryAttempt>,
    /// When the next attempt is due by itself, if it is.
    pub next_attempt: Option<Timestamp>,
}

/// Whether an event has arrived at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// Not yet.
    Pending,
    /// The receiver responded with a status of 200 to 299.
    Delivered,
    /// All attempts have failed, or the endpoint was disabled when the next one was due.
    Failed,
}

impl DeliveryStatus {
    pub(crate) const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];
}

impl AsRef<str> for DeliveryStatus {
    fn as_ref(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// One attempt at a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// Which one it is, from 1.
    pub number: u32,
    /// When it was made, by the world's clock.
    pub at: Timestamp,
    /// Why it was made.
    pub trigger: AttemptTrigger,
    /// What was done to it on purpose.
    pub disorder: Vec<Disorder>,
    /// How long the receiver took, by the machine's clock.
    #[serde(with = "serial::optional_duration", default)]
    pub latency: Option<Duration>,
    /// What came of it, or `None` while it is under way.
    pub result: Option<AttemptResult>,
}

/// Why an attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptTrigger {
    /// It was due.
    Schedule,
    /// It doubles another one.
    Disorder,
    /// The retry of the event was asked for.
    Resend,
}

impl AsRef<str> for AttemptTrigger {
    fn as_ref(&self) -> &str {
        match self {
            Self::Schedule => "schedule",
            Self::Disorder => "disorder",
            Self::Resend => "resend",
        }
    }
}

/// What comes of an attempt: a response, or none.
///
/// A response, a status alone or a [`DeliveryFailure`] can be converted into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptResult {
    /// The receiver responded.
    #[non_exhaustive]
    Response {
        /// The status.
        #[serde(with = "serial::status")]
        status: StatusCode,
        /// The beginning of the body, up to 1,024 bytes.
        body: Sensitive<String>,
    },
    /// There is no response.
    Failure(DeliveryFailure),
}

impl AttemptResult {
    /// Whether the event has arrived.
    pub(crate) fn is_success(&self) -> bool {
        matches!(self, Self::Response { status, .. } if status.is_success())
    }

    pub(crate) fn without_body(&self) -> Self {
        match self {
            Self::Response { status, .. } => Self::from(*status),
            Self::Failure(failure) => Self::Failure(*failure),
        }
    }
}

impl From<StatusCode> for AttemptResult {
    fn from(status: StatusCode) -> Self {
        Self::Response { status, body: Sensitive::new(String::new()) }
    }
}

impl<B: AsRef<[u8]>> From<Response<B>> for AttemptResult {
    fn from(response: Response<B>) -> Self {
        let body = response.body().as_ref();
        let sample = String::from_utf8_lossy(&body[..body.len().min(LONGEST_SAMPLE)]).into_owned();
        Self::Response { status: response.status(), body: Sensitive::new(sample) }
    }
}

impl From<DeliveryFailure> for AttemptResult {
    fn from(failure: DeliveryFailure) -> Self {
        Self::Failure(failure)
    }
}

/// Why there is no response to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryFailure {
    /// No connection was made.
    Unreachable,
    /// TLS failed, mostly since no root vouches for the receiver's certificate.
    Tls,
    /// The receiver took too long.
    TimedOut,
    /// The connection ended before a response came.
    Closed,
    /// The connection was cut on purpose.
    Cut,
    /// The request was dropped on purpose.
    Dropped,
    /// The host is not one that the simulator delivers to.
    HostNotAllowed,
}

impl AsRef<str> for DeliveryFailure {
    fn as_ref(&self) -> &str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::TimedOut => "timed_out",
            Self::Closed => "closed",
            Self::Cut => "cut",
            Self::Dropped => "dropped",
            Self::HostNotAllowed => "host_not_allowed",
        }
    }
}
