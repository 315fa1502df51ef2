//! Where records are kept, and what changes about them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use crate::refusal::Refusal;
use crate::world::page::Page;

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
}

/// A record that was put or removed. With the record as it is now, that is all that a copy of a world must learn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) is_removal: bool,
}

/// Records of one kind in the order in which they were made. Notes each change.
#[derive(Debug)]
pub(crate) struct Store<T> {
    /// The oldest first, by how many were made before.
    all: BTreeMap<u64, T>,
    by_id: HashMap<String, u64>,
    made: u64,
    changes: Vec<Change>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), by_id: HashMap::new(), made: 0, changes: Vec::new() }
    }
}

impl<T: Record> Store<T> {
    pub(crate) fn insert(&mut self, record: T) {
        self.note(record.id().to_owned(), false);
        self.by_id.insert(record.id().to_owned(), self.made);
        self.all.insert(self.made, record);
        self.made += 1;
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let record = self.by_id.remove(id).and_then(|place| self.all.remove(&place))?;
        self.note(id.to_owned(), true);
        Some(record)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the record with this id, of any account.
    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.by_id.get(id).and_then(|place| self.all.get(place))
    }

    /// Returns the record with this id, if it is of this account.
    pub(crate) fn get_of(&self, id: &str, account: Option<&str>) -> Option<&T> {
        self.get(id).filter(|record| record.account() == account)
    }

    /// Returns the record that a path names.
    pub(crate) fn find(&self, id: &str, account: Option<&str>) -> Result<&T, Refusal> {
        self.get_of(id, account).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))
    }

    /// Returns the record with this id, of any account, to be changed.
    pub(crate) fn edit(&mut self, id: &str) -> Option<&mut T> {
        let place = *self.by_id.get(id)?;
        self.note(id.to_owned(), false);
        self.all.get_mut(&place)
    }

    /// The oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.all.values()
    }

    /// Moves the changes since this was last called to the end of a list.
    pub(crate) fn take_changes(&mut self, into: &mut Vec<Change>) {
        into.append(&mut self.changes);
    }

    fn note(&mut self, id: String, is_removal: bool) {
        let change = Change { kind: T::KIND, id, is_removal };
        if self.changes.last() != Some(&change) {
            self.changes.push(change);
        }
    }

    /// Returns one page of an account's records, newest first, and whether there is more beyond it.
    pub(crate) fn page(
        &self,
        page: &Page,
        account: Option<&str>,
        is_meant: impl Fn(&T) -> bool,
    ) -> Result<(Vec<&T>, bool), Refusal> {
        let place = |param: &str, id: &str| {
            let record = self.get_of(id, account).and_then(|_| self.by_id.get(id));
            record.copied().ok_or_else(|| Refusal::no_such(param, T::NAME, id))
        };
        let records = match (&page.starting_after, &page.ending_before) {
            (_, Some(before)) => self.all.range((Bound::Excluded(place("ending_before", before)?), Bound::Unbounded)),
            (Some(after), None) => self.all.range(..place("starting_after", after)?),
            (None, None) => self.all.range(..),
        };
        let records = records.map(|(_, record)| record);
        let is_meant = |record: &&T| record.account() == account && is_meant(record);
        let limit_and_one = page.limit.saturating_add(1);
        let mut records: Vec<&T> = if page.ending_before.is_some() {
            records.filter(is_meant).take(limit_and_one).collect()
        } else {
            records.rev().filter(is_meant).take(limit_and_one).collect()
        };
        let has_more = records.len() > page.limit;
        records.truncate(page.limit);
        if page.ending_before.is_some() {
            records.reverse();
        }
        Ok((records, has_more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(&'static str);

    impl Record for Thing {
        const KIND: &'static str = "thing";
        const NAME: &'static str = "thing";
        const PARAM: &'static str = "thing";

        fn id(&self) -> &str {
            self.0
        }

        fn account(&self) -> Option<&str> {
            None
        }
    }

    #[test]
    fn each_change_is_noted_once() {
        let mut store = Store::default();
        let changes = |store: &mut Store<Thing>| {
            let mut changes = Vec::new();
            store.take_changes(&mut changes);
            changes.into_iter().map(|change| (change.id, change.is_removal)).collect::<Vec<_>>()
        };
        store.insert(Thing("a"));
        store.insert(Thing("b"));
        store.edit("b");
        assert_eq!(changes(&mut store), [("a".to_owned(), false), ("b".to_owned(), false)]);
        assert!(store.edit("c").is_none() && store.remove("c").is_none() && store.get("a").is_some());
        assert_eq!(changes(&mut store), []);
        assert!(store.remove("a").is_some() && store.get("a").is_none());
        assert_eq!((changes(&mut store), store.len()), (vec![("a".to_owned(), true)], 1));
    }
}
