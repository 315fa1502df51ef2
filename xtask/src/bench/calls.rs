//! Measures whole calls.

use super::contestants::Contestants;
use super::table::{against, count, not_measured};
use crate::command::Failure;

/// Each call, the task that only parses its response, and the bars of instructions and allocations.
const CALLS: [(&str, &str, f64, u32); 3] =
    [("create", "parse_created", 1.25, 33), ("retrieve", "parse_verified", 1.03, 19), ("list", "parse_list", 0.97, 18)];

/// Measures calls over hyper, against calls by hand.
pub(super) fn rows(contestants: &Contestants) -> Result<(), Failure> {
    for (call, parse, instructions_bar, allocations_bar) in CALLS {
        let cost = |contestant| contestants.cost(contestant, call);
        let (hyper, base, ours) = (cost("bare")?, cost("base")?, cost("ours")?);
        let beyond_hyper = ours - contestants.cost("ours", parse)? - hyper;
        against(&format!("{call}: instructions"), instructions_bar, ours.instructions, base.instructions);
        let what = format!("{call}: allocations beyond bare hyper's, without parsing");
        count(&what, allocations_bar, beyond_hyper.allocations);
    }
    Ok(())
}

/// Measures calls over ureq, on a kept connection.
pub(super) fn blocking_rows(contestants: &Contestants) -> Result<(), Failure> {
    let (threads, all) = ("blocking create: threads started", "blocking create: system calls");
    if let Some(calls) = contestants.system_calls("create_blocking")? {
        count(threads, 0, calls.threads);
        count(all, 16, calls.all);
    } else {
        not_measured(threads, 0, "strace is not installed");
        not_measured(all, 16, "strace is not installed");
    }
    Ok(())
}
