//! The worlds of a simulator.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::disorder::DisorderRule;
use crate::fault::Fault;
use crate::journal::Ring;
use crate::keeper::{Keeper, Whole};
use crate::key;
use crate::patience;
use crate::plan::Plan;
use crate::receiver::Receivers;
use crate::settings::Settings;
use crate::time::Time;
use crate::unwritten::Unwritten;
use crate::webhook_endpoint::WebhookEndpoint;
use crate::world::{Generators, Ids, World, WorldClock};

pub(super) const MOST_WORLDS: usize = 10_000;
/// The time without a request after which a world is removed.
const LONGEST_IDLE: Duration = Duration::from_secs(24 * 60 * 60);
/// The interval in which idle worlds are removed.
const PAUSE: Duration = Duration::from_secs(60 * 60);
/// The same while there are too many worlds. Without a pause, each request for a new world would search all of them.
const SHORT_PAUSE: Duration = Duration::from_secs(60);

/// The number of times that a thread tries to lock a world before it waits.
const SHORT_WAIT: usize = 200;

/// A world under its lock, with its name.
pub(crate) struct Place {
    pub(crate) name: String,
    /// The name, shortened if it may be a secret.
    pub(super) shown: Arc<str>,
    pub(super) journal: Mutex<Ring>,
    /// The number under which the world is stored.
    number: u32,
    world: Mutex<World>,
    keeper: Option<Arc<dyn Keeper>>,
    /// Whether a change could not be written.
    is_behind: AtomicBool,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Place {
    fn new(name: &str, number: u32, world: World, keeper: Option<Arc<dyn Keeper>>, journal: usize) -> Self {
        Self {
            name: name.to_owned(),
            shown: key::shown(name).into(),
            journal: Mutex::new(Ring::new(journal)),
            number,
            world: Mutex::new(world),
            keeper,
            is_behind: AtomicBool::new(false),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        // A world does not panic under the lock, and a test that panics has failed anyway.
        for _ in 0..SHORT_WAIT {
            match self.world.try_lock() {
                Ok(world) => return world,
                Err(TryLockError::Poisoned(error)) => return error.into_inner(),
                // Most requests take less time than a switch to another thread.
                Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
            }
        }
        patience::wait(|| self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads a world.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Performs an action in the world, and writes the changes. If earlier changes cannot be written, the action is not
    /// performed.
    pub(super) fn change<T>(&self, action: impl FnOnce(&mut World) -> T) -> Result<T, Unwritten> {
        let mut world = self.lock();
        if self.is_behind.load(Ordering::Relaxed) {
            self.keep(&mut world)?;
        }
        let result = action(&mut world);
        self.keep(&mut world)?;
        Ok(result)
    }

    /// Like [`change`](Self::change), where no error can be returned. Changes that cannot be written now are written
    /// before any others.
    pub(super) fn change_anyway<T>(&self, action: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.lock();
        let result = action(&mut world);
        // After a failure, the next use of the world gets the error.
        let _ = self.keep(&mut world);
        result
    }

    /// Writes the changes of the world.
    pub(super) fn keep(&self, world: &mut World) -> Result<(), Unwritten> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let rows = [(self.number, world.changes(&self.name))];
        if !rows[0].1.is_empty() {
            let written = keeper.write(&rows);
            self.is_behind.store(written.is_err(), Ordering::Relaxed);
            written?;
            drop(rows);
            world.are_written();
        }
        Ok(())
    }

    /// Notes that the whole world was written, in place of the old one.
    pub(super) fn are_written(&self, world: &mut World) {
        if self.keeper.is_some() {
            drop(world.changes(&self.name));
            world.are_written();
            self.is_behind.store(false, Ordering::Relaxed);
        }
    }

    /// Returns whether a change could not be written.
    #[cfg(feature = "server")]
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Relaxed)
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }
}

/// The worlds by their names, and the initial state of a new one.
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
    /// The number of requests that the journal of each world keeps.
    pub(super) journal: usize,
    by_name: HashMap<String, Used>,
    by_tag: HashMap<String, String>,
    keeper: Option<Arc<dyn Keeper>>,
    /// Numbers below this one are taken, unless they are in `free_numbers`.
    next_number: u32,
    free_numbers: Vec<u32>,
    /// The number of times that a simulator has started with the stored state.
    starts: u64,
    swept: Time,
    /// The number of removed worlds, so that a world that is created again repeats no id.
    removed: u64,
}

