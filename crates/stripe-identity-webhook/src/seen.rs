use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};

use stripe_identity_types::EventId;

/// Remembers which events were taken, so that each is taken once.
///
/// Stripe delivers an event again for up to three days if it gets no good answer, and now and then though it got one.
/// An implementation over a database that several processes share takes an event for all of them.
pub trait Seen: Send + Sync {
    /// Takes an event. Gives `false` if it was taken before.
    fn take(&self, id: &EventId) -> bool;

    /// Gives an event back that could not be dealt with after all, so that it is taken when it comes again.
    fn give_back(&self, id: &EventId);
}

/// Remembers events in memory: enough for a single process, until it ends.
pub struct MemorySeen {
    most: usize,
    ids: Mutex<Ids>,
}

#[derive(Default)]
struct Ids {
    /// When each was taken: the how manieth it was.
    known: HashMap<EventId, u64>,
    /// In the order in which they were taken. Those that were given back stay until their turn comes.
    in_order: VecDeque<(u64, EventId)>,
    taken: u64,
}

impl MemorySeen {
    /// Remembers that many events at most, and then forgets the oldest first.
    pub fn new(most: usize) -> Self {
        Self { most, ids: Mutex::default() }
    }
}

impl Default for MemorySeen {
    /// Remembers 100,000 events.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Seen for MemorySeen {
    fn take(&self, id: &EventId) -> bool {
        // No code that holds the lock can panic half way through a change.
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let number = ids.taken;
        match ids.known.entry(id.clone()) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(place) => place.insert(number),
        };
        ids.taken += 1;
        ids.in_order.push_back((number, id.clone()));
        while ids.in_order.len() > self.most {
            if let Some((number, oldest)) = ids.in_order.pop_front()
                && ids.known.get(&oldest) == Some(&number)
            {
                ids.known.remove(&oldest);
            }
        }
        true
    }

    fn give_back(&self, id: &EventId) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.known.remove(id);
    }
}

impl fmt::Debug for MemorySeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySeen").field("most", &self.most).finish_non_exhaustive()
    }
}
