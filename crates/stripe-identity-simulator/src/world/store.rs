//! Where records are kept, how they are found, and what changes about them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::{Deref, DerefMut, Range};

use hashbrown::HashTable;
use stripe_identity_core::types::Timestamp;

use crate::refusal::Refusal;
use crate::world::page::{Filter, Page};

/// Something that is kept: it has an id, and belongs to an account.
pub(crate) trait Record {
    /// What kind of record it is, in a [`Change`].
    const KIND: &'static str;
    /// What messages call it.
    const NAME: &'static str;
    /// The name of the path parameter that is its id.
    const PARAM: &'static str;

    fn id(&self) -> &str;
    fn account(&self) -> Option<&str>;

    /// When it was made, which is not before any record of its kind that was there.
    fn created(&self) -> Timestamp;

    /// Calls a function with the name and the value of each field by which records are found.
    fn fields(&self, _each: &mut dyn FnMut(&'static str, &str)) {}
}

/// A record that was put or removed. With the record as it is now, that is all that a copy of a world must learn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: &'static str,
    pub(crate) place: u64,
    pub(crate) is_removal: bool,
}

/// Records of one kind, each at a place: how many were made before it. Notes each change.
#[derive(Debug)]
pub(crate) struct Store<T> {
    /// The oldest first.
    all: BTreeMap<u64, Box<T>>,
    /// The hash of each id, and the place of its record.
    by_id: HashTable<(u64, u64)>,
    index: Index,
    made: u64,
    changes: Vec<Change>,
}

/// Which records have a value in a field. It has a set of places for each account, field and value, and one for each
/// account alone. All sets are in one, under the hashes of what they are for.
#[derive(Debug, Default)]
struct Index {
    hasher: RandomState,
    places: BTreeSet<(u64, u64)>,
    /// How often a set was looked into.
    #[cfg(test)]
    looks: std::cell::Cell<usize>,
}

impl Index {
    fn of_account(&self, account: Option<&str>) -> u64 {
        self.hasher.hash_one(account)
    }

    fn of_field(&self, account: Option<&str>, field: &str, value: &str) -> u64 {
        self.hasher.hash_one((account, field, value))
    }

    /// The sets that a record belongs to.
    fn sets(&self, record: &impl Record) -> Vec<u64> {
        let account = record.account();
        let mut sets = vec![self.of_account(account)];
        record.fields(&mut |field, value| sets.push(self.of_field(account, field, value)));
        sets
    }

    fn add(&mut self, sets: &[u64], place: u64) {
        self.places.extend(sets.iter().map(|&set| (set, place)));
    }

    fn remove(&mut self, sets: &[u64], place: u64) {
        for &set in sets {
            self.places.remove(&(set, place));
        }
    }

    /// Returns which of these places are in a set.
    fn within(&self, set: u64, places: Range<u64>) -> impl DoubleEndedIterator<Item = u64> {
        #[cfg(test)]
        self.looks.set(self.looks.get() + 1);
        self.places.range((set, places.start)..(set, places.end)).map(|&(_, place)| place)
    }

    /// Returns the places in a set.
    fn all(&self, set: u64) -> impl DoubleEndedIterator<Item = u64> {
        self.within(set, 0..u64::MAX)
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), by_id: HashTable::new(), index: Index::default(), made: 0, changes: Vec::new() }
    }
}

impl<T: Record> Store<T> {
    /// Keeps a record, and returns its place.
    pub(crate) fn insert(&mut self, record: T) -> u64 {
        let place = self.made;
        self.made += 1;
        self.note(place, false);
        let hash = self.index.hasher.hash_one(record.id());
        self.by_id.insert_unique(hash, (hash, place), |&(hash, _)| hash);
        let sets = self.index.sets(&record);
        self.index.add(&sets, place);
        self.all.insert(place, Box::new(record));
        place
    }

