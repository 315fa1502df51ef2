use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stripe_identity_types::EventId;

/// Remembers which events were dealt with, so that each is dealt with once.
///
/// Stripe delivers an event again for up to three days if it gets no good answer, and now and then though it got one.
///
/// This is for what a process knows by itself, and cannot fail. Where several processes share a database, the surest way is
/// another one: write the event's id in the same transaction as what the event changes, under a unique key.
pub trait Seen: fmt::Debug + Send + Sync {
    /// Takes an event, if nobody has.
    fn take(&self, id: &EventId) -> Taken;

    /// An event that was taken has been dealt with.
    fn finish(&self, id: &EventId);

    /// An event that was taken could not be dealt with after all, or what came of it was lost: it can be taken again.
    fn give_back(&self, id: &EventId);
}

/// Whether an event could be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// It is yours to deal with.
    Now,
    /// Somebody else is dealing with it right now.
    InProgress,
    /// It has been dealt with before.
    Before,
}

/// Remembers events in memory: enough for a single process, until it ends.
pub struct MemorySeen {
    most: usize,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    events: HashMap<EventId, State>,
    /// The ids of those that were dealt with, in that order. Those that were given back later stay until their turn comes.
    in_order: VecDeque<(u64, EventId)>,
    /// How many events of the map were dealt with, and how many ever.
    remembered: usize,
    finished: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    InProgress,
    /// It was the how manieth.
    Finished(u64),
}

impl MemorySeen {
    /// Remembers that many events that were dealt with, and then forgets the oldest first.
    pub fn new(most: usize) -> Self {
        Self { most, memory: Mutex::default() }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // No code that holds the lock can panic half way through a change.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemorySeen {
    /// Remembers 100,000 events.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Memory {
    fn forget(&mut self, id: &EventId) {
        if let Some(State::Finished(_)) = self.events.remove(id) {
            self.remembered -= 1;
        }
    }

    fn forget_the_oldest(&mut self) {
        if let Some((number, id)) = self.in_order.pop_front()
            && self.events.get(&id) == Some(&State::Finished(number))
        {
            self.forget(&id);
        }
    }
}

impl Seen for MemorySeen {
    fn take(&self, id: &EventId) -> Taken {
        let mut memory = self.memory();
        match memory.events.get(id) {
            Some(State::Finished(_)) => return Taken::Before,
            Some(State::InProgress) => return Taken::InProgress,
            None => memory.events.insert(id.clone(), State::InProgress),
        };
        Taken::Now
    }

    fn finish(&self, id: &EventId) {
        let mut memory = self.memory();
        let number = memory.finished;
        // Who dealt with it may have given it back already.
        match memory.events.get_mut(id) {
            Some(state @ State::InProgress) => *state = State::Finished(number),
            _ => return,
        }
        memory.finished += 1;
        memory.remembered += 1;
        memory.in_order.push_back((number, id.clone()));
        while memory.remembered > self.most {
            memory.forget_the_oldest();
        }
        // What is given back again and again must not pile up here.
        if memory.in_order.len() / 2 > self.most {
            let Memory { events, in_order, .. } = &mut *memory;
            in_order.retain(|(number, id)| events.get(id) == Some(&State::Finished(*number)));
        }
    }

    fn give_back(&self, id: &EventId) {
        self.memory().forget(id);
    }
}

impl fmt::Debug for MemorySeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySeen").field("most", &self.most).finish_non_exhaustive()
    }
}
