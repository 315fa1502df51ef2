//! Prints the cost of a state file, in microseconds a line: a create without a file, with one, and with one under full
//! durability; a start with `SESSIONS` created sessions in the file, and with `SESSIONS` verified ones.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stripe_identity_bench_simulator::{Failure, create};
use stripe_identity_simulator::{Durability, Outcome, Plan, Simulator, StateFile};

const CREATES: u64 = 2000;
const STARTS: usize = 5;

fn main() -> Result<(), Failure> {
    let sessions = std::env::args().nth(1).ok_or("usage: SESSIONS")?.parse()?;
    print(creates(&Simulator::new(), CREATES)?);
    for durability in [Durability::Process, Durability::Full] {
        let folder = Folder::new()?;
        print(creates(&open(&folder.file(), durability)?, CREATES)?);
    }
    for plan in [None, Some(Plan::from(Outcome::Verified).every_session())] {
        let folder = Folder::new()?;
        let simulator = open(&folder.file(), Durability::Process)?;
        if let Some(plan) = plan {
            simulator.plan(plan);
        }
        creates(&simulator, sessions)?;
        simulator.advance(Duration::from_secs(1));
        drop(simulator);
        print(start(&folder.file())?);
    }
    Ok(())
}

fn print(duration: Duration) {
    println!("{}", duration.as_micros());
}

fn open(file: &Path, durability: Durability) -> Result<Simulator, Failure> {
    Ok(Simulator::builder().open(StateFile::new(file).durability(durability))?)
}

/// Returns the time of a create.
fn creates(simulator: &Simulator, count: u64) -> Result<Duration, Failure> {
    let start = Instant::now();
    for number in 0..count {
        create(simulator, "sk_test_a", number, None, "")?;
    }
    Ok(start.elapsed() / u32::try_from(count)?)
}

/// Returns the median time of a start.
fn start(file: &Path) -> Result<Duration, Failure> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let simulator = open(file, Durability::Process)?;
        times.push(start.elapsed());
        drop(simulator);
    }
    times.sort();
    Ok(times[STARTS / 2])
}

/// A temporary folder, which is removed on drop.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("stripe-identity-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn file(&self) -> PathBuf {
        self.0.join("state.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // If this fails, the system cleans its folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
