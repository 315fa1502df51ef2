//! All worlds of a simulator.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::disorder::DisorderRule;
use crate::fault::Fault;
use crate::patience;
use crate::plan::Plan;
use crate::receiver::Receivers;
use crate::settings::Settings;
use crate::time::Time;
use crate::webhook_endpoint::WebhookEndpoint;
use crate::world::{Ids, World, WorldClock};

pub(super) const MOST_WORLDS: usize = 10_000;
/// After a day without a request, a world is removed.
const LONGEST_IDLE: Duration = Duration::from_secs(24 * 60 * 60);
/// How often it is looked for worlds to remove.
const PAUSE: Duration = Duration::from_secs(60 * 60);
/// The same while there are too many: no request is to wait until each request for another one has looked at them all.
const SHORT_PAUSE: Duration = Duration::from_secs(60);

/// How often a thread looks whether a world is free before it waits.
const SHORT_WAIT: usize = 200;

/// A world under its own lock, and its name.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    tag: String,
    world: Mutex<World>,
}

impl Place {
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        // What a world does under the lock does not panic, and a test that panics meanwhile has failed.
        for _ in 0..SHORT_WAIT {
            match self.world.try_lock() {
                Ok(world) => return world,
                Err(TryLockError::Poisoned(error)) => return error.into_inner(),
                // Most requests take less time than to let another thread go on.
                Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
            }
        }
        patience::wait(|| self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The worlds by their names, and what a new one begins with.
#[derive(Debug)]
pub(super) struct Worlds {
    seed: u64,
    pub(super) clock: WorldClock,
    pub(super) settings: Settings,
    pub(super) base_url: String,
    pub(super) webhook_endpoints: Vec<WebhookEndpoint>,
    pub(super) plans: Vec<Plan>,
    pub(super) disorder: Vec<DisorderRule>,
    pub(super) receivers: Receivers,
    pub(super) faults: Vec<Fault>,
    by_name: HashMap<String, Used>,
    by_tag: HashMap<String, String>,
    swept: Time,
    /// How many were removed, so that a world that is made again makes no id again.
    removed: u64,
}

#[derive(Debug)]
struct Used {
    place: Arc<Place>,
    /// By the machine's time.
    last: Time,
}

impl Worlds {
    pub(super) fn new(seed: u64, clock: WorldClock, settings: Settings, base_url: String, real: Time) -> Self {
        Self {
            seed,
            clock,
            settings,
            base_url,
            webhook_endpoints: Vec::new(),
            plans: Vec::new(),
            disorder: Vec::new(),
            receivers: Receivers::default(),
            faults: Vec::new(),
            by_name: HashMap::new(),
            by_tag: HashMap::new(),
            swept: real,
            removed: 0,
        }
    }

    /// Returns the world of a name, which is made if it is not there, or `None` if there are too many.
    pub(super) fn named(&mut self, name: &str, real: Time) -> Option<Arc<Place>> {
        if real.since(self.swept) >= PAUSE {
            self.sweep(real);
        }
        if let Some(used) = self.by_name.get_mut(name) {
            used.last = real;
            return Some(used.place.clone());
        }
        if self.by_name.len() >= MOST_WORLDS && real.since(self.swept) >= SHORT_PAUSE {
            self.sweep(real);
        }
        if self.by_name.len() >= MOST_WORLDS {
            return None;
        }
        self.clock.set(self.clock.at(real));
        let ids = Ids::new(self.seed.wrapping_add(self.removed), name);
        let tag = ids.tag().to_owned();
        let mut world = World::new(ids, self.clock.clone(), self.settings.clone(), self.base_url.clone());
        for endpoint in &self.webhook_endpoints {
            world.add_webhook_endpoint(endpoint.clone());
        }
        for plan in &self.plans {
            world.plan(plan.clone());
        }
        for rule in &self.disorder {
            world.add_disorder(rule.clone());
        }
        world.set_receivers(self.receivers.clone());
        for fault in &self.faults {
            world.add_fault(fault.clone());
        }
        let place = Arc::new(Place { name: name.to_owned(), tag: tag.clone(), world: Mutex::new(world) });
        self.by_tag.insert(tag, name.to_owned());
        self.by_name.insert(name.to_owned(), Used { place: place.clone(), last: real });
        Some(place)
    }

    /// Returns the world whose ids have this tag.
    pub(super) fn tagged(&mut self, tag: &str, real: Time) -> Option<Arc<Place>> {
        let used = self.by_name.get_mut(self.by_tag.get(tag)?)?;
        used.last = real;
        Some(used.place.clone())
    }

    /// Returns all worlds, in the order of their names.
    pub(super) fn all(&self) -> Vec<Arc<Place>> {
        let mut all: Vec<_> = self.by_name.values().map(|used| used.place.clone()).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Removes the worlds that are idle, unless somebody holds a handle to them.
    fn sweep(&mut self, real: Time) {
        self.swept = real;
        let (by_tag, removed) = (&mut self.by_tag, &mut self.removed);
        self.by_name.retain(|_, used| {
            let is_kept = real.since(used.last) < LONGEST_IDLE || Arc::strong_count(&used.place) > 1;
            if !is_kept {
                by_tag.remove(&used.place.tag);
                *removed += 1;
            }
            is_kept
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Clock;

    fn hour(hour: u64) -> Time {
        Time::from(stripe_identity_core::types::Timestamp::from_secs(0)).after(Duration::from_secs(hour * 60 * 60))
    }

    fn worlds() -> Worlds {
        let clock = WorldClock::new(Clock::Frozen, hour(0));
        Worlds::new(0, clock, Settings::default(), String::new(), hour(0))
    }

    #[test]
    fn world_is_removed_after_a_day_without_use() {
        let mut worlds = worlds();
        let held = worlds.named("held", hour(0)).unwrap();
        let tag = worlds.named("idle", hour(0)).unwrap().tag.clone();
        drop(worlds.named("used", hour(0)).unwrap());
        drop(worlds.named("used", hour(23)).unwrap());
        assert!(worlds.tagged(&tag, hour(0)).is_some());
        drop(worlds.named("new", hour(24)).unwrap());
        assert_eq!(worlds.all().iter().map(|place| &*place.name).collect::<Vec<_>>(), ["held", "new", "used"]);
        assert!(worlds.tagged(&tag, hour(24)).is_none() && worlds.tagged(&held.tag, hour(24)).is_some());
    }

    #[test]
    fn world_that_is_made_again_makes_other_ids() {
        let mut worlds = worlds();
        let tag = worlds.named("a", hour(0)).unwrap().tag.clone();
        assert_eq!(tag, self::worlds().named("a", hour(0)).unwrap().tag);
        drop(worlds.named("b", hour(24)).unwrap());
        assert_ne!(worlds.named("a", hour(24)).unwrap().tag, tag);
    }

    #[test]
    fn number_of_worlds_is_bounded() {
        let mut worlds = worlds();
        for number in 0..MOST_WORLDS {
            assert!(worlds.named(&number.to_string(), hour(0)).is_some());
        }
        assert!(worlds.named("new", hour(0)).is_none() && worlds.named("0", hour(0)).is_some());
        let seconds = |seconds| hour(0).after(Duration::from_secs(seconds));
        for (at, swept) in [(59, 0), (60, 60), (61, 60), (119, 60), (120, 120)] {
            assert!(worlds.named("new", seconds(at)).is_none());
            assert_eq!(worlds.swept, seconds(swept), "not for each request at {at}");
        }
        assert!(worlds.named("new", hour(24)).is_some());
    }
}
