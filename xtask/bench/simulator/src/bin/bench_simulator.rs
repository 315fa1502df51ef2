//! Prints the time that operations of the simulator take in a world with few sessions and in one with many, in
//! nanoseconds: `FEW MANY`. The operations are [`ROWS`]. The first line is the CPU time of a session's life.

use stripe_identity_bench_simulator::{Failure, Held, ROWS, Row, cpu_of_life};

/// Each round measures both worlds.
const ROUNDS: usize = 41;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [few, many] = &arguments[..] else { return Err("usage: FEW MANY".into()) };
    println!("{:.0}", cpu_of_life()?);
    let (mut few, mut many) = (Held::fill(few.parse()?)?, Held::fill(many.parse()?)?);
    for row in ROWS {
        let (few, many) = medians(row, &mut few, &mut many)?;
        println!("{}\t{few:.0}\t{many:.0}", row.name);
    }
    Ok(())
}

fn medians(row: &Row, few: &mut Held, many: &mut Held) -> Result<(f64, f64), Failure> {
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_few.push(row.time(few)?);
        of_many.push(row.time(many)?);
    }
    Ok((median(of_few), median(of_many)))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
