use stripe_identity_core::types::Timestamp;

use crate::delivery::WebhookDelivery;
use crate::disorder::Disorder;
use crate::world::store::Record;

#[derive(Debug)]
pub(crate) struct StoredDelivery {
    pub(crate) delivery: WebhookDelivery,
    /// Whether the event counts it among its pending webhooks until it has arrived.
    pub(crate) is_counted: bool,
    /// How many attempts the schedule has made.
    pub(crate) tries: usize,
    /// What is done to the attempt that is held back, if one is.
    pub(crate) held: Option<Vec<Disorder>>,
    /// The newest attempt that may have carried what a redaction has erased since.
    pub(crate) redacted: u32,
}

impl StoredDelivery {
    pub(crate) fn is_to(&self, endpoint: &str) -> bool {
        self.delivery.webhook_endpoint == endpoint
    }

    /// Forgets what receivers have responded with, which may be what they were sent.
    pub(crate) fn redact(&mut self) {
        self.redacted = self.delivery.attempts.last().map_or(0, |attempt| attempt.number);
        for result in self.delivery.attempts.iter_mut().filter_map(|attempt| attempt.result.as_mut()) {
            *result = result.without_body();
        }
    }
}

impl Record for StoredDelivery {
    const KIND: &'static str = "webhook_delivery";
    const NAME: &'static str = "webhook delivery";
    const PARAM: &'static str = "delivery";

    fn id(&self) -> &str {
        &self.delivery.id
    }

    /// The control API shows those of all accounts.
    fn account(&self) -> Option<&str> {
        None
    }

    fn created(&self) -> Timestamp {
        self.delivery.created
    }

    fn fields(&self, each: &mut dyn FnMut(&'static str, &str)) {
        each("webhook_endpoint", &self.delivery.webhook_endpoint);
        each("event", self.delivery.event.as_str());
        each("status", self.delivery.status.as_ref());
    }
}
