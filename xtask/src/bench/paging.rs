//! Measures that an item costs the same in a list of any length.

use super::contestants::Contestants;
use super::cpu;
use super::table::ratio;
use crate::command::Failure;

const FEW: u32 = 10_000;
const MANY: u32 = 200_000;

pub(super) fn rows(contestants: &Contestants) -> Result<(), Failure> {
    // Both walk over the same number of items: one in short lists, the other in one list.
    let short = |items| contestants.run("ours", "next_of_10000", items);
    let long = |items| contestants.run("ours", "next_of_200000", items);
    let cpu = cpu::ratio(9, || long(MANY).map(drop), || short(MANY).map(drop))?;
    ratio("page through 200,000 sessions: CPU an item, against 10,000", 1.1, cpu);
    let memory = f64::from(long(MANY)?) / f64::from(short(FEW)?);
    ratio("page through 200,000 sessions: peak memory, against 10,000", 1.1, memory);
    Ok(())
}
