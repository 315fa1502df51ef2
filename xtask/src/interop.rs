//! Drives the simulator with Stripe's own libraries, and keeps the table of the operations that they support.

mod operations;
mod record;
mod script;
mod table;
mod tool;

use std::thread;

use self::record::{Record, Records};
use self::tool::{TOOLS, Tool};
use crate::command::{Failure, WORKSPACE};
use crate::simulator::{self, Simulator};

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let writes = arguments.iter().any(|argument| argument == "--write");
    let names: Vec<_> = arguments.iter().filter(|argument| *argument != "--write").collect();
    let tools = chosen(&names)?;
    std::env::set_current_dir(WORKSPACE)?;
    simulator::build()?;
    for (index, tool) in tools.iter().enumerate() {
        if tools[..index].iter().all(|earlier| earlier.folder != tool.folder) {
            tool.install()?;
        }
    }

    // They spend most of their time waiting.
    let attempts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = tools.iter().map(|tool| scope.spawn(|| attempt(tool))).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut records = Records::read()?;
    let mut failed = Vec::new();
    for (tool, attempt) in tools.iter().zip(attempts) {
        match attempt.unwrap_or_else(|_| Err("the thread that runs it has panicked".to_owned())) {
            Ok(record) => records.insert(tool.name, record),
            Err(problem) => {
                eprintln!("{}: {problem}", tool.name);
                failed.push(tool.name);
            }
        }
    }
    print!("{}", table::render(&records));
    if !failed.is_empty() {
        return Err(format!("not as expected: {}", failed.join(", ")).into());
    }
    table::keep(&records, writes)
}

/// Returns the named tools, or the quick ones if none is named.
fn chosen(names: &[&String]) -> Result<Vec<&'static Tool>, Failure> {
    if names.is_empty() {
        return Ok(TOOLS.iter().filter(|tool| tool.is_quick).collect());
    }
    let find = |name: &&String| TOOLS.iter().find(|tool| tool.name == **name);
    names.iter().map(find).collect::<Option<_>>().ok_or_else(|| {
        let known: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
        format!("there is no such tool: it must be one of {}", known.join(", ")).into()
    })
}

/// Runs the script of a tool against a simulator of its own.
fn attempt(tool: &Tool) -> Result<Record, String> {
    let reports = Simulator::start().and_then(|simulator| script::run(tool.command()?, &simulator.url));
    Record::new(reports.map_err(|failure| failure.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_take_long_run_only_when_named() {
        let names = |tools: Vec<&Tool>| tools.iter().map(|tool| tool.name).collect::<Vec<_>>();
        assert!(!names(chosen(&[]).unwrap()).contains(&"async-stripe"));
        assert_eq!(names(chosen(&[&"async-stripe".to_owned()]).unwrap()), ["async-stripe"]);
        assert!(chosen(&[&"stripe-cobol".to_owned()]).is_err());
    }
}
