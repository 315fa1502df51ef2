//! What a server needs of a simulator besides.

use std::sync::Arc;
use std::time::Duration;

use super::worlds::Place;
use super::{Simulator, lock};
use crate::time::Time;
use crate::world::Outgoing;

impl Simulator {
    /// Sets where the server listens, for URLs in events.
    pub(crate) fn set_listening_url(&self, url: &str) {
        if self.shared.public_url.is_some() {
            return;
        }
        let mut worlds = self.worlds();
        url.clone_into(&mut worlds.base_url);
        let all = worlds.all();
        drop(worlds);
        for place in all {
            place.lock().set_base_url(url.to_owned());
        }
    }

    /// Calls a function with each world in which something may have become due, until it returns `false`. It begins with
    /// those that are there.
    pub(crate) fn on_activity(&self, hook: impl Fn(&Arc<Place>) -> bool + Send + 'static) {
        for place in self.worlds().all() {
            hook(&place);
        }
        lock(&self.shared.activity_hooks).push(Box::new(hook));
    }

    /// Lets everything happen that is due, and takes the deliveries. Returns also how long it takes until something is
    /// due again by itself.
    pub(crate) fn take_outgoing(&self, place: &Arc<Place>) -> (Vec<Outgoing>, Option<Duration>) {
        let outgoing = Self::take_deliveries(place, self.shared.signs_virtually.unwrap_or(false));
        (outgoing, place.lock().next_due(Time::of_system()))
    }
}
