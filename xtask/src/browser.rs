//! Walks the pages of the simulator in Chromium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Failure, WORKSPACE, cargo, step, target};

const PROGRAM: &str = "stripe-identity-simulator";
const LOCK: &str = "package-lock.json";

/// Runs all checks, or those whose name contains an argument. Leaves screenshots in `target/browser`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let ([] | [_]) = arguments else {
        return Err("too many arguments: expected at most one, a part of a check's name".into());
    };
    std::env::set_current_dir(WORKSPACE)?;
    let target = fs::canonicalize(target()).unwrap_or_else(|_| target());
    let folder = target.join("browser");
    let chromium = chromium()?;
    step(cargo(["build", "--package", PROGRAM, "--bin", PROGRAM]))?;
    install(&folder)?;
    let mut walk = Command::new("node");
    walk.arg("xtask/browser/walk.mjs").args(arguments);
    walk.env("SIMULATOR", target.join("debug").join(PROGRAM)).env("CHROMIUM", chromium).env("FOLDER", &folder);
    // Chromium and npm would write to the home folder.
    walk.env("HOME", folder.join("home")).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    step(walk)
}

/// Returns the path of Chromium.
fn chromium() -> Result<PathBuf, Failure> {
    if let Some(chromium) = std::env::var_os("CHROMIUM") {
        return Ok(chromium.into());
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).map(|path| path.join("chromium")).find(|path| path.is_file());
    found.ok_or_else(|| {
        "chromium is not installed: install Debian's package of that name, or set CHROMIUM to its path".into()
    })
}

/// Installs the packages of the checks at the versions of the lock file, unless they are installed.
fn install(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)?;
    let here = Path::new("xtask/browser");
    let (lock, installed) = (fs::read(here.join(LOCK))?, folder.join("installed.json"));
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    for file in ["package.json", LOCK] {
        fs::copy(here.join(file), folder.join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    npm.env("npm_config_cache", folder.join("npm"));
    step(npm)?;
    Ok(fs::write(installed, lock)?)
}
