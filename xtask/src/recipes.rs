//! Runs the recipes as they are written, and checks the syntax of those that need Docker or GitHub.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{Failure, WORKSPACE, block, cargo, output, step, target};

/// A Python program that checks the structure of the compose file and of the workflow.
const SHAPES: &str = r#"
import sys, yaml
compose, workflow = (yaml.safe_load(open(path)) for path in sys.argv[1:])
services = compose["services"]
assert all("image" in service or "build" in service for service in services.values()), services
assert services["simulator"]["healthcheck"]["test"] and services["app"]["environment"]
# The key `on` is parsed as a boolean in YAML 1.1.
assert workflow[True] and workflow["jobs"]
for job in workflow["jobs"].values():
    assert job["runs-on"]
    assert all(("uses" in step) != ("run" in step) for step in job["steps"]), job
assert workflow["jobs"]["service"]["services"]["simulator"]["image"]
"#;

pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err("recipes takes no arguments".into());
    }
    std::env::set_current_dir(WORKSPACE)?;
    step(cargo(["build", "--package", "stripe-identity-simulator"]))?;
    let recipes = Path::new("examples").join("recipes");
    commands(&recipes.join("rust"), "tests/verification.rs", &["cargo"])?;
    let node = copy(&recipes, "node")?;
    commands(&node, "verification.test.js", &["npm"])?;
    let python = copy(&recipes, "python")?;
    commands(&python, "test_verification.py", &["python3", ".venv/"])?;
    readme(&node, "js", "readme.test.mjs", &["node", "--test"])?;
    readme(&python, "py", "test_readme.py", &[".venv/bin/pytest"])?;
    shapes(&recipes, &python.join(".venv").join("bin").join("python"))?;
    variables(&recipes)
}

/// Copies a recipe into the target folder, where its packages are installed.
fn copy(recipes: &Path, name: &str) -> Result<PathBuf, Failure> {
    let folder = target().join("recipes").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(recipes.join(name))? {
        let entry = entry?;
        // Folders are left over from a run in place, such as `node_modules`.
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), folder.join(entry.file_name()))?;
        }
    }
    Ok(folder)
}

/// Runs the commands in the comment at the top of a file, with the simulator in the `PATH`.
fn commands(folder: &Path, file: &str, programs: &[&str]) -> Result<(), Failure> {
    let text = fs::read_to_string(folder.join(file))?;
    let commands: Vec<_> = commands_of(&text, programs).collect();
    if commands.is_empty() {
        return Err(format!("{file} of the recipes has no command at its top: it must say how to run it").into());
    }
    for line in commands {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(folder).env("PATH", path()?);
        // By default, these are in the home folder.
        let caches = std::path::absolute(target().join("recipes"))?;
        command.env("npm_config_cache", caches.join("npm")).env("PIP_CACHE_DIR", caches.join("pip"));
        step(command)?;
    }
    Ok(())
}

/// Runs the test of the README in a language, in the folder that has its packages.
fn readme(folder: &Path, language: &str, file: &str, runner: &[&str]) -> Result<(), Failure> {
    let readme = fs::read_to_string("README.md")?;
    let test = block(&readme, language).ok_or_else(|| format!("README.md has no test in {language}"))?;
    fs::write(folder.join(file), test)?;
    let mut command = Command::new("stripe-identity-simulator");
    command.args(["exec", "--"]).args(runner).arg(file).current_dir(folder).env("PATH", path()?);
    step(command)
}

fn commands_of<'a>(text: &'a str, programs: &[&str]) -> impl Iterator<Item = &'a str> {
    let top = text.lines().take_while(|line| !line.starts_with("import ") && !line.starts_with("use "));
    let lines = top.map(|line| line.trim_start_matches(['/', '!', '#']).trim());
    lines.filter(|line| programs.iter().any(|program| line.starts_with(program)))
}

fn path() -> Result<OsString, Failure> {
    let programs = fs::canonicalize(target().join("debug"))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path)))?)
}

fn shapes(recipes: &Path, python: &Path) -> Result<(), Failure> {
    let (compose, workflow) = (recipes.join("compose.yaml"), recipes.join("github-actions.yml"));
    let mut install = Command::new(python);
    install.args(["-m", "pip", "install", "--quiet", "--no-cache-dir", "pyyaml==6.0.4"]);
    step(install)?;
    let mut check = Command::new(python);
    check.args(["-c", SHAPES]).arg(&compose).arg(&workflow);
    println!("$ checking the syntax of the compose file and of the workflow");
    output(check)?;
    let mut has_compose = Command::new("docker");
    has_compose.args(["compose", "version"]).stdout(Stdio::null()).stderr(Stdio::null());
    if has_compose.status().is_ok_and(|status| status.success()) {
        let mut config = Command::new("docker");
        config.args(["compose", "--file"]).arg(compose).args(["config", "--quiet"]).env("APP_FOLDER", ".");
        step(config)?;
    } else {
        println!("docker compose is not installed: only the YAML of the compose file is checked");
    }
    Ok(())
}

/// Checks that the simulator knows the variables of the recipes.
fn variables(recipes: &Path) -> Result<(), Failure> {
    println!("$ checking that the simulator knows the variables of the recipes");
    let mut help = Command::new(target().join("debug").join("stripe-identity-simulator"));
    help.args(["exec", "--help"]);
    let help = output(help)?;
    let known: Vec<_> = words(&help).collect();
    for file in ["Dockerfile", "compose.yaml", "github-actions.yml"] {
        let text = fs::read_to_string(recipes.join(file))?;
        if let Some(unknown) = words(&text).find(|word| word.starts_with("STRIPE_") && !known.contains(word)) {
            return Err(format!("{file} of the recipes has {unknown}, which `exec --help` does not have").into());
        }
    }
    Ok(())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_ascii_uppercase() && it != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_at_the_top() {
        let text = "// npm install\n// npm test\n//\n// `npm test` runs them\nimport x from \"x\";\n// npm run other\n";
        assert_eq!(commands_of(text, &["npm"]).collect::<Vec<_>>(), ["npm install", "npm test"]);
        let text = "\"\"\"A person.\n\npython3 -m venv .venv\n.venv/bin/pytest\n\"\"\"\nimport x\n";
        let commands = ["python3 -m venv .venv", ".venv/bin/pytest"];
        assert_eq!(commands_of(text, &["python3", ".venv/"]).collect::<Vec<_>>(), commands);
    }

    #[test]
    fn words_are_split_at_all_but_capitals_and_underscores() {
        let found: Vec<_> = words("- STRIPE_API_BASE: ${X}").filter(|word| word.len() > 1).collect();
        assert_eq!(found, ["STRIPE_API_BASE"]);
    }
}
