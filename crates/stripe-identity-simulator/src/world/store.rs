//! Stores of records, with an index to find them and the list of their changes.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::{Deref, DerefMut, Range};

use hashbrown::HashTable;
use serde::Serialize;
use stripe_identity_core::types::Timestamp;

use crate::refusal::Refusal;
use crate::world::notes::Notes;
use crate::world::page::{Filter, Page};
use crate::world::rows::{Kind, Row};

/// A record, which has an id and belongs to an account.
pub(crate) trait Record {
    /// The kind of its rows.
    const KIND: Kind;
    /// The name of the object in messages.
    const NAME: &'static str;
    /// The name of the path parameter with its id.
    const PARAM: &'static str;

    fn id(&self) -> &str;
    fn account(&self) -> Option<&str>;

    /// Returns the time at which it was created. Records of one kind are in the order of these times.
    fn created(&self) -> Timestamp;

    /// Sets the fields that a handwritten record may leave out. `now` is the world's time.
    fn complete(&mut self, _now: Timestamp) {}

    /// Calls a function with the name and the value of each field that lists can filter by.
    fn fields(&self, _each: &mut dyn FnMut(&'static str, &str)) {}
}

/// Returns the placeholder for a time that a handwritten record leaves out.
pub(crate) fn unknown_time() -> Timestamp {
    Timestamp::from_secs(i64::MIN)
}

/// Sets a time that was left out to the current one.
pub(crate) fn fill_time(time: &mut Timestamp, now: Timestamp) {
    if *time == unknown_time() {
        *time = now;
    }
}

/// The records of one kind. The place of a record is the number of records that were created before it.
#[derive(Debug)]
pub(crate) struct Store<T> {
    /// The records by their places, oldest first.
    all: BTreeMap<u64, Box<T>>,
    /// The hash of each id, with the place of its record.
    by_id: HashTable<(u64, u64)>,
    index: Index,
    made: u64,
    changes: Notes<u64>,
}

/// The index of the records by account and fields. For each account, and each combination of fields and values that a
/// record has, there is a set of places. One map holds all sets, under the hashes of their accounts, fields and values.
#[derive(Debug, Default)]
struct Index {
    hasher: RandomState,
    places: BTreeSet<(u64, u64)>,
    /// The entries of restored records that are not in `places` yet.
    restored: Vec<(u64, u64)>,
    /// The number of places that were looked at.
    #[cfg(test)]
    looks: std::cell::Cell<usize>,
}

impl Index {
    /// Returns the set of all records of an account.
    fn of(&self, account: Option<&str>) -> u64 {
        self.hasher.hash_one(account)
    }

    /// Returns the subset of a set whose records have a value in a field. The order of the fields does not matter.
    fn having(&self, set: u64, field: &str, value: &str) -> u64 {
        set.wrapping_add(self.hasher.hash_one((field, value)))
    }

    /// Returns the sets that a record belongs to.
    fn sets(&self, record: &impl Record) -> Vec<u64> {
        let mut sets = Vec::with_capacity(4);
        sets.push(self.of(record.account()));
        record.fields(&mut |field, value| {
            for index in 0..sets.len() {
                sets.push(self.having(sets[index], field, value));
            }
        });
        sets
    }

    /// Moves a place from the sets `before` to the sets `after`.
    fn change(&mut self, before: &[u64], after: &[u64], place: u64) {
        for set in before.iter().filter(|set| !after.contains(set)) {
            self.places.remove(&(*set, place));
        }
        for set in after.iter().filter(|set| !before.contains(set)) {
            self.places.insert((*set, place));
        }
    }

    /// Returns the places in a range that are in a set, in ascending order.
    fn within(&self, set: u64, places: Range<u64>) -> impl DoubleEndedIterator<Item = u64> {
        // A range must not end before it begins.
        let places = self.places.range((set, places.start)..(set, places.end.max(places.start)));
        #[cfg(test)]
        let places = places.inspect(|_| self.looks.set(self.looks.get() + 1));
        places.map(|&(_, place)| place)
    }

    /// Returns the places in a range that are in a set, in ascending order if `is_upward`, and descending otherwise.
    fn walk(&self, set: u64, places: Range<u64>, is_upward: bool) -> Box<dyn Iterator<Item = u64> + '_> {
        let places = self.within(set, places);
        if is_upward { Box::new(places) } else { Box::new(places.rev()) }
    }

    /// Returns all places in a set, in ascending order.
    fn all(&self, set: u64) -> impl DoubleEndedIterator<Item = u64> {
        self.within(set, 0..u64::MAX)
    }
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            by_id: HashTable::new(),
            index: Index::default(),
            made: 0,
            changes: Notes::default(),
        }
    }
}

