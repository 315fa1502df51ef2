use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::delivery::DeliveryKind;

/// Why a delivery was not taken. It quotes neither secrets nor payloads.
///
/// To Stripe, answer whatever a delivery gives of these with status 400. It delivers the event again for up to three days:
/// time to mend a secret or a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// The secret is empty or blank, or nothing but the `whsec_` that secrets begin with. Anyone could sign with it, so no
    /// [`Verifier`](crate::Verifier) is made of it.
    BlankSecret,
    /// There is no `Stripe-Signature` header, or nothing but white space in it: this does not come from Stripe, or something in between took it away.
    MissingHeader,
    /// The header is not of the form `t=…,v1=…`, or far longer than any of Stripe's.
    MalformedHeader,
    /// The header has no signature of the scheme `v1`.
    NoSignature,
    /// None of the signatures is right. The secret is another endpoint's, or the payload is not what came over the wire.
    NoMatch {
        /// Whether a secret begins or ends with white space, which is part of it: copied along by mistake, perhaps.
        padded_secret: bool,
    },
    /// The signature is right, and older than is taken: delivered again by someone, or the clock is wrong.
    TooOld {
        /// How old it is.
        age: Duration,
    },
    /// The signature is right, and of a time that is yet to come: the clock is wrong.
    TooNew {
        /// How far ahead it is.
        ahead: Duration,
    },
    /// The payload is not JSON.
    NotJson,
    /// The payload is JSON, and no event.
    NotAnEvent {
        /// What is missing or wrong.
        reason: NotAnEventReason,
    },
    /// The payload is an event of the other kind.
    WrongKind {
        /// The kind that it is.
        found: DeliveryKind,
    },
}

/// What makes JSON something else than an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotAnEventReason {
    /// It is not an object.
    NotAnObject,
    /// The key `object`, which names the kind of an object, is missing or `null`.
    MissingObject,
    /// The key `object` names another kind of object than an event, or is not a text.
    OtherObject,
    /// The key `id` is missing, not a text, or blank.
    MissingId,
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BlankSecret => "the webhook secret is empty or blank",
            Self::MissingHeader => "the Stripe-Signature header is missing",
            Self::MalformedHeader => "the Stripe-Signature header is malformed",
            Self::NoSignature => "the Stripe-Signature header has no v1 signature",
            Self::NoMatch { padded_secret: false } => {
                "no signature matches: is it this endpoint's secret, and the body as it came over the wire?"
            }
            Self::NoMatch { padded_secret: true } => {
                "no signature matches, and a secret begins or ends with white space: is it meant to?"
            }
            Self::TooOld { age } => {
                return write!(f, "the signature is {} seconds old, which is too old", age.as_secs());
            }
            Self::TooNew { ahead } => {
                return write!(f, "the signature is {} seconds ahead of the clock, which is too much", ahead.as_secs());
            }
            Self::NotJson => "the payload is not JSON",
            Self::NotAnEvent { reason: NotAnEventReason::NotAnObject } => {
                "the payload is not an event: it is not a JSON object"
            }
            Self::NotAnEvent { reason: NotAnEventReason::MissingObject } => {
                "the payload is not an event: `object` is missing, and should be `event` or `v2.core.event`"
            }
            Self::NotAnEvent { reason: NotAnEventReason::OtherObject } => {
                "the payload is not an event: `object` is neither `event` nor `v2.core.event`"
            }
            Self::NotAnEvent { reason: NotAnEventReason::MissingId } => {
                "the payload is not an event: `id` is missing, not a text, or blank"
            }
            Self::WrongKind { found: DeliveryKind::Event } => {
                "the payload is an event with a snapshot: read it with `event` or `delivery`"
            }
            Self::WrongKind { found: DeliveryKind::ThinEvent } => {
                "the payload is a thin event: read it with `thin_event` or `delivery`"
            }
        })
    }
}

impl Error for WebhookError {}
