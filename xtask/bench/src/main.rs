//! The contestants of `cargo xtask bench`, each in a process of its own, so that callgrind and the
//! counting allocator see one of them alone.
//!
//! - `serve` responds with canned JSON on a port that it prints.
//! - `CONTESTANT OPERATION CALLS PORT` makes that many calls, one after the other, and prints how many
//!   allocations the last of them made.

mod by_hand;
mod ours;
mod server;

use std::error::Error;
use std::future::Future;

use by_hand::Reply;

type Failure = Box<dyn Error + Send + Sync>;

/// Makes calls one after the other. Returns the allocations of the last one, when all pools are
/// filled.
fn repeat<F, T>(calls: u32, mut call: impl FnMut() -> F) -> Result<u64, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    // One thread, so that the counts are those of the calls.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut allocations, mut outcome) = (0, Ok(()));
    for _ in 0..calls {
        let info = allocation_counter::measure(|| outcome = runtime.block_on(call()).map(drop));
        allocations = info.count_total;
        std::mem::replace(&mut outcome, Ok(()))?;
    }
    Ok(allocations)
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => server::serve()?,
        [contestant, operation, calls, port] => {
            let (calls, url) = (calls.parse()?, format!("http://127.0.0.1:{port}"));
            let allocations = match contestant {
                "bare" => by_hand::run(operation, calls, &url, Reply::Dropped)?,
                "base" => by_hand::run(operation, calls, &url, Reply::Parsed)?,
                "ours" => ours::run(operation, calls, &url)?,
                other => return Err(format!("{other} is not a contestant: it must be bare, base or ours").into()),
            };
            println!("{allocations}");
        }
        _ => return Err("usage: serve, or CONTESTANT OPERATION CALLS PORT".into()),
    }
    Ok(())
}
