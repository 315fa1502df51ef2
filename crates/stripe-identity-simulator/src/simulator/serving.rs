//! The methods that only a server needs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;

use super::worlds::Place;
use super::{Simulator, lock};
use crate::receiver::Receivers;
use crate::time::Time;
use crate::tls::Roots;
use crate::world::{Outgoing, Target};

/// The time until changes that could not be written are written again.
const RETRY: Duration = Duration::from_secs(1);

impl Simulator {
    pub(crate) fn public_url(&self) -> Option<&str> {
        self.shared.public_url.as_deref()
    }

    /// Sets the address that the server listens on, for URLs in events.
    pub(crate) fn set_listening_url(&self, url: &str) {
        if self.shared.public_url.is_some() {
            return;
        }
        for place in self.all_and(|worlds| url.clone_into(&mut worlds.base_url)) {
            place.lock().set_base_url(url.to_owned());
        }
    }

    /// Calls a function with each world in which a webhook is ready or something else may be due, until the function
    /// returns `false`. Starts with all existing worlds.
    pub(crate) fn on_activity(&self, hook: impl Fn(&Arc<Place>) -> bool + Send + 'static) {
        for place in self.worlds().all() {
            hook(&place);
        }
        lock(&self.shared.activity_hooks).push(Box::new(hook));
    }

    /// Restricts webhooks to this machine and the named hosts.
    pub(crate) fn restrict_receivers(&self) {
        let receivers = Receivers::Local(self.shared.sending.hosts.clone().into());
        for place in self.all_and(|worlds| worlds.receivers = receivers.clone()) {
            place.lock().set_receivers(receivers.clone());
        }
    }

    pub(crate) fn receivers(&self) -> Receivers {
        self.worlds().receivers.clone()
    }

    pub(crate) fn webhook_roots(&self) -> &Roots {
        &self.shared.sending.roots
    }

    /// Runs the world of a request until it is idle. Returns `false` if webhooks are still in progress. Returns `true`
    /// if the request finds no world.
    pub(crate) fn settle(&self, request: &Request<Bytes>) -> bool {
        let (target, real) = (Target::of(request.method(), request.uri().path()), Time::of_system());
        let Ok((place, _)) = self.find(request, target.as_ref(), real) else { return true };
        self.with_anyway(&place, real, |world| {
            world.run_until_idle();
            world.is_settled()
        })
    }

    /// Takes the webhooks that are ready for endpoints with fewer than `most_under_way` attempts in progress. Also
    /// returns the time until something is due next.
    pub(crate) fn take_outgoing(&self, place: &Arc<Place>, most_under_way: usize) -> (Vec<Outgoing>, Option<Duration>) {
        let signs_virtually = self.shared.signs_virtually.unwrap_or(false);
        let outgoing = std::iter::from_fn(|| Self::take(place, signs_virtually, most_under_way)).collect();
        let next = place.look(|world| world.next_due(Time::of_system()));
        // Changes that cannot be written are retried after a pause.
        let next = if place.is_behind() { Some(RETRY) } else { next };
        (outgoing, next)
    }
}
