//! The pagination parameters of lists.

use stripe_identity_core::types::Patch;

use crate::form::Form;
use crate::refusal::Refusal;

/// A page of a list: its cursors, its limit, and the conditions on its records.
#[derive(Debug)]
pub(crate) struct Page {
    /// The first and the last second in which the records may have been created.
    pub(super) created: (i64, i64),
    pub(super) filters: Vec<Filter>,
    pub(crate) starting_after: Option<String>,
    pub(crate) ending_before: Option<String>,
    pub(crate) limit: usize,
}

/// A condition on a field: its value is one of `values`.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) field: &'static str,
    pub(super) values: Vec<String>,
}

impl Page {
    /// Parses the parameters of a list that can be filtered by time.
    pub(crate) fn parse(form: &mut Form) -> Result<Self, Refusal> {
        let created = created(form)?;
        Ok(Self { created, ..Self::parse_cursors(form)? })
    }

    /// Parses the parameters that all lists have.
    pub(crate) fn parse_cursors(form: &mut Form) -> Result<Self, Refusal> {
        let starting_after = form.text("starting_after")?;
        let ending_before = form.text("ending_before")?;
        if starting_after.is_some() && ending_before.is_some() {
            return Err(Refusal::exclusive("starting_after", "ending_before"));
        }
        match usize::try_from(form.integer("limit")?.unwrap_or(10)) {
            Ok(limit @ 1..=100) => {
                Ok(Self { created: ALWAYS, filters: Vec::new(), starting_after, ending_before, limit })
            }
            _ => Err(Refusal::invalid("limit", "Invalid limit: must be from 1 to 100")),
        }
    }

    /// Selects the records with this value in a field. Does nothing without a value.
    pub(crate) fn only(&mut self, field: &'static str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.only_any(field, vec![value.as_ref().to_owned()]);
        }
    }

    /// Selects the records with one of these values in a field.
    pub(crate) fn only_any(&mut self, field: &'static str, values: Vec<String>) {
        self.filters.push(Filter { field, values });
    }
}

const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

fn created(form: &mut Form) -> Result<(i64, i64), Refusal> {
    if !form.has_fields("created") {
        return Ok(form.integer("created")?.map_or(ALWAYS, |second| (second, second)));
    }
    let Patch::Set(mut bounds) = form.object("created")? else { return Ok(ALWAYS) };
    let mut bound = |name, otherwise| Ok::<_, Refusal>(bounds.integer(name)?.unwrap_or(otherwise));
    let (after, first) = (bound("gt", i64::MIN)?, bound("gte", i64::MIN)?);
    let (before, last) = (bound("lt", i64::MAX)?, bound("lte", i64::MAX)?);
    bounds.finish()?;
    // No record was created in the first or the last second of the range of `i64`.
    Ok((first.max(after.saturating_add(1)), last.min(before.saturating_sub(1))))
}
