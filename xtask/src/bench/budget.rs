//! Compares instructions and allocations with their budgets in `budget.json`.

use std::collections::BTreeMap;

use super::contestants::{Contestants, Cost};
use super::parts;
use super::table::grouped;
use crate::command::Failure;

/// The percentage by which a figure may exceed its budget, since compilers and dependencies differ a little.
const SLACK: u32 = 3;

pub(super) fn check(contestants: &Contestants) -> Result<(), Failure> {
    let budget: BTreeMap<String, Cost> = serde_json::from_str(include_str!("budget.json"))?;
    let mut exceeded = Vec::new();
    for (task, budget) in budget {
        let cost = match task.as_str() {
            "encode" => parts::encode(contestants)?,
            "webhook" => parts::webhook(contestants)?,
            _ => contestants.cost("ours", &task)?,
        };
        for (unit, measured, budget) in [
            ("instructions", cost.instructions, budget.instructions),
            ("allocations", cost.allocations, budget.allocations),
        ] {
            println!("{task}: {} {unit}, budget {}", grouped(measured), grouped(budget));
            exceeded.extend(excess(&format!("{task}: {unit}"), measured, budget));
        }
    }
    if exceeded.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} figures exceed their budgets:\n  {}\n\
        Lower them, or raise their budgets in xtask/src/bench/budget.json and give the reason in the commit.",
        exceeded.len(),
        exceeded.join("\n  "),
    )
    .into())
}

/// Describes by how much a figure exceeds its budget, or returns `None` if it does not.
fn excess(figure: &str, measured: u32, budget: u32) -> Option<String> {
    if 100 * u64::from(measured) <= u64::from(100 + SLACK) * u64::from(budget) {
        return None;
    }
    let percent = 100.0 * (f64::from(measured) / f64::from(budget) - 1.0);
    let (measured, budget) = (grouped(measured), grouped(budget));
    Some(format!("{figure}: {measured} is {percent:.1} % above the budget of {budget}; up to {SLACK} % passes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_that_exceeds_its_budget_by_more_than_the_slack_is_described() {
        assert_eq!(excess("a", 103, 100), None);
        assert_eq!(excess("a", 90, 100), None);
        assert!(excess("a", 104, 100).is_some());
        assert_eq!(
            excess("a: allocations", 1_050, 1_000).as_deref(),
            Some("a: allocations: 1,050 is 5.0 % above the budget of 1,000; up to 3 % passes")
        );
    }
}
