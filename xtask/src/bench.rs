//! Measures what this workspace costs: instructions, allocations and system calls, which do not depend on the load of
//! the machine, and CPU time as a ratio to a base that runs alternately.

mod budget;
mod builds;
mod calls;
mod connections;
mod contestants;
mod cpu;
mod paging;
mod parts;
mod simulator;
mod table;

use crate::command::Failure;
use contestants::Contestants;

/// Measures the client, or the simulator: `[--ci | simulator]`. With `--ci`, measures only instructions and
/// allocations, and fails if a figure exceeds its budget.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => print(),
        ["--ci"] => {
            Contestants::build()?;
            budget::check(&Contestants::start(None)?)
        }
        ["simulator"] => simulator::print(),
        _ => Err("bench takes no arguments but --ci or simulator".into()),
    }
}

fn print() -> Result<(), Failure> {
    Contestants::build()?;
    let contestants = Contestants::start(None)?;
    table::head();
    calls::rows(&contestants)?;
    parts::rows(&contestants)?;
    calls::blocking_rows(&contestants)?;
    connections::rows()?;
    builds::rows()?;
    paging::rows(&contestants)?;
    parts::print_create(&contestants)
}