    pub(crate) fn remove(&mut self, place: u64) -> Option<T> {
        let record = self.all.remove(&place)?;
        let hash = self.index.hasher.hash_one(record.id());
        if let Ok(entry) = self.by_id.find_entry(hash, |entry| *entry == (hash, place)) {
            entry.remove();
        }
        let sets = self.index.sets(&*record);
        self.index.remove(&sets, place);
        self.note(place, true);
        Some(*record)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the place of the record with this id, of any account.
    pub(crate) fn place(&self, id: &str) -> Option<u64> {
        let hash = self.index.hasher.hash_one(id);
        let is_meant = |&(other, place): &(u64, u64)| other == hash && self.at(place).is_some_and(|it| it.id() == id);
        self.by_id.find(hash, is_meant).map(|&(_, place)| place)
    }

    /// Returns the record at a place.
    pub(crate) fn at(&self, place: u64) -> Option<&T> {
        self.all.get(&place).map(|record| &**record)
    }

    /// Returns the record with this id, of any account.
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.at(self.place(id)?)
    }

    /// Returns the record with this id, if it is of this account.
    pub(crate) fn get_of(&self, id: &str, account: Option<&str>) -> Option<&T> {
        self.get(id).filter(|record| record.account() == account)
    }

    /// Returns the record that a path names.
    pub(crate) fn find(&self, id: &str, account: Option<&str>) -> Result<&T, Refusal> {
        self.get_of(id, account).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))
    }

    /// Returns the place of the record that a path names.
    pub(crate) fn find_place(&self, id: &str, account: Option<&str>) -> Result<u64, Refusal> {
        let is_own = |place: &u64| self.at(*place).is_some_and(|record| record.account() == account);
        self.place(id).filter(is_own).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))
    }

    /// Returns the record at a place, to be changed.
    pub(crate) fn edit(&mut self, place: u64) -> Option<Edit<'_, T>> {
        if !self.all.contains_key(&place) {
            return None;
        }
        self.note(place, false);
        let record = self.all.get_mut(&place)?;
        let before = self.index.sets(&**record);
        Some(Edit { record, place, before, index: &mut self.index })
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.all.values().map(|record| &**record)
    }

    /// Returns the places of the records of an account, the oldest first.
    pub(crate) fn of(&self, account: Option<&str>) -> impl Iterator<Item = u64> {
        let places = self.index.all(self.index.of_account(account));
        places.filter(move |place| self.at(*place).is_some_and(|record| record.account() == account))
    }

    /// Returns the places of the records that have a value in a field, the oldest first.
    pub(crate) fn having<'a>(
        &'a self,
        account: Option<&'a str>,
        field: &'static str,
        value: &'a str,
    ) -> impl DoubleEndedIterator<Item = u64> + 'a {
        let places = self.index.all(self.index.of_field(account, field, value));
        places.filter(move |place| {
            self.at(*place).is_some_and(|record| record.account() == account && has(record, field, |it| it == value))
        })
    }

    /// Returns one page of an account's records, newest first, and whether there is more beyond it.
    pub(crate) fn page(&self, page: &Page, account: Option<&str>) -> Result<(Vec<&T>, bool), Refusal> {
        let place = |param: &str, id: &str| {
            let place = self.place(id).filter(|place| self.at(*place).is_some_and(|it| it.account() == account));
            place.ok_or_else(|| Refusal::no_such(param, T::NAME, id))
        };
        let mut places = self.made_within(page.created);
        if let Some(after) = &page.starting_after {
            places.end = places.end.min(place("starting_after", after)?);
        }
        if let Some(before) = &page.ending_before {
            places.start = places.start.max(place("ending_before", before)? + 1);
        }
        let is_upward = page.ending_before.is_some();
        let groups = self.groups(&page.filters, account);
        let mut records = Vec::new();
        while records.len() <= page.limit
            && let Some(place) = self.next(&groups, &places, is_upward)
        {
            if is_upward {
                places.start = place + 1;
            } else {
                places.end = place;
            }
            // Hashes can be equal by chance.
            records.extend(self.at(place).filter(|record| is_meant(*record, &page.filters, account)));
        }
        let has_more = records.len() > page.limit;
        records.truncate(page.limit);
        if is_upward {
            records.reverse();
        }
        Ok((records, has_more))
    }

    /// Returns the sets, one of each group of which a record has to be in.
    fn groups(&self, filters: &[Filter], account: Option<&str>) -> Vec<Vec<u64>> {
        if filters.is_empty() {
            return vec![vec![self.index.of_account(account)]];
        }
        let set = |field, value: &String| self.index.of_field(account, field, value);
        filters.iter().map(|filter| filter.values.iter().map(|value| set(filter.field, value)).collect()).collect()
    }

    /// Returns the last one of these places that is in a set of each group, or the first one.
    ///
    /// Each group in turn leads to its next place from where the one before has led to. So this takes no more steps than
    /// the smallest group has places.
    fn next(&self, groups: &[Vec<u64>], places: &Range<u64>, is_upward: bool) -> Option<u64> {
        if places.is_empty() {
            return None;
        }
        let mut place = if is_upward { places.start } else { places.end - 1 };
        let mut agreed = 0;
        for group in groups.iter().cycle() {
            let next = if is_upward {
                group.iter().filter_map(|&set| self.index.within(set, place..places.end).next()).min()?
            } else {
                group.iter().filter_map(|&set| self.index.within(set, places.start..place + 1).next_back()).max()?
            };
            agreed = if next == place { agreed + 1 } else { 1 };
            place = next;
            if agreed == groups.len() {
                return Some(place);
            }
        }
        None
    }

    /// Returns the places of what was made from the first to the last of these seconds.
    fn made_within(&self, (first, last): (i64, i64)) -> Range<u64> {
        let start = if first == i64::MIN { 0 } else { self.first_with(|created| created >= first) };
        let end = if last == i64::MAX { self.made } else { self.first_with(|created| created > last) };
        start..end
    }

    /// Returns the first place from which on all records were made in such seconds.
    fn first_with(&self, is_such: impl Fn(i64) -> bool) -> u64 {
        let (mut start, mut end) = (self.all.keys().next().copied().unwrap_or(self.made), self.made);
        while start < end {
            let middle = start + (end - start) / 2;
            match self.all.range(middle..end).next() {
                Some((&place, record)) if !is_such(record.created().as_secs()) => start = place + 1,
                _ => end = middle,
            }
        }
        start
    }

    /// Moves the changes since this was last called to the end of a list.
    pub(crate) fn take_changes(&mut self, into: &mut Vec<Change>) {
        into.append(&mut self.changes);
    }

    fn note(&mut self, place: u64, is_removal: bool) {
        let change = Change { kind: T::KIND, place, is_removal };
        if self.changes.last() != Some(&change) {
            self.changes.push(change);
        }
    }
}

/// Whether a record has such a value in a field.
fn has(record: &impl Record, field: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    let mut has = false;
    record.fields(&mut |other, value| has |= other == field && is_meant(value));
    has
}

/// Whether a record is of an account, and has one of the values of each filter.
fn is_meant(record: &impl Record, filters: &[Filter], account: Option<&str>) -> bool {
    let passes = |filter: &Filter| has(record, filter.field, |value| filter.values.iter().any(|it| it == value));
    record.account() == account && filters.iter().all(passes)
}

/// A record that is being changed.
pub(crate) struct Edit<'a, T: Record> {
    record: &'a mut T,
    place: u64,
    /// The sets that it belonged to.
    before: Vec<u64>,
    index: &'a mut Index,
}

impl<T: Record> Deref for Edit<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.record
    }
}

impl<T: Record> DerefMut for Edit<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.record
    }
}

impl<T: Record> Drop for Edit<'_, T> {
    fn drop(&mut self) {
        let after = self.index.sets(self.record);
        if after != self.before {
            self.index.remove(&self.before, self.place);
            self.index.add(&after, self.place);
        }
    }
}

#[cfg(test)]
mod tests;
