//! Runs every example as a user would.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::command::{Failure, block, cargo, output, refusal, step};
use crate::metadata::{metadata, text};
use crate::simulator::{self, Simulator};

pub(crate) fn check() -> Result<(), Failure> {
    for example in names(&metadata(&["--no-deps"])?) {
        match example {
            "quickstart" => quickstart()?,
            _ => step(cargo(["run", "--quiet", "--example", example]))?,
        }
    }
    Ok(())
}

/// Returns the names of all examples of this workspace.
fn names(metadata: &Value) -> impl Iterator<Item = &str> {
    let targets = metadata["packages"].as_array().into_iter().flatten().filter_map(|it| it["targets"].as_array());
    targets.flatten().filter(|target| target["kind"][0] == "example").map(|target| text(target, "name"))
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
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_of_the_examples_of_all_packages() {
        let target = |name, kind| json!({"name": name, "kind": [kind]});
        let first = json!({"targets": [target("a", "example"), target("it", "test")]});
        let metadata = json!({"packages": [first, {"targets": [target("c", "lib"), target("b", "example")]}]});
        assert_eq!(names(&metadata).collect::<Vec<_>>(), ["a", "b"]);
    }
}
