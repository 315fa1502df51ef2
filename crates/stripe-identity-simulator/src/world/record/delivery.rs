use std::collections::{BTreeMap, VecDeque};

use crate::webhook_endpoint::WebhookEndpoint;

/// The endpoints of a world, and what is on its way to them.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) endpoints: Vec<WebhookEndpoint>,
    pub(crate) by_id: BTreeMap<u64, Delivery>,
    pub(crate) made: u64,
    /// Those that are due and not yet taken.
    pub(crate) ready: VecDeque<u64>,
}

/// An event on its way to an endpoint, until it has arrived or is given up.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Its place among the endpoints.
    pub(crate) endpoint: usize,
    pub(crate) event: String,
    pub(crate) failures: usize,
}
