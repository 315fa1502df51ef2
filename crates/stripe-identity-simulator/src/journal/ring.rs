//! A ring buffer of the last requests.

use std::collections::{HashMap, VecDeque};

use super::entry::RequestEntry;

/// The last requests, and the number of those that were dropped. Concurrent requests come in any order.
#[derive(Debug)]
pub(crate) struct Ring {
    entries: VecDeque<RequestEntry>,
    most: usize,
    /// The number of dropped requests by method and path template. The simulator's endpoints bound its size.
    lost: HashMap<(&'static str, &'static str), u64>,
}

impl Ring {
    pub(crate) fn new(most: usize) -> Self {
        Self { entries: VecDeque::new(), most, lost: HashMap::new() }
    }

    pub(crate) fn push(&mut self, entry: RequestEntry) {
        if self.most == 0 {
            return;
        }
        self.entries.push_back(entry);
        if self.entries.len() > self.most
            && let Some(first) = self.entries.pop_front()
        {
            *self.lost.entry(first.endpoint()).or_default() += 1;
        }
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RequestEntry> {
        self.entries.iter()
    }

    /// Returns whether the journal is off, so that no request is kept.
    pub(crate) fn is_off(&self) -> bool {
        self.most == 0
    }

    /// Returns the number of requests to an endpoint that were dropped.
    pub(crate) fn lost(&self, method: &str, path: &str) -> u64 {
        self.lost.iter().filter(|((a, b), _)| (*a, *b) == (method, path)).map(|(_, count)| count).sum()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.lost.clear();
    }
}
