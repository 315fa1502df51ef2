//! Prints the number of allocations that a contestant makes in a round: the median, since the first rounds fill pools.
//!
//! A program of its own, because a counting allocator takes instructions.

use stripe_identity_bench::{Failure, prepare};

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (mut round, rounds) = prepare(&arguments)?;
    let mut allocations = Vec::new();
    for _ in 0..rounds {
        let mut result = Ok(());
        allocations.push(allocation_counter::measure(|| result = round()).count_total);
        result?;
    }
    allocations.sort_unstable();
    println!("{}", allocations.get(allocations.len() / 2).ok_or("ROUNDS must be at least 1")?);
    Ok(())
}
