//! Runs every example as a user would.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::command::{Failure, cargo, step, target};

pub(crate) fn check() -> Result<(), Failure> {
    quickstart()?;
    for example in ["crash_safe", "models_only", "own_transport", "sans_io", "webhook_axum"] {
        step(cargo(["run", "--quiet", "--example", example]))?;
    }
    Ok(())
}

/// Runs it async and blocking, with the simulator that it starts itself and with a server in Stripe's place.
fn quickstart() -> Result<(), Failure> {
    // It must not call Stripe because a key is in the environment, and must not call anyone with a live key.
    let run = |form: &[&str], key: Option<&str>| {
        let mut run = cargo(["run", "--quiet", "--example", "quickstart", "--"]);
        run.args(form).env_remove("STRIPE_SECRET_KEY").env_remove("STRIPE_API_BASE");
        if let Some(key) = key {
            run.env("STRIPE_SECRET_KEY", key).env("STRIPE_API_BASE", "http://127.0.0.1:1");
        }
        step(run)
    };
    run(&[], None)?;
    run(&["--blocking"], Some("sk_live_123"))?;
    for key in [None, Some("sk_live_123")] {
        if run(&["--stripe"], key).is_ok() {
            return Err(format!("quickstart --stripe accepts the key {key:?}, but should take test keys only").into());
        }
    }

    let simulator = Simulator::start()?;
    for form in [&["--stripe"][..], &["--stripe", "--blocking"][..]] {
        let mut run = cargo(["run", "--quiet", "--example", "quickstart", "--"]);
        run.args(form).env("STRIPE_SECRET_KEY", "sk_test_123").env("STRIPE_API_BASE", &simulator.url);
        step(run)?;
    }
    Ok(())
}

/// A running simulator, which is killed on drop.
struct Simulator {
    process: Child,
    url: String,
}

impl Simulator {
    fn start() -> Result<Self, Failure> {
        // It is built first, so that the process to kill is the simulator and not cargo.
        step(cargo(["build", "--quiet", "--package", "stripe-identity-simulator"]))?;
        let program = target().join("debug").join("stripe-identity-simulator");
        let mut process =
            std::process::Command::new(program).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let simulator = Self { process, url: url.clone().unwrap_or_default() };
        if url.is_some() { Ok(simulator) } else { Err("the simulator did not print `listening on URL`".into()) }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Both fail if it has exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
