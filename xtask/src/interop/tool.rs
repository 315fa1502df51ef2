//! The tools, their installation, and the start of their scripts. They write only below `target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Failure, cargo, step, target};

/// The folder of the scripts.
const SCRIPTS: &str = "xtask/interop";

/// A library or program that makes requests to the simulator.
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// The folder of its script and of its dependencies, which tools of the same language share.
    pub(super) folder: Folder,
    /// The script, and its arguments.
    script: &'static [&'static str],
    /// Whether the tool runs without being named.
    pub(super) is_quick: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// Node.js, with packages of npm.
    JavaScript,
    Python,
    /// A cargo package, `interop-NAME`, which is not a member of the workspace.
    Rust(&'static str),
}

/// In the order of the table.
pub(super) const TOOLS: &[Tool] = &[
    Tool { name: "stripe-node", folder: Folder::JavaScript, script: &["stripe-node.mjs"], is_quick: true },
    Tool { name: "stripe-python", folder: Folder::Python, script: &["stripe_python.py"], is_quick: true },
    Tool {
        name: "stripe-python-async",
        folder: Folder::Python,
        script: &["stripe_python.py", "async"],
        is_quick: true,
    },
    Tool { name: "stripe-cli", folder: Folder::JavaScript, script: &["stripe-cli.mjs"], is_quick: true },
    Tool { name: "async-stripe", folder: Folder::Rust("async-stripe"), script: &[], is_quick: false },
];

impl Tool {
    /// Installs the dependencies at the versions of the lock file, unless they are there.
    pub(super) fn install(&self) -> Result<(), Failure> {
        match self.folder {
            Folder::JavaScript => install_for_node(),
            Folder::Python => install_for_python(),
            Folder::Rust(name) => {
                let mut build = cargo(["build", "--quiet", "--locked", "--manifest-path"]);
                build.arg(Path::new(SCRIPTS).join(name).join("Cargo.toml"));
                build.arg("--target-dir").arg(place(name)?);
                step(build)
            }
        }
    }

    /// Returns the command that runs the script.
    pub(super) fn command(&self) -> Result<Command, Failure> {
        let mut command = match self.folder {
            Folder::JavaScript => {
                let mut node = Command::new("node");
                node.current_dir(place("javascript")?);
                node
            }
            Folder::Python => {
                let mut python = Command::new(python()?);
                // Without -B it would write beside the scripts.
                python.arg("-B").current_dir(Path::new(SCRIPTS).join("python"));
                python
            }
            Folder::Rust(name) => Command::new(place(name)?.join("debug").join(format!("interop-{name}"))),
        };
        command.args(self.script).env("HOME", place("home")?).env_remove("XDG_CONFIG_HOME");
        Ok(command)
    }
}

/// Creates a folder below `target`, unless it exists. Returns its absolute path.
fn place(name: &str) -> Result<PathBuf, Failure> {
    let folder = target().join("interop").join(name);
    fs::create_dir_all(&folder)?;
    Ok(std::path::absolute(folder)?)
}

fn python() -> Result<PathBuf, Failure> {
    Ok(place("python")?.join("bin").join("python"))
}

/// The scripts are copied, since Node.js looks for packages beside them.
fn install_for_node() -> Result<(), Failure> {
    let (from, to) = (Path::new(SCRIPTS).join("javascript"), place("javascript")?);
    let is_installed = is_same(&from.join("package-lock.json"), &to.join("package-lock.json"));
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    if is_installed && to.join("node_modules").join(".package-lock.json").exists() {
        return Ok(());
    }
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]);
    install.current_dir(to).env("npm_config_cache", place("npm")?);
    step(install).map_err(|failure| format!("{failure} (it must be the npm of Node.js 20 or newer)").into())
}

fn install_for_python() -> Result<(), Failure> {
    let (requirements, place_of_it) = (Path::new(SCRIPTS).join("python").join("requirements.txt"), place("python")?);
    // The copy is made last, so that it shows that the installation is complete.
    let installed = place_of_it.join("requirements.txt");
    if is_same(&requirements, &installed) {
        return Ok(());
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&place_of_it);
    step(venv).map_err(|failure| format!("{failure} (it must be Python 3.10 or newer, with venv)"))?;
    let mut install = Command::new(python()?);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]);
    install.args(["--require-hashes", "--requirement"]).arg(&requirements);
    step(install)?;
    fs::copy(requirements, installed)?;
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    fs::read(one).ok().zip(fs::read(other).ok()).is_some_and(|(one, other)| one == other)
}
