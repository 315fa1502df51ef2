//! Runs every example as a user would.

use std::fs;
use std::process::Command;

use crate::command::{Failure, block, cargo, output, refusal, step};
use crate::simulator::{self, Simulator};

pub(crate) fn check() -> Result<(), Failure> {
    let manifest = fs::read_to_string("examples/Cargo.toml")?;
    for example in names(&manifest) {
        match example {
            "quickstart" => quickstart()?,
            _ => step(cargo(["run", "--quiet", "--example", example]))?,
        }
    }
    Ok(())
}

/// Returns the names of the examples in a manifest.
fn names(manifest: &str) -> impl Iterator<Item = &str> {
    let tables = manifest.split("[[example]]").skip(1);
    tables.filter_map(|table| table.trim_start().strip_prefix("name = \"")?.split('"').next())
}

/// Runs it async and blocking, with the simulator that it starts itself and with a server in Stripe's place.
fn quickstart() -> Result<(), Failure> {
    // Without `--stripe`, a key in the environment has no effect. With it, only a test key is accepted.
    let printed = output(command(&[], None, "http://127.0.0.1:1"))?;
    if block(&fs::read_to_string("README.md")?, "text") != Some(&printed) {
        return Err(format!("README.md must show what the quickstart prints:\n{printed}").into());
    }
    step(command(&["--blocking"], Some("sk_live_123"), "http://127.0.0.1:1"))?;
    refusal(command(&["--stripe"], None, "http://127.0.0.1:1"), "needs a test key in STRIPE_SECRET_KEY")?;
    refusal(command(&["--stripe"], Some("sk_live_123"), "http://127.0.0.1:1"), "is not a test key")?;

    simulator::build()?;
    let simulator = Simulator::start()?;
    step(command(&["--stripe"], Some("sk_test_123"), &simulator.url))?;
    step(command(&["--stripe", "--blocking"], Some("sk_test_123"), &simulator.url))
}

fn command(arguments: &[&str], key: Option<&str>, base: &str) -> Command {
    let mut command = cargo(["run", "--quiet", "--example", "quickstart", "--"]);
    command.args(arguments).env_remove("STRIPE_SECRET_KEY").env("STRIPE_API_BASE", base);
    if let Some(key) = key {
        command.env("STRIPE_SECRET_KEY", key);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_example_tables() {
        let manifest = "[package]\nname = \"p\"\n[[example]]\nname = \"a\"\npath = \"a.rs\"\n\n\
                        [[example]]\nname = \"b\"\n[[test]]\nname = \"it\"\n";
        assert_eq!(names(manifest).collect::<Vec<_>>(), ["a", "b"]);
    }
}
