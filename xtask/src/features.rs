//! Every feature by itself, none, which one crate must refuse, and all together; the facade's tests with all of them on; and
//! tests with features of dependencies that other crates of a program may turn on.

use crate::command::{Failure, cargo, refusal, step};
use crate::metadata::packages;

/// What does not compile without features, and what the compiler says then.
const REFUSED_WITHOUT_FEATURES: (&str, &str) = ("stripe-identity-reqwest", "without TLS");

pub(crate) fn check() -> Result<(), Failure> {
    for package in packages()?.iter().filter(|package| package.is_library_of_ours) {
        let name = package.name.as_str();
        let clippy = |features: &[&str]| {
            let mut command = cargo(["clippy", "--quiet", "--package", name]);
            command.args(features).args(["--", "--deny", "warnings"]);
            command
        };
        let check = |features: &[&str]| step(clippy(features));
        let (refused, reason) = REFUSED_WITHOUT_FEATURES;
        if name == refused {
            refusal(clippy(&["--no-default-features"]), reason)?;
        } else {
            check(&["--no-default-features"])?;
        }
        for feature in &package.features {
            check(&["--no-default-features", "--features", feature])?;
        }
        check(&["--all-features"])?;
    }
    // The other cryptography and the other roots, in real handshakes.
    step(cargo(["test", "--quiet", "--package", "stripe-identity", "--all-features", "--test", "it"]))?;
    // What another crate of a program may turn on: it changes how numbers are handed over, and what ureq sends.
    for name in ["stripe-identity-types", "stripe-identity-core", "stripe-identity-webhook"] {
        let precise = "serde_json/arbitrary_precision";
        let mut test = cargo(["test", "--quiet", "--package", name, "--features", precise, "--test", "it"]);
        // Numbers have no part in how lists are walked.
        test.env("STRIPE_IDENTITY_DEPTH", "1");
        step(test)?;
    }
    let of_others = "ureq/brotli,ureq/charset,ureq/cookies,ureq/gzip,ureq/json,ureq/multipart";
    step(cargo(["test", "--quiet", "--package", "stripe-identity-ureq", "--features", of_others, "--test", "it"]))
}