impl<T: Record> Store<T> {
    /// Inserts a record, and returns its place.
    pub(crate) fn insert(&mut self, record: T) -> u64 {
        let place = self.made;
        self.made += 1;
        self.changes.add(place);
        let hash = self.index.hasher.hash_one(record.id());
        self.by_id.insert_unique(hash, (hash, place), |&(hash, _)| hash);
        let sets = self.index.sets(&record);
        self.index.change(&[], &sets, place);
        self.all.insert(place, Box::new(record));
        place
    }

    /// Restores a record at its place. Returns `false` if the place or the time is not after those of the records so
    /// far, or if the id exists already. After the last record, [`complete`](Self::complete) must be called.
    pub(crate) fn restore(&mut self, place: u64, record: T) -> bool {
        let last = self.all.last_key_value();
        let is_last = last.is_none_or(|(last, other)| *last < place && other.created() <= record.created());
        if is_last && place < u64::MAX && self.place(record.id()).is_none() {
            self.made = self.made.max(place + 1);
            let hash = self.index.hasher.hash_one(record.id());
            self.by_id.insert_unique(hash, (hash, place), |&(hash, _)| hash);
            let sets = self.index.sets(&record);
            self.index.restored.extend(sets.into_iter().map(|set| (set, place)));
            self.all.insert(place, Box::new(record));
            return true;
        }
        false
    }

    /// Adds the restored records to the index. This is much faster than adding each of them separately.
    pub(crate) fn complete(&mut self) {
        let restored = std::mem::take(&mut self.index.restored);
        self.index.places = restored.into_iter().chain(std::mem::take(&mut self.index.places)).collect();
    }

    /// Returns the number of records that were created, including removed ones.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// Sets the number of records that were created. A smaller number than the current one is ignored.
    pub(crate) fn set_made(&mut self, made: u64) {
        self.made = self.made.max(made);
    }

