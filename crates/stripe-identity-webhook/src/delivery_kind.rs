/// The two kinds of events that Stripe delivers.
///
/// ```
/// use stripe_identity_webhook::{Delivery, DeliveryKind};
///
/// let thin = Delivery::from_slice(br#"{"id": "evt_1", "object": "v2.core.event"}"#)?;
/// assert_eq!(thin.kind(), DeliveryKind::ThinEvent);
/// # Ok::<(), stripe_identity_webhook::WebhookError>(())
/// ```
#[expect(clippy::exhaustive_enums, reason = "it has the variants of `Delivery`, which is exhaustive on purpose")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryKind {
    /// An [`Event`](stripe_identity_types::Event), with a snapshot.
    Event,
    /// A [`ThinEvent`](stripe_identity_types::ThinEvent), without one.
    ThinEvent,
}
