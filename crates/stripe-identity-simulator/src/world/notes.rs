/// The places of changes since the last write. Nothing is recorded before [`begin`](Self::begin) is called.
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
    /// Begins to record changes.
    pub(crate) fn begin(&mut self) {
        self.are_kept = true;
    }

    pub(crate) fn add(&mut self, place: P) {
        if self.are_kept && self.places.last() != Some(&place) {
            self.places.push(place);
        }
    }

    /// Takes the places of all changes, sorted and without duplicates.
    pub(crate) fn take_sorted(&mut self) -> Vec<P> {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Puts back places that were taken.
    pub(crate) fn put_back(&mut self, places: Vec<P>) {
        self.places = places;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Removes the changes, after they were written.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_noted_once_and_only_after_the_beginning() {
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
