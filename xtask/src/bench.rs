//! Measures what a call and a webhook cost, against the least that they take.

mod calls;
mod webhook;

use crate::command::Failure;

/// `[--ci]`: with it, only what does not depend on the load of the machine is measured, and a figure
/// beyond its budget is a failure.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            calls::print()?;
            webhook::print()
        }
        ["--ci"] => calls::gate(),
        _ => Err("bench takes no arguments but --ci".into()),
    }
}
