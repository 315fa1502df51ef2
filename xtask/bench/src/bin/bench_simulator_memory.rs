//! Prints how many bytes a verified session takes, with all that comes of it: as they were allocated, and as the memory of
//! the process grew. It is a program of its own because an allocator that counts takes time.

use stripe_identity_bench::{Failure, simulator};
use stripe_identity_simulator::{Outcome, Simulator};

const SESSIONS: u32 = 20_000;

fn main() -> Result<(), Failure> {
    let simulator = Simulator::new();
    // What there is once, and what grows by doubling, is there before.
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
        let id = simulator::create(simulator, "sk_test_a", number.into(), None, "")?;
        simulator.submit(id, Outcome::Verified)?;
    }
    Ok(())
}

/// Returns the memory of this process, in bytes.
fn resident() -> Result<i64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("there is no VmRSS")?;
    Ok(1024 * line.trim().trim_end_matches(" kB").parse::<i64>()?)
}
