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
}
