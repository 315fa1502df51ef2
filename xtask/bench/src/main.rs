//! The contestants of `cargo xtask bench`, each in a process of its own, so that callgrind and the
//! counting allocator see one of them alone.
//!
//! - `serve` responds with canned JSON on a port that it prints.
//! - `CONTESTANT OPERATION CALLS PORT` makes that many calls, one after the other, and prints how many
//!   allocations the last of them made.

mod by_hand;
mod measure;
mod ours;
mod server;

use by_hand::Reply;
use measure::Failure;

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
