//! The parameters that all lists have.

use stripe_identity_core::types::{CreatedFilter, Patch, Timestamp};

use crate::form::Form;
use crate::refusal::Refusal;

/// Which page of a list, and when its records were made.
#[derive(Debug)]
pub(crate) struct Page {
    created: Option<CreatedFilter>,
    pub(crate) starting_after: Option<String>,
    pub(crate) ending_before: Option<String>,
    pub(crate) limit: usize,
}

impl Page {
    /// Reads the parameters of a list that can be filtered by time.
    pub(crate) fn parse(form: &mut Form) -> Result<Self, Refusal> {
        let created = created(form)?;
        Ok(Self { created, ..Self::parse_cursors(form)? })
    }

    /// Reads the parameters that all lists have.
    pub(crate) fn parse_cursors(form: &mut Form) -> Result<Self, Refusal> {
        let starting_after = form.text("starting_after")?;
        let ending_before = form.text("ending_before")?;
        if starting_after.is_some() && ending_before.is_some() {
            return Err(Refusal::exclusive("starting_after", "ending_before"));
        }
        match usize::try_from(form.integer("limit")?.unwrap_or(10)) {
            Ok(limit @ 1..=100) => Ok(Self { created: None, starting_after, ending_before, limit }),
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
