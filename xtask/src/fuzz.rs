//! Gives the targets of `xtask/fuzz` the inputs of a fuzzer.

use std::fs;
use std::path::Path;

use crate::command::{Failure, WORKSPACE, cargo, step};

/// How long each target is fuzzed, in seconds, unless said otherwise.
const SECONDS: u32 = 60;

/// `[TARGET] [SECONDS]`
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (seconds, names): (Vec<_>, Vec<_>) = arguments.iter().partition(|argument| argument.parse::<u32>().is_ok());
    let seconds = seconds.first().map_or(Ok(SECONDS), |seconds| seconds.parse())?;
    let folder = Path::new(WORKSPACE).join("xtask/fuzz");
    let mut targets = Vec::new();
    for entry in fs::read_dir(folder.join("corpus"))? {
        targets.push(entry?.file_name().to_string_lossy().into_owned());
    }
    targets.sort();
    if let Some(unknown) = names.iter().find(|name| !targets.contains(name)) {
        return Err(format!("there is no target {unknown}; there are {}", targets.join(", ")).into());
    }
    for target in targets.iter().filter(|target| names.is_empty() || names.contains(target)) {
        // The fuzzer writes what it finds to the first folder, and only reads the second.
        let found = Path::new(WORKSPACE).join("target/fuzz").join(target);
        fs::create_dir_all(&found)?;
        let mut fuzz = cargo(["fuzz", "run", "--fuzz-dir"]);
        fuzz.arg(folder.join("libfuzzer")).arg("any").arg(&found).arg(folder.join("corpus").join(target));
        fuzz.args(["--", "-timeout=20", "-rss_limit_mb=2048", &format!("-max_total_time={seconds}")]);
        // A stable compiler then takes the options that the sanitizer needs.
        fuzz.env("FUZZ_TARGET", target).env("RUSTC_BOOTSTRAP", "1");
        step(fuzz)?;
    }
    Ok(())
}
