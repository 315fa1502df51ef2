//! Runs a contestant. Prints the number of rounds that failed, and the peak of the memory.

use std::fs;

use stripe_identity_bench::{Failure, prepare};

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (mut round, rounds) = prepare(&arguments)?;
    let failed = (0..rounds).filter(|_| round().is_err()).count();
    println!("{failed} {}", peak_memory());
    Ok(())
}

/// Returns the peak of the resident memory in kB, or 0 on a system other than Linux.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.and_then(|peak| peak.parse().ok()).unwrap_or_default()
}
