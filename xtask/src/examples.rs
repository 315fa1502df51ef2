//! Runs every example as a user would.

use crate::command::{Failure, cargo, step};
use crate::simulator::{self, Simulator};

pub(crate) fn check() -> Result<(), Failure> {
    quickstart()?;
    for example in ["crash_safe", "models_only", "own_transport", "sans_io", "testing_your_app", "webhook_axum"] {
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

    simulator::build()?;
    let simulator = Simulator::start()?;
    for form in [&["--stripe"][..], &["--stripe", "--blocking"][..]] {
        let mut run = cargo(["run", "--quiet", "--example", "quickstart", "--"]);
        run.args(form).env("STRIPE_SECRET_KEY", "sk_test_123").env("STRIPE_API_BASE", &simulator.url);
        step(run)?;
    }
    Ok(())
}
