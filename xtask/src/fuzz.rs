//! Runs the targets of `xtask/fuzz` under a fuzzer.

use std::fs;
use std::path::Path;

use crate::command::{Failure, WORKSPACE, cargo, step};

/// How long each target is fuzzed by default, in seconds.
const SECONDS: u32 = 60;

/// Fuzzes one target or all of them: `[TARGET] [SECONDS]`.
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
        return Err(format!("there is no target {unknown}: it must be one of {}", targets.join(", ")).into());
    }
    for target in targets.iter().filter(|target| names.is_empty() || names.contains(target)) {
        // The fuzzer writes new inputs to the first folder, and only reads the second.
        let found = Path::new(WORKSPACE).join("target/fuzz").join(target);
        fs::create_dir_all(&found)?;
        let mut fuzz = cargo(["fuzz", "run", "--fuzz-dir"]);
        fuzz.arg(folder.join("libfuzzer")).arg("any").arg(&found).arg(folder.join("corpus").join(target));
        fuzz.args(["--", "-timeout=20", "-rss_limit_mb=2048", &format!("-max_total_time={seconds}")]);
        // With this, a stable compiler accepts the options that the sanitizer needs.
        fuzz.env("FUZZ_TARGET", target).env("RUSTC_BOOTSTRAP", "1");
        step(fuzz)?;
    }
    Ok(())
}
