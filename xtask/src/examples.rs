//! Every example, as a user would run it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::command::{Failure, cargo, step};

pub(crate) fn check() -> Result<(), Failure> {
    quickstart()?;
    for example in ["crash_safe", "models_only", "own_transport", "sans_io", "webhook_axum"] {
        step(cargo(["run", "--quiet", "--example", example]))?;
    }
    Ok(())
}

/// In both forms, with the simulator that it starts itself and with a server that it takes for Stripe.
fn quickstart() -> Result<(), Failure> {
    // A key that happens to be exported is no reason to talk to Stripe, and a live one none to talk to anyone.
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
            return Err(format!("quickstart --stripe takes {key:?}").into());
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

/// The simulator's program, ended with this.
struct Simulator {
    process: Child,
    url: String,
}

impl Simulator {
    fn start() -> Result<Self, Failure> {
        // Built first, so that what is started, and ended, is the program and not cargo.
        step(cargo(["build", "--quiet", "--package", "stripe-identity-simulator"]))?;
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let program = std::path::Path::new(&target).join("debug").join("stripe-identity-simulator");
        let mut process =
            std::process::Command::new(program).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let simulator = Self { process, url: url.clone().unwrap_or_default() };
        if url.is_some() { Ok(simulator) } else { Err("the simulator did not say where it listens".into()) }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
