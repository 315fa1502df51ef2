//! What has been written of a world, and what has changed since.

/// What has changed since it was last written. Nothing is noted before that is asked for.
#[derive(Debug)]
pub(crate) struct Notes<P> {
    are_kept: bool,
    places: Vec<P>,
}

impl<P> Default for Notes<P> {
    fn default() -> Self {
        Self { are_kept: false, places: Vec::new() }
    }
}

impl<P: Ord + Copy> Notes<P> {
    /// Begins to note changes.
    pub(crate) fn begin(&mut self) {
        self.are_kept = true;
    }

    pub(crate) fn add(&mut self, place: P) {
        if self.are_kept && self.places.last() != Some(&place) {
            self.places.push(place);
        }
    }

    /// Takes out the places of all changes, each once and in order.
    pub(crate) fn take_sorted(&mut self) -> Vec<P> {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Puts places back that were taken out.
    pub(crate) fn put_back(&mut self, places: Vec<P>) {
        self.places = places;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Forgets the changes, since they are written.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }
}

/// What was last written of that which is no record.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) before: Wholes,
    /// What is to be written now.
    pub(crate) latest: Wholes,
    /// How many files were made.
    pub(crate) files: u64,
    /// Whether also what passes by itself is to be written.
    pub(crate) with_passing: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Wholes {
    /// The world without what passes by itself.
    pub(crate) stable_world: Vec<u8>,
    pub(crate) world: Vec<u8>,
    pub(crate) plans: Vec<u8>,
    pub(crate) faults: Vec<u8>,
    pub(crate) disorder: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_noted_once_and_none_before_that_is_asked_for() {
        let mut notes = Notes::default();
        notes.add(1);
        assert!(notes.is_empty() && notes.places.capacity() == 0);
        notes.begin();
        for place in [2, 1, 1, 2] {
            notes.add(place);
        }
        let places = notes.take_sorted();
        assert_eq!(places, [1, 2]);
        notes.put_back(places);
        assert!(!notes.is_empty());
        notes.clear();
        assert!(notes.is_empty());
    }
}
