//! Checks each crate with each feature alone, without features, and with all of them. Runs the facade's tests with all
//! features, and other tests with features of dependencies that other crates of a program may turn on.

use crate::command::{Failure, cargo, refusal, step};
use crate::metadata::packages;

/// The crate that must not compile without features, and a part of the compiler's message.
const REFUSED_WITHOUT_FEATURES: (&str, &str) = ("stripe-identity-reqwest", "without TLS");

pub(crate) fn check() -> Result<(), Failure> {
    for package in packages()?.iter().filter(|package| package.is_library) {
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
    // With the other cryptography provider and the other roots, in real handshakes.
    step(cargo(["test", "--quiet", "--package", "stripe-identity", "--all-features", "--test", "it"]))?;
    // Without HTTP/2, which the tests of the workspace turn on.
    step(cargo(["test", "--quiet", "--package", "stripe-identity-hyper", "--test", "it"]))?;
    // Another crate may turn these on: the first changes how serde_json represents numbers, the others what ureq sends.
    for name in ["stripe-identity-types", "stripe-identity-core", "stripe-identity-webhook"] {
        let precise = "serde_json/arbitrary_precision";
        let mut test = cargo(["test", "--quiet", "--package", name, "--features", precise, "--test", "it"]);
        // How lists are paged does not depend on numbers, so the shortest sequences do.
        test.env("STRIPE_IDENTITY_DEPTH", "1");
        step(test)?;
    }
    let of_others = "ureq/brotli,ureq/charset,ureq/cookies,ureq/gzip,ureq/json,ureq/multipart";
    step(cargo(["test", "--quiet", "--package", "stripe-identity-ureq", "--features", of_others, "--test", "it"]))
}
