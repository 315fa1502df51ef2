//! The curl commands of the simulator's guide, in their order.

use std::net::TcpListener;

use serde_json::Value;
use stripe_identity::simulator::{Server, Simulator};

use crate::curl;

const GUIDE: &str = include_str!("../../../crates/stripe-identity-simulator/docs/guide/first_steps.md");
const SIMULATOR_README: &str = include_str!("../../../crates/stripe-identity-simulator/README.md");
const README: &str = include_str!("../../../README.md");
const LISTEN: &str = "127.0.0.1:12111";
const RECEIVER: &str = "127.0.0.1:4242";

/// The lines of the blocks for a shell.
fn shell_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut is_shell = false;
    text.lines().filter(move |line| {
        if line.starts_with("```") {
            is_shell = *line == "```sh";
        }
        is_shell
    })
}

/// Runs the curl commands of a text on a simulator of their own. Returns each with its response.
fn run(text: &str) -> Vec<(&str, Value)> {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let address = server.address().to_string();
    // A port that is bound and closed refuses connections.
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (mut variables, mut newest, mut done) = (Vec::new(), String::new(), Vec::new());
    for line in shell_lines(text) {
        if let Some((name, url)) = line.split_once("=http://") {
            variables.push((format!("${name}"), format!("http://{url}")));
        }
        if !line.starts_with("curl ") {
            continue;
        }
        let mut command = line.to_owned();
        for (variable, url) in &variables {
            command = command.replace(variable, url);
        }
        let command = command.replace(LISTEN, &address).replace(RECEIVER, &receiver);
        let (status, response) = curl::run(&command.replace("/ID", &format!("/{newest}")));
        assert_eq!(status, 200, "{line}: {response}");
        if response["object"] == "identity.verification_session" {
            response["id"].as_str().unwrap().clone_into(&mut newest);
        }
        done.push((line, response));
    }
    done
}

#[test]
fn curl_commands_of_the_guide_succeed_as_written() {
    let done = run(GUIDE);
    let all = |part: &str| {
        let found: Vec<_> = done.iter().filter(|(line, _)| line.contains(part)).map(|(_, response)| response).collect();
        assert!(!found.is_empty(), "the guide has no {part}");
        found
    };
    let only = |part: &str| all(part)[0];
    assert_eq!(only("metadata[case]=7")["metadata"]["case"], "7");
    assert_eq!(only("/cancel")["status"], "canceled");
    assert!(only("/redact")["redaction"]["status"].is_string());
    let canceled = only("status=canceled")["data"].as_array().unwrap();
    assert!(canceled.iter().any(|session| session["id"] == only("/cancel")["id"]));
    assert_eq!(only("outcome=document_expired")["last_error"], "document_expired");
    assert_eq!(all("`last_error`")[0]["last_error"]["code"], "document_expired");
    assert_eq!(only("outcome=verified")["status"], "verified");
    assert_eq!(only("verified_outputs.dob")["verified_outputs"]["dob"]["year"], 2012);
    assert_eq!(only("/deliveries")["data"][0]["event_type"], "identity.verification_session.created");
    assert_eq!(only("clock=frozen")["clock"], "frozen");
    assert!(only("/run_until_idle")["now"].is_string());
    assert_eq!(only("how often")["data"].as_array().unwrap().len(), 3);
}

#[test]
fn guide_has_the_number_of_failures() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let outcomes = curl::run(&format!("curl -u sk_test_123: {}/_simulator/outcomes", server.url())).1;
    let failures = outcomes["data"].as_array().unwrap().len() - 1;
    assert!(GUIDE.contains(&format!("one of the {failures} codes of a failure")), "{failures}");
}

#[test]
fn curl_commands_of_the_readmes_succeed_as_written() {
    let verified = run(SIMULATOR_README).pop().unwrap().1;
    assert_eq!(verified["status"], "verified");
    run(README);
}

#[test]
fn simulator_is_started_where_the_commands_expect_it() {
    let starts: Vec<_> = shell_lines(GUIDE).filter(|line| line.contains("--listen")).collect();
    assert_eq!(starts, [format!("stripe-identity-simulator --listen {LISTEN}")]);
}
