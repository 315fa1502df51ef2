use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::delivery_kind::DeliveryKind;

/// Why a delivery was rejected. It contains no secret and no payload.
///
/// Respond to Stripe with status 400 for each of these. Stripe delivers the event again for up to
/// three days, which leaves time to correct a secret or a clock.
///
/// Similar variants differ as follows:
/// - [`MissingHeader`](Self::MissingHeader), [`MalformedHeader`](Self::MalformedHeader) and
///   [`NoSignature`](Self::NoSignature) come before any comparison: the request has no signature
///   that could match.
/// - [`NoMatch`](Self::NoMatch) means that none of its signatures was made with one of the secrets
///   over these bytes.
/// - [`TooOld`](Self::TooOld) and [`TooNew`](Self::TooNew) mean that a signature matched: only its
///   time is wrong.
/// - [`NotJson`](Self::NotJson), [`NotAnEvent`](Self::NotAnEvent) and
///   [`WrongKind`](Self::WrongKind) concern the payload. A [`Verifier`](crate::Verifier) returns
///   them only after a signature matched.
///
/// ```
/// use stripe_identity_webhook::{Verifier, WebhookError};
///
/// let verifier = Verifier::new("whsec_example")?;
/// let error = verifier.verify_delivery(b"{}", None).unwrap_err();
/// let hint = match error {
///     WebhookError::MissingHeader => "did a proxy remove the header?",
///     WebhookError::NoMatch { padded_secret: true } => "was white space copied with the secret?",
///     WebhookError::NoMatch { .. } => "is it this endpoint's secret, and was the body changed?",
///     WebhookError::TooOld { .. } | WebhookError::TooNew { .. } => "is the clock right?",
///     _ => "",
/// };
/// assert_eq!(hint, "did a proxy remove the header?");
/// # Ok::<(), stripe_identity_webhook::BlankSecret>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// The request has no `Stripe-Signature` header, or a blank one. It does not come from Stripe,
    /// or an intermediary removed the header.
    MissingHeader,
    /// The header does not have the form `t=…,v1=…`, or exceeds 4096 bytes or 16 signatures.
    MalformedHeader,
    /// The header has no signature of scheme `v1`.
    NoSignature,
    /// No signature matches. The secret belongs to another endpoint, or the payload is not the body
    /// as it came over the wire.
    NoMatch {
        /// Whether a secret begins or ends with white space. White space is part of a secret, but
        /// may have been copied by mistake.
        padded_secret: bool,
    },
    /// A signature matches, but is older than the [`Tolerance`](crate::Tolerance) allows. Someone
    /// repeated an old delivery, or the clock is wrong.
    TooOld {
        /// The age of the signature.
        age: Duration,
    },
    /// A signature matches, but its time is further in the future than
    /// [`max_clock_skew`](crate::Verifier::max_clock_skew) allows. The clock is wrong.
    TooNew {
        /// How far the signature is ahead of the clock.
        ahead: Duration,
    },
    /// The payload is not JSON.
    NotJson,
    /// The payload is JSON, but not an event.
    NotAnEvent {
        /// Which part of an event is missing or wrong.
        reason: NotAnEventReason,
    },
    /// The payload is an event of the other kind.
    WrongKind {
        /// The kind of the payload.
        found: DeliveryKind,
    },
}

/// Why JSON is not an event.
///
/// ```
/// use stripe_identity_webhook::{Delivery, NotAnEventReason, WebhookError};
///
/// let reason = |payload: &[u8]| match Delivery::from_slice(payload) {
///     Err(WebhookError::NotAnEvent { reason }) => Some(reason),
///     _ => None,
/// };
/// assert_eq!(reason(br#"{"id": "evt_1"}"#), Some(NotAnEventReason::MissingObject));
/// assert_eq!(reason(br#"{"object": "event"}"#), Some(NotAnEventReason::MissingId));
/// assert_eq!(reason(br#"{"object": "file", "id": "file_1"}"#), Some(NotAnEventReason::OtherObject));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotAnEventReason {
    /// The JSON is not an object.
    NotAnObject,
    /// The key `object`, which names the kind of an object, is missing or `null`.
    MissingObject,
    /// The key `object` names another kind of object than an event, or is not a string.
    OtherObject,
    /// The key `id` is missing, not a string, or blank.
    MissingId,
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingHeader => {
                "the Stripe-Signature header is missing: every webhook of Stripe has one, and proxies should keep it"
            }
            Self::MalformedHeader => "the Stripe-Signature header is malformed: it should be `t=…,v1=…`",
            Self::NoSignature => "the Stripe-Signature header has no v1 signature: it should be `t=…,v1=…`",
            Self::NoMatch { padded_secret: false } => {
                "no signature matches: the secret should be this endpoint's, and the body as it came over the wire"
            }
            Self::NoMatch { padded_secret: true } => {
                "no signature matches: a secret begins or ends with white space, and should be exactly the endpoint's"
            }
            Self::TooOld { age } => {
                let age = age.as_secs();
                return write!(
                    f,
                    "the signature is {age} s old: it should be within the tolerance, and the clock right"
                );
            }
            Self::TooNew { ahead } => {
                let ahead = ahead.as_secs();
                return write!(
                    f,
                    "the signature is {ahead} s ahead of the clock: it should be within the allowed skew"
                );
            }
            Self::NotJson => "the payload is not JSON: it should be the body as it came over the wire",
            Self::NotAnEvent { reason: NotAnEventReason::NotAnObject } => {
                "the payload is not an event: it should be a JSON object"
            }
            Self::NotAnEvent { reason: NotAnEventReason::MissingObject } => {
                "the payload is not an event: `object` is missing; it should be `event` or `v2.core.event`"
            }
            Self::NotAnEvent { reason: NotAnEventReason::OtherObject } => {
                "the payload is not an event: `object` is neither `event` nor `v2.core.event`"
            }
            Self::NotAnEvent { reason: NotAnEventReason::MissingId } => {
                "the payload is not an event: `id` is missing, not a string, or blank; it should be the event's id"
            }
            Self::WrongKind { found: DeliveryKind::Event } => {
                "the payload is an event with a snapshot: use `verify_event` or `verify_delivery`"
            }
            Self::WrongKind { found: DeliveryKind::ThinEvent } => {
                "the payload is a thin event: use `verify_thin_event` or `verify_delivery`"
            }
        })
    }
}

impl Error for WebhookError {}

/// The error of a secret that is empty or blank, or only the prefix `whsec_`.
///
/// Anyone could sign with such a secret. It usually comes from a variable that is not set.
///
/// ```
/// use stripe_identity_webhook::{Signer, Verifier};
///
/// assert!(Verifier::new("whsec_").is_err());
/// assert_eq!(Verifier::new(" ").unwrap_err(), Signer::new("").unwrap_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlankSecret;

impl fmt::Display for BlankSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the webhook secret is empty or blank: it should be the endpoint's secret, `whsec_…`")
    }
}

impl Error for BlankSecret {}