    pub(crate) fn changes(&mut self) -> &mut Notes<u64> {
        &mut self.changes
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = (u64, &T)> {
        self.all.iter().map(|(place, record)| (*place, &**record))
    }

    pub(crate) fn remove(&mut self, place: u64) -> Option<T> {
        let record = self.all.remove(&place)?;
        let hash = self.index.hasher.hash_one(record.id());
        if let Ok(entry) = self.by_id.find_entry(hash, |entry| *entry == (hash, place)) {
            entry.remove();
        }
        let sets = self.index.sets(&*record);
        self.index.change(&sets, &[], place);
        self.changes.add(place);
        Some(*record)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the place of the record with this id, of any account.
    pub(crate) fn place(&self, id: &str) -> Option<u64> {
        let hash = self.index.hasher.hash_one(id);
        let has_id = |&(other, place): &(u64, u64)| other == hash && self.at(place).is_some_and(|it| it.id() == id);
        self.by_id.find(hash, has_id).map(|&(_, place)| place)
    }

    /// Returns the record at a place.
    pub(crate) fn at(&self, place: u64) -> Option<&T> {
        self.all.get(&place).map(|record| &**record)
    }

    /// Returns the record with this id, of any account.
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.at(self.place(id)?)
    }

    /// Returns the record with this id, if it belongs to this account.
    pub(crate) fn get_of(&self, id: &str, account: Option<&str>) -> Option<&T> {
        self.get(id).filter(|record| record.account() == account)
    }

    /// Returns the record with the id in a path, or a refusal.
    pub(crate) fn find(&self, id: &str, account: Option<&str>) -> Result<&T, Refusal> {
        self.get_of(id, account).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))
    }

    /// Returns the place of the record with the id in a path, or a refusal.
    pub(crate) fn find_place(&self, id: &str, account: Option<&str>) -> Result<u64, Refusal> {
        let is_own = |place: &u64| self.at(*place).is_some_and(|record| record.account() == account);
        self.place(id).filter(is_own).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))
    }

    /// Returns the record at a place for a change.
    pub(crate) fn edit(&mut self, place: u64) -> Option<Edit<'_, T>> {
        if !self.all.contains_key(&place) {
            return None;
        }
        self.changes.add(place);
        let record = self.all.get_mut(&place)?;
        let before = self.index.sets(&**record);
        Some(Edit { record, place, before, index: &mut self.index })
    }

    /// Returns all records, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.all.values().map(|record| &**record)
    }

    /// Returns the records before a place, newest first.
    pub(crate) fn before(&self, place: u64) -> impl Iterator<Item = &T> {
        self.all.range(..place).rev().map(|(_, record)| &**record)
    }

    /// Returns the places of an account's records, oldest first.
    pub(crate) fn of(&self, account: Option<&str>) -> impl Iterator<Item = u64> {
        let places = self.index.all(self.index.of(account));
        places.filter(move |place| self.at(*place).is_some_and(|record| record.account() == account))
    }

    /// Returns the places of an account's records that have a value in a field, oldest first.
    pub(crate) fn having<'a>(
        &'a self,
        account: Option<&'a str>,
        field: &'static str,
        value: &'a str,
    ) -> impl DoubleEndedIterator<Item = u64> + 'a {
        let places = self.index.all(self.index.having(self.index.of(account), field, value));
        places.filter(move |place| {
            self.at(*place).is_some_and(|record| record.account() == account && has(record, field, |it| it == value))
        })
    }

    /// Returns one page of an account's records, newest first, and whether there are more beyond it.
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
        // Hashes may collide.
        let records = self.walk(&page.filters, account, places, is_upward).filter_map(|place| self.at(place));
        let records = records.filter(|record| passes_all(*record, &page.filters, account));
        let mut records: Vec<_> = records.take(page.limit.saturating_add(1)).collect();
        let has_more = records.len() > page.limit;
        records.truncate(page.limit);
        if is_upward {
            records.reverse();
        }
        Ok((records, has_more))
    }

    /// Returns the places in a range that pass all filters, in ascending order if `is_upward`, and descending
    /// otherwise.
    fn walk(
        &self,
        filters: &[Filter],
        account: Option<&str>,
        places: Range<u64>,
        is_upward: bool,
    ) -> impl Iterator<Item = u64> {
        // One set for each combination of values.
        let sets = filters.iter().fold(vec![self.index.of(account)], |sets, filter| {
            let having = |set| filter.values.iter().map(move |value| self.index.having(set, filter.field, value));
            sets.into_iter().flat_map(having).collect()
        });
        let mut walks: Vec<_> =
            sets.into_iter().map(|set| self.index.walk(set, places.clone(), is_upward).peekable()).collect();
        std::iter::from_fn(move || {
            let next = walks.iter_mut().filter_map(|walk| walk.peek().copied());
            let next = if is_upward { next.min() } else { next.max() }?;
            for walk in &mut walks {
                walk.next_if_eq(&next);
            }
            Some(next)
        })
    }

    /// Returns the places of the records that were created from the first to the last of these seconds.
    fn made_within(&self, (first, last): (i64, i64)) -> Range<u64> {
        let start = if first == i64::MIN { 0 } else { self.partition_point(|created| created >= first) };
        let end = if last == i64::MAX { self.made } else { self.partition_point(|created| created > last) };
        start..end
    }

    /// Returns the first place from which on the times of all records satisfy `is_after`, by a binary search.
    fn partition_point(&self, is_after: impl Fn(i64) -> bool) -> u64 {
        let (mut start, mut end) = (self.all.keys().next().copied().unwrap_or(self.made), self.made);
        while start < end {
            let middle = start + (end - start) / 2;
            match self.all.range(middle..end).next() {
                Some((&place, record)) if !is_after(record.created().as_secs()) => start = place + 1,
                _ => end = middle,
            }
        }
        start
    }
}

impl<T: Record + Serialize> Store<T> {
    /// Returns the row of the change at a place.
    pub(crate) fn changed(&self, place: u64) -> Row<'static> {
        self.at(place).map_or(Row::deleted(T::KIND, place), |record| Row::new(T::KIND, place, record))
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'static>> {
        self.all.iter().map(|(place, record)| Row::new(T::KIND, *place, record))
    }
}

/// Returns whether a record has a value in a field that satisfies `condition`.
fn has(record: &impl Record, field: &str, condition: impl Fn(&str) -> bool) -> bool {
    let mut has = false;
    record.fields(&mut |other, value| has |= other == field && condition(value));
    has
}

/// Returns whether a record belongs to an account and passes all filters.
fn passes_all(record: &impl Record, filters: &[Filter], account: Option<&str>) -> bool {
    let passes = |filter: &Filter| has(record, filter.field, |value| filter.values.iter().any(|it| it == value));
    record.account() == account && filters.iter().all(passes)
}

/// A record that is being changed. Dropping it updates the index.
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
        self.index.change(&self.before, &after, self.place);
    }
}

#[cfg(test)]
mod tests;
