//! The last requests.

use std::collections::{HashMap, VecDeque};

use super::entry::RequestEntry;

/// The last requests, and how many there were before. Those that are done at the same time come in any order.
#[derive(Debug)]
pub(crate) struct Ring {
    entries: VecDeque<RequestEntry>,
    most: usize,
    /// By method and path, of which there are no more than the simulator has endpoints.
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

    /// Whether nothing is kept.
    pub(crate) fn is_off(&self) -> bool {
        self.most == 0
    }

    /// How many requests to an endpoint there were that are no longer here.
    pub(crate) fn lost(&self, method: &str, path: &str) -> u64 {
        self.lost.iter().filter(|((a, b), _)| (*a, *b) == (method, path)).map(|(_, count)| count).sum()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.lost.clear();
    }
}
