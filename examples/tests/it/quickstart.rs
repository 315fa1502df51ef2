//! The quickstart as a program, with what may be in the environment.

use std::path::PathBuf;
use std::process::{Command, Output};

use stripe_identity::simulator::{Server, Simulator};

/// The example is built with the tests of its package, unless one of them is asked for alone.
fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().parent().unwrap().join("examples").join("quickstart");
    program.with_extension(std::env::consts::EXE_EXTENSION)
}

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).env_remove("STRIPE_SECRET_KEY").env_remove("STRIPE_API_BASE");
    command.envs(environment.iter().copied()).output().expect("built by `cargo build --examples`")
}

#[test]
fn exported_key_is_not_looked_at_without_the_flag() {
    let stripe = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let url = stripe.url();
    for key in ["sk_test_123", "sk_live_123", ""] {
        for arguments in [&[][..], &["--blocking"]] {
            let output = run(arguments, &[("STRIPE_SECRET_KEY", key), ("STRIPE_API_BASE", url.as_str())]);
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success() && text.contains("Nothing leaves this machine"), "{key}: {text}");
        }
    }
    assert_eq!(count(&stripe), 0);
}

#[test]
fn stripe_is_asked_with_the_flag_and_a_test_key() {
    let stripe = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let url = stripe.url();
    let base = ("STRIPE_API_BASE", url.as_str());
    let forms = [&["--stripe"][..], &["--stripe", "--blocking"]];
    for (number, (arguments, key)) in forms.into_iter().zip(["sk_test_123", "rk_test_123"]).enumerate() {
        let output = run(arguments, &[base, ("STRIPE_SECRET_KEY", key)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(count(&stripe), number + 1);
    }
}

#[test]
fn stripe_is_not_asked_without_a_test_key() {
    let stripe = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let url = stripe.url();
    let base = ("STRIPE_API_BASE", url.as_str());
    let refused = |arguments: &[&str], environment: &[(&str, &str)], reason: &str| {
        let output = run(arguments, environment);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && text.contains(reason), "{arguments:?}: {text}");
        assert!(environment[1..].iter().all(|(_, key)| key.trim().is_empty() || !text.contains(key)), "{text}");
    };
    refused(&["--stripe"], &[base], "needs a test key in STRIPE_SECRET_KEY");
    for key in ["", " "] {
        refused(&["--stripe"], &[base, ("STRIPE_SECRET_KEY", key)], "needs a test key in STRIPE_SECRET_KEY");
    }
    for key in ["sk_live_123", "rk_live_123", "pk_test_123", "nonsense", "SK_TEST_123"] {
        refused(&["--stripe", "--blocking"], &[base, ("STRIPE_SECRET_KEY", key)], "is not a test key");
    }
    refused(&["--live"], &[base, ("STRIPE_SECRET_KEY", "sk_live_123")], "--live");
    let elsewhere = ("STRIPE_API_BASE", "http://example.test");
    refused(&["--stripe"], &[elsewhere, ("STRIPE_SECRET_KEY", "sk_test_123")], "");
    assert_eq!(count(&stripe), 0);
}

/// How many sessions there are.
fn count(stripe: &Server) -> usize {
    let line = format!("curl -u sk_test_123: {}/v1/identity/verification_sessions", stripe.url());
    crate::curl::run(&line).1["data"].as_array().unwrap().len()
}
