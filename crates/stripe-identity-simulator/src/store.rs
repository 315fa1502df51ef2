use std::collections::HashMap;

use stripe_identity_core::types::{CreatedFilter, Patch, Timestamp};

use crate::form::Form;
use crate::refusal::Refusal;

/// Something that is kept: it has an id, belongs to an account, and was made at some time.
pub(crate) trait Record {
    /// What messages call it.
    const NAME: &'static str;
    /// The name of the path parameter that is its id.
    const PARAM: &'static str;

    fn id(&self) -> &str;
    fn account(&self) -> Option<&str>;
}

/// Records in the order in which they were made.
#[derive(Debug)]
pub(crate) struct Store<T> {
    /// The oldest first.
    all: Vec<T>,
    by_id: HashMap<String, usize>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self { all: Vec::new(), by_id: HashMap::new() }
    }
}

impl<T: Record> Store<T> {
    pub(crate) fn insert(&mut self, record: T) -> &mut T {
        let index = self.all.len();
        self.by_id.insert(record.id().to_owned(), index);
        self.all.push(record);
        &mut self.all[index]
    }

    /// The record with this id, whoever's it is.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.by_id.get(id).map(|&index| &mut self.all[index])
    }

    /// The record with this id, if it is this account's.
    pub(crate) fn get(&self, id: &str, account: Option<&str>) -> Option<&T> {
        self.index(id, account).map(|index| &self.all[index])
    }

    /// The record that a path names.
    pub(crate) fn find(&self, id: &str, account: Option<&str>) -> Result<&T, Refusal> {
        self.get(id, account).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))
    }

    /// The record that a path names, to change.
    pub(crate) fn find_mut(&mut self, id: &str, account: Option<&str>) -> Result<&mut T, Refusal> {
        let index = self.index(id, account).ok_or_else(|| Refusal::not_found(T::PARAM, T::NAME, id))?;
        Ok(&mut self.all[index])
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.all.iter_mut()
    }

    /// The oldest first.
    pub(crate) fn oldest(&self) -> impl ExactSizeIterator<Item = &T> {
        self.all.iter()
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &T> {
        self.all.iter().rev()
    }

    fn index(&self, id: &str, account: Option<&str>) -> Option<usize> {
        self.by_id.get(id).copied().filter(|&index| self.all[index].account() == account)
    }

    /// One page of an account's records, newest first, and whether there is more beyond it.
    pub(crate) fn page(
        &self,
        page: &Page,
        account: Option<&str>,
        is_meant: impl Fn(&T) -> bool,
    ) -> Result<(Vec<&T>, bool), Refusal> {
        let index_of =
            |param: &str, id: &str| self.index(id, account).ok_or_else(|| Refusal::no_such(param, T::NAME, id));
        let is_meant = |&record: &&T| record.account() == account && is_meant(record);
        let limit_and_one = page.limit.saturating_add(1);
        let mut records: Vec<&T> = match (&page.starting_after, &page.ending_before) {
            (_, Some(before)) => {
                let newer = &self.all[index_of("ending_before", before)?.saturating_add(1)..];
                newer.iter().filter(is_meant).take(limit_and_one).collect()
            }
            (Some(after), None) => {
                let older = &self.all[..index_of("starting_after", after)?];
                older.iter().rev().filter(is_meant).take(limit_and_one).collect()
            }
            (None, None) => self.all.iter().rev().filter(is_meant).take(limit_and_one).collect(),
        };
        let has_more = records.len() > page.limit;
        records.truncate(page.limit);
        if page.ending_before.is_some() {
            records.reverse();
        }
        Ok((records, has_more))
    }
}

/// Which page of a list, and when its records were made.
#[derive(Debug)]
pub(crate) struct Page {
    created: Option<CreatedFilter>,
    starting_after: Option<String>,
    ending_before: Option<String>,
    limit: usize,
}

impl Page {
    /// Reads the parameters that all lists have.
    pub(crate) fn parse(form: &mut Form) -> Result<Self, Refusal> {
        let created = created(form)?;
        let starting_after = form.text("starting_after")?;
        let ending_before = form.text("ending_before")?;
        if starting_after.is_some() && ending_before.is_some() {
            return Err(Refusal::exclusive("starting_after", "ending_before"));
        }
        match usize::try_from(form.integer("limit")?.unwrap_or(10)) {
            Ok(limit @ 1..=100) => Ok(Self { created, starting_after, ending_before, limit }),
            _ => Err(Refusal::invalid("limit", "Invalid limit: must be from 1 to 100")),
        }
    }

    pub(crate) fn is_created(&self, time: Timestamp) -> bool {
        self.created.is_none_or(|created| created.contains(time))
    }
}

type Bound = fn(CreatedFilter, Timestamp) -> CreatedFilter;

const BOUNDS: [(&str, Bound); 4] =
    [("gt", CreatedFilter::gt), ("gte", CreatedFilter::gte), ("lt", CreatedFilter::lt), ("lte", CreatedFilter::lte)];

fn created(form: &mut Form) -> Result<Option<CreatedFilter>, Refusal> {
    if !form.has_fields("created") {
        return Ok(form.integer("created")?.map(|seconds| CreatedFilter::at(Timestamp::from_secs(seconds))));
    }
    let Patch::Set(mut bounds) = form.object("created")? else { return Ok(None) };
    let mut filter = CreatedFilter::new();
    for (name, set) in BOUNDS {
        if let Some(seconds) = bounds.integer(name)? {
            filter = set(filter, Timestamp::from_secs(seconds));
        }
    }
    bounds.finish()?;
    Ok(Some(filter))
}
