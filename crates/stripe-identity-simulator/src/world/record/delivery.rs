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
    /// Whether the event counts the delivery as pending until it has arrived.
    #[serde(default)]
    pub(crate) is_counted: bool,
    /// The number of attempts that the schedule has made.
    #[serde(default)]
    pub(crate) tries: usize,
    /// The disorder of the attempt that is delayed, if one is.
    #[serde(default)]
    pub(crate) held: Option<Vec<Disorder>>,
    /// The number of the newest attempt at the time of a redaction. The results of attempts up to it have no body.
    #[serde(default)]
    pub(crate) redacted: u32,
    /// The attempts that wait to be sent.
    #[serde(default)]
    pub(crate) ready: Vec<Ready>,
    /// The place among the deliveries that have ended, or `None` if the delivery is pending.
    #[serde(default)]
    pub(crate) ended: Option<u64>,
}

/// An attempt that is ready to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ready {
    /// The place among all ready attempts.
    pub(crate) place: u64,
    pub(crate) trigger: AttemptTrigger,
    #[serde(default)]
    pub(crate) disorder: Vec<Disorder>,
    /// The real time for which a server holds the attempt back.
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

    /// Removes the bodies of receivers' responses, which may repeat what was sent to them.
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

    /// Returns `None`, since the control API lists the deliveries of all accounts.
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
