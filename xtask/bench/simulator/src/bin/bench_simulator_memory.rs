//! Prints the bytes that a verified session and its events take: those allocated, and those by which the process
//! grows. A program of its own, because a counting allocator takes time.

use stripe_identity_bench_simulator::{Failure, create};
use stripe_identity_simulator::{Outcome, Simulator};

const SESSIONS: u32 = 20_000;

fn main() -> Result<(), Failure> {
    let simulator = Simulator::new();
    // Allocations that are made once, and tables that grow by doubling, must not be counted.
    fill(&simulator, 0)?;
    let (resident, mut result) = (resident()?, Ok(()));
    let allocated = allocation_counter::measure(|| result = fill(&simulator, SESSIONS)).bytes_current;
    result?;
    let resident = self::resident()? - resident;
    println!("{} {}", allocated / i64::from(SESSIONS), resident / i64::from(SESSIONS));
    Ok(())
}

fn fill(simulator: &Simulator, first: u32) -> Result<(), Failure> {
    for number in first..first + SESSIONS {
        let id = create(simulator, "sk_test_a", number.into(), None, "")?;
        simulator.submit(id, Outcome::Verified)?;
    }
    Ok(())
}

/// Returns the memory of this process, in bytes.
fn resident() -> Result<i64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("/proc/self/status has no VmRSS")?;
    Ok(1024 * line.trim().trim_end_matches(" kB").parse::<i64>()?)
}