struct Used {
    place: Arc<Place>,
    /// The tag that each id of the world contains.
    tag: String,
    /// The time of the last use, by the clock of the machine.
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
            journal: 0,
            by_name: HashMap::new(),
            by_tag: HashMap::new(),
            keeper: None,
            next_number: 0,
            free_numbers: Vec::new(),
            starts: 0,
            swept: real,
            removed: 0,
        }
    }

    /// Stores the worlds from now on. The state that concerns all worlds continues as it was stored.
    #[cfg(feature = "state")]
    pub(super) fn keep_in(&mut self, keeper: Arc<dyn Keeper>, whole: Option<Whole>) {
        if let Some(Whole { seed, removed, clock, starts, .. }) = whole {
            (self.seed, self.removed, self.clock, self.starts) = (seed, removed, clock, starts + 1);
        }
        self.keeper = Some(keeper);
        self.write_whole(None);
    }

    /// Adds a world that was stored under a number.
    #[cfg(feature = "state")]
    pub(super) fn restore(&mut self, name: &str, number: u32, world: World, real: Time) {
        self.free_numbers.extend(self.next_number..number);
        self.next_number = self.next_number.max(number + 1);
        let place = self.insert(name, number, world, real);
        place.are_written(&mut place.lock());
    }

    /// Changes the tags of worlds, which may exchange them.
    pub(super) fn set_tags<'a>(&mut self, tags: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
        for (name, _) in tags.clone() {
            if let Some(used) = self.by_name.get(name) {
                self.by_tag.remove(&used.tag);
            }
        }
        for (name, tag) in tags {
            if let Some(used) = self.by_name.get_mut(name) {
                tag.clone_into(&mut used.tag);
                self.by_tag.insert(tag.to_owned(), name.to_owned());
            }
        }
    }

    /// Returns the name of the world whose ids have this tag.
    pub(super) fn name_of_tag(&self, tag: &str) -> Option<&str> {
        self.by_tag.get(tag).map(String::as_str)
    }

    pub(super) fn keeper(&self) -> Option<Arc<dyn Keeper>> {
        self.keeper.clone()
    }

    #[cfg(feature = "state")]
    pub(super) fn starts(&self) -> u64 {
        self.starts
    }

    /// Returns the world of a name, which is created if it does not exist, or `None` if there are too many.
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
        let world = self.make(name, None, real);
        let number = self.free_numbers.pop().unwrap_or_else(|| {
            self.next_number += 1;
            self.next_number - 1
        });
        Some(self.insert(name, number, world, real))
    }

    /// Removes a world that was just created and has not changed.
    pub(super) fn forget(&mut self, name: &str) {
        if let Some(used) = self.by_name.remove(name) {
            self.by_tag.remove(&used.tag);
            self.free_numbers.push(used.place.number);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// Creates a world with the initial state. Its ids continue those of the `generators`, if there are any.
    pub(super) fn make(&mut self, name: &str, generators: Option<&Generators>, real: Time) -> World {
        let mut world = self.make_empty(name, generators, real);
        self.add_webhooks(&mut world);
        self.add_others(&mut world);
        world
    }

    /// Like [`make`](Self::make), without webhook endpoints.
    pub(super) fn make_without_webhooks(&mut self, name: &str, real: Time) -> World {
        let mut world = self.make_empty(name, None, real);
        self.add_others(&mut world);
        world
    }

    /// Adds the plans, disorder rules and faults that every world has.
    fn add_others(&self, world: &mut World) {
        for plan in &self.plans {
            world.plan(plan.clone());
        }
        for rule in &self.disorder {
            world.add_disorder(rule.clone());
        }
        for fault in &self.faults {
            world.add_fault(fault.clone());
        }
    }

    /// Creates an empty world.
    pub(super) fn make_empty(&mut self, name: &str, generators: Option<&Generators>, real: Time) -> World {
        self.clock.set(self.clock.at(real));
        let mut seed = self.seed.wrapping_add(self.removed);
        let mut ids = Ids::new(seed, name);
        // An imported world may already have the tag.
        while self.name_of_tag(ids.tag()).is_some_and(|other| other != name) {
            seed = seed.wrapping_sub(1);
            ids = Ids::new(seed, name);
        }
        let mut world = World::new(ids, self.clock.clone(), self.settings.clone(), self.base_url.clone());
        if self.keeper.is_some() {
            world.note_changes();
        }
        if let Some(generators) = generators {
            world.set_generators(generators);
        }
        world.set_receivers(self.receivers.clone());
        world
    }

    /// Adds the webhook endpoints that every world has.
    pub(super) fn add_webhooks(&self, world: &mut World) {
        for endpoint in &self.webhook_endpoints {
            world.add_webhook_endpoint(endpoint.clone());
        }
    }

    fn insert(&mut self, name: &str, number: u32, world: World, real: Time) -> Arc<Place> {
        let tag = world.tag().to_owned();
        let place = Arc::new(Place::new(name, number, world, self.keeper.clone(), self.journal));
        self.by_tag.insert(tag.clone(), name.to_owned());
        self.by_name.insert(name.to_owned(), Used { place: place.clone(), tag, last: real });
        place
    }

    /// Returns the world whose ids have this tag.
    pub(super) fn tagged(&mut self, tag: &str, real: Time) -> Option<Arc<Place>> {
        let used = self.by_name.get_mut(self.by_tag.get(tag)?)?;
        used.last = real;
        Some(used.place.clone())
    }

    /// Returns all worlds, ordered by name.
    pub(super) fn all(&self) -> Vec<Arc<Place>> {
        let mut all: Vec<_> = self.by_name.values().map(|used| used.place.clone()).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// Returns all worlds, the most recently used one first.
    pub(super) fn recent(&self) -> Vec<Arc<Place>> {
        let mut all: Vec<_> = self.by_name.values().collect();
        all.sort_by(|one, other| other.last.cmp(&one.last).then_with(|| one.place.name.cmp(&other.place.name)));
        all.into_iter().map(|used| used.place.clone()).collect()
    }

    /// Returns the world whose ids have this tag, without counting it as used.
    pub(super) fn at_tag(&self, tag: &str) -> Option<Arc<Place>> {
        self.by_name.get(self.by_tag.get(tag)?).map(|used| used.place.clone())
    }

    /// Removes the idle worlds without a handle. Stored worlds are removed only if there are too many worlds.
    fn sweep(&mut self, real: Time) {
        self.swept = real;
        if self.keeper.is_some() && self.by_name.len() < MOST_WORLDS {
            return;
        }
        let is_idle = |used: &Used| real.since(used.last) >= LONGEST_IDLE && Arc::strong_count(&used.place) == 1;
        let idle = self.by_name.iter().filter(|(_, used)| is_idle(used));
        let idle: Vec<_> = idle.map(|(name, used)| (name.clone(), used.place.number)).collect();
        if idle.is_empty() {
            return;
        }
        // Written first, so that a world never gets the ids of a removed one again.
        self.removed += idle.len() as u64;
        self.write_whole(None);
        if let Some(keeper) = &self.keeper {
            let gone: Vec<_> = idle.iter().map(|(_, number)| (*number, None)).collect();
            if keeper.replace(&gone).is_err() {
                return;
            }
        }
        for (name, number) in idle {
            if let Some(used) = self.by_name.remove(&name) {
                self.by_tag.remove(&used.tag);
                self.free_numbers.push(number);
            }
        }
    }

    /// Writes the changes that are not worth a transaction while the simulator runs. All worlds share one transaction,
    /// since each transaction may wait for the disk.
    pub(super) fn write_passing(&self) -> Result<(), Unwritten> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        let places = self.all();
        let mut worlds: Vec<_> = places.iter().map(|place| place.lock()).collect();
        let rows = places.iter().zip(&mut worlds).map(|(place, world)| {
            world.note_passing();
            (place.number, world.changes(&place.name))
        });
        keeper.write(&rows.collect::<Vec<_>>())
    }

    /// Writes the state that concerns all worlds and, when the simulator ends, the position of its own request ids.
    pub(super) fn write_whole(&self, closed: Option<u64>) {
        if let Some(keeper) = &self.keeper {
            let (seed, removed, clock, starts) = (self.seed, self.removed, self.clock.clone(), self.starts);
            keeper.write_whole(&Whole { seed, removed, clock, starts, closed });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Clock;

    fn hour(hour: u64) -> Time {
        Time::from(stripe_identity_core::types::Timestamp::from_secs(0)).after(Duration::from_secs(hour * 60 * 60))
    }

    fn tag(place: &Place) -> String {
        place.look(|world| world.tag().to_owned())
    }

    fn worlds() -> Worlds {
        let clock = WorldClock::new(Clock::Frozen, hour(0));
        Worlds::new(0, clock, Settings::default(), String::new(), hour(0))
    }

    #[test]
    fn world_is_removed_after_a_day_without_use() {
        let mut worlds = worlds();
        let held = worlds.named("held", hour(0)).unwrap();
        let idle = tag(&worlds.named("idle", hour(0)).unwrap());
        drop(worlds.named("used", hour(0)).unwrap());
        drop(worlds.named("used", hour(23)).unwrap());
        assert!(worlds.tagged(&idle, hour(0)).is_some());
        drop(worlds.named("new", hour(24)).unwrap());
        assert_eq!(worlds.all().iter().map(|place| &*place.name).collect::<Vec<_>>(), ["held", "new", "used"]);
        assert!(worlds.tagged(&idle, hour(24)).is_none() && worlds.tagged(&tag(&held), hour(24)).is_some());
    }

    #[test]
    fn world_that_is_created_again_has_other_ids() {
        let mut worlds = worlds();
        let first = tag(&worlds.named("a", hour(0)).unwrap());
        assert_eq!(first, tag(&self::worlds().named("a", hour(0)).unwrap()));
        drop(worlds.named("b", hour(24)).unwrap());
        assert_ne!(tag(&worlds.named("a", hour(24)).unwrap()), first);
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
