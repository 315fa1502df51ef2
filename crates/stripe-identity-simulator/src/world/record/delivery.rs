use std::time::Duration;

use serde::{Deserialize, Serialize};
use stripe_identity_core::types::Timestamp;

use crate::delivery::{AttemptTrigger, WebhookDelivery};
use crate::disorder::Disorder;
use crate::serial;
use crate::world::rows::Kind;
use crate::world::store::Record;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredDelivery {
    pub(crate) delivery: WebhookDelivery,
    /// Whether the event counts it among its pending webhooks until it has arrived.
    #[serde(default)]
    pub(crate) is_counted: bool,
    /// How many attempts the schedule has made.
    #[serde(default)]
    pub(crate) tries: usize,
    /// What is done to the attempt that is held back, if one is.
    #[serde(default)]
    pub(crate) held: Option<Vec<Disorder>>,
    /// The newest attempt that may have carried what a redaction has erased since.
    #[serde(default)]
    pub(crate) redacted: u32,
    /// The attempts that wait to be sent.
    #[serde(default)]
    pub(crate) ready: Vec<Ready>,
    /// Its place among the deliveries that have ended, if it has.
    #[serde(default)]
    pub(crate) ended: Option<u64>,
}

/// An attempt whose time has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ready {
    /// Its place among all that are ready.
    pub(crate) place: u64,
    pub(crate) trigger: AttemptTrigger,
    #[serde(default)]
    pub(crate) disorder: Vec<Disorder>,
    /// How long it is held back where there is real time.
    #[serde(with = "serial::duration", default)]
    pub(crate) hold: Duration,
}

impl StoredDelivery {
    pub(crate) fn new(delivery: WebhookDelivery, is_counted: bool) -> Self {
        Self { delivery, is_counted, tries: 0, held: None, redacted: 0, ready: Vec::new(), ended: None }
    }

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
    const KIND: Kind = Kind::Delivery;
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
