//! Webhook deliveries and their attempts.

use std::time::Duration;

use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use stripe_identity_core::types::{EventId, EventType, Sensitive, Timestamp};

use crate::disorder::Disorder;
use crate::serial;

/// The number of bytes of a response body that are kept.
pub(crate) const LONGEST_SAMPLE: usize = 1024;

/// The delivery of one event to one webhook endpoint, with all of its attempts.
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
    /// The id of the delivery, `whd_…`.
    pub id: String,
    /// The id of the webhook endpoint, `we_…` or `ed_test_…`.
    pub webhook_endpoint: String,
    /// The id of the snapshot event. An endpoint for thin events receives the thin event that belongs to it, which has
    /// another id.
    pub event: EventId,
    /// The type of the snapshot event, without the `v1.` of a thin event.
    pub event_type: EventType,
    /// The time at which the delivery was created, by the world's clock.
    pub created: Timestamp,
    /// Whether the event has arrived.
    pub status: DeliveryStatus,
    /// The attempts, oldest first. Only the newest 50 are kept.
    pub attempts: Vec<DeliveryAttempt>,
    /// The time at which the next scheduled attempt is due, by the world's clock, or `None` if none is scheduled.
    pub next_attempt: Option<Timestamp>,
}

/// The status of a delivery: whether the event has arrived at the webhook endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryStatus {
    /// No attempt has succeeded yet, and further attempts may follow.
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

/// One attempt to deliver an event: one HTTP request to the receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeliveryAttempt {
    /// The number of the attempt. The first attempt at a delivery has the number 1.
    pub number: u32,
    /// The time at which the attempt was made, by the world's clock.
    pub at: Timestamp,
    /// The cause of the attempt.
    pub trigger: AttemptTrigger,
    /// The disorder that applied to the attempt. Empty if none did.
    pub disorder: Vec<Disorder>,
    /// The time that the receiver took to respond, by the machine's clock. Zero without a [`Server`](crate::Server).
    /// `None` while the attempt is under way, and for one that was dropped or interrupted.
    #[serde(with = "serial::optional_duration", default)]
    pub latency: Option<Duration>,
    /// The result, or `None` while the attempt is under way.
    pub result: Option<AttemptResult>,
}

/// The cause of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptTrigger {
    /// The schedule of the delivery: this is the first attempt or a retry.
    Schedule,
    /// [`Disorder::Doubled`]: this attempt duplicates another one.
    Disorder,
    /// A request to `POST /v1/events/{event}/retry`.
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

/// The result of an attempt: a response of the receiver, or the reason why there is none.
///
/// An [`http::Response`], an [`http::StatusCode`] and a [`DeliveryFailure`] can be converted into it.
///
/// ```
/// use stripe_identity_core::http::StatusCode;
/// use stripe_identity_simulator::{AttemptResult, DeliveryFailure};
///
/// let accepted = AttemptResult::from(StatusCode::NO_CONTENT);
/// let timed_out = AttemptResult::from(DeliveryFailure::TimedOut);
/// # assert_ne!(accepted, timed_out);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptResult {
    /// The receiver responded.
    #[non_exhaustive]
    Response {
        /// The status. An attempt with a status of 200 to 299 has delivered the event.
        #[serde(with = "serial::status")]
        status: StatusCode,
        /// The first 1,024 bytes of the body, as UTF-8 with replacement characters. Empty if only a status was
        /// reported, or once the session of the event is redacted.
        body: Sensitive<String>,
    },
    /// There was no response.
    Failure(DeliveryFailure),
}

impl AttemptResult {
    /// Returns whether the receiver accepted the event.
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

/// The reason why an attempt got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryFailure {
    /// No connection could be established.
    Unreachable,
    /// The TLS handshake failed. The usual reason is that no trusted root signed the receiver's certificate.
    Tls,
    /// The receiver did not respond within the [timeout](crate::Settings::webhook_timeout).
    TimedOut,
    /// The connection ended before a response arrived, or the simulator stopped while the attempt was under way.
    Closed,
    /// The connection was cut on purpose: see [`Disorder::Cut`].
    Cut,
    /// The request was dropped on purpose: see [`Disorder::Dropped`].
    Dropped,
    /// The simulator does not deliver to the host: see
    /// [`webhook_host`](crate::SimulatorBuilder::webhook_host).
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
