//! The contestants of `cargo xtask bench`. Each program of this package runs one task of one contestant, so that
//! nothing else is counted.
//!
//! - `bare` makes calls by hand over bare hyper, and drops the responses.
//! - `base` makes them by hand and parses the responses, as a careful user would.
//! - `ours` is this workspace.

mod by_hand;
pub mod canned;
mod ours;
mod round;

pub use round::{Failure, Round};

/// Prepares a contestant for a task: `[contestant, task, rounds, port]`, with the port of a server. Returns the round,
/// and the number of times to run it.
pub fn prepare(arguments: &[String]) -> Result<(Round, u32), Failure> {
    let [contestant, task, rounds, port] = arguments else {
        return Err("usage: CONTESTANT TASK ROUNDS PORT".into());
    };
    let url = format!("http://127.0.0.1:{port}");
    let round = match contestant.as_str() {
        "bare" => by_hand::call(task, &url, by_hand::Reply::Dropped),
        "base" => by_hand::round(task, &url),
        "ours" => ours::round(task, &url),
        _ => Ok(None),
    };
    let round = round?.ok_or_else(|| format!("{contestant} has no task {task}"))?;
    Ok((round, rounds.parse()?))
}
