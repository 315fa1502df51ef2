//! Measures CPU time, as ratios only.

use std::fs;

use crate::command::Failure;

/// Returns the median of the ratios of CPU time over some rounds. Ours and the base run in alternating order, so that
/// other load on the machine affects both.
pub(super) fn ratio(
    rounds: usize,
    mut ours: impl FnMut() -> Result<(), Failure>,
    mut base: impl FnMut() -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let (ours, base) = if round % 2 == 0 {
            let base = of(&mut base)?;
            (of(&mut ours)?, base)
        } else {
            (of(&mut ours)?, of(&mut base)?)
        };
        ratios.push(ours / base);
    }
    ratios.sort_by(f64::total_cmp);
    ratios.get(rounds / 2).copied().ok_or_else(|| "there are no rounds".into())
}

/// Returns the CPU time of the processes that a function starts and waits for, in clock ticks.
fn of(run: &mut dyn FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let before = of_children()?;
    run()?;
    Ok(of_children()? - before)
}

/// Returns the user and system time of all child processes that have ended, and of their children.
fn of_children() -> Result<f64, Failure> {
    let stat =
        fs::read_to_string("/proc/self/stat").map_err(|error| format!("CPU time is measured on Linux: {error}"))?;
    // The second field, the name of the program, may contain spaces. The 16th and the 17th are wanted.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    match fields.get(13..15) {
        Some([user, system]) => Ok(user.parse::<f64>()? + system.parse::<f64>()?),
        _ => Err("/proc/self/stat has an unknown format".into()),
    }
}
