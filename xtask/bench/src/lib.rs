//! What `cargo xtask bench` measures. The programs of this package run one contestant at one task, each in
//! a process of its own, so that nothing else is counted.
//!
//! - `bare` makes calls by hand over bare hyper, and drops the responses.
//! - `base` makes them by hand and parses the responses, as a careful user would.
//! - `ours` is this workspace.

mod by_hand;
pub mod canned;
mod ours;

use std::error::Error;
use std::hint::black_box;

/// Why a contestant failed.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One round of a task.
pub type Round = Box<dyn FnMut() -> Result<(), Failure>>;

/// Prepares a contestant for a task: `[contestant, task, rounds, port]` of a server. Returns one round, and how often
/// it is to be run.
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

/// Makes a round of a function. What it returns is dropped within the round.
fn synchronous<T>(mut work: impl FnMut() -> Result<T, Failure> + 'static) -> Round {
    Box::new(move || work().map(|result| drop(black_box(result))))
}

/// Makes a round of a call.
fn calls<T>(mut call: impl AsyncFnMut() -> Result<T, Failure> + 'static) -> Result<Round, Failure> {
    // One thread, so that what is counted is all of the call.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(synchronous(move || runtime.block_on(call())))
}
