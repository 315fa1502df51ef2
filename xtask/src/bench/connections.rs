//! Counts the connections that calls make.

use super::contestants::Contestants;
use super::table::count;
use crate::command::Failure;

pub(super) fn rows() -> Result<(), Failure> {
    count("connections of 220 creates in a row", 1, connections("create", 220)?);
    count("connections of 1,000 creates, 64 at once", 64, connections("create_1000_at_once", 1)?);
    let contestants = Contestants::start(Some(5))?;
    let failed = contestants.failures("create_after_idle", 20)?;
    if contestants.connections()? < 2 {
        return Err("the server must close connections, or no call can fail".into());
    }
    count("creates that fail, of 20, as the server closes each connection after 5 ms", 0, failed);
    Ok(())
}

fn connections(task: &str, rounds: u32) -> Result<u32, Failure> {
    let contestants = Contestants::start(None)?;
    contestants.run("ours", task, rounds)?;
    contestants.connections()
}
