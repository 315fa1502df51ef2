//! The README's commands for the simulator, in their order.

use stripe_identity::simulator::{Server, Simulator};

use crate::curl;

const README: &str = include_str!("../../../README.md");
const LISTEN: &str = "127.0.0.1:12111";

/// The lines of the blocks for a shell.
fn shell_lines() -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut is_shell = false;
    for line in README.lines() {
        if line.starts_with("```") {
            is_shell = line == "```sh";
        } else if is_shell {
            lines.push(line);
        }
    }
    lines
}

#[test]
fn curl_commands_of_the_readme_succeed_as_written() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let address = server.address().to_string();
    let (mut variables, mut newest, mut done) = (Vec::new(), String::new(), Vec::new());
    for line in shell_lines() {
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
        let (status, answer) = curl::run(&command.replace(LISTEN, &address).replace("/ID", &format!("/{newest}")));
        assert_eq!(status, 200, "{line}: {answer}");
        if line.contains(": $S -d ") {
            answer["id"].as_str().unwrap().clone_into(&mut newest);
        }
        done.push((line, answer));
    }
    let answer = |part: &str| {
        let found = done.iter().find(|(line, _)| line.contains(part));
        &found.unwrap_or_else(|| panic!("the README has no {part}")).1
    };
    assert_eq!(answer("metadata[case]=7")["metadata"]["case"], "7");
    assert_eq!(answer("/cancel")["status"], "canceled");
    assert!(answer("/redact")["redaction"]["status"].is_string());
    let canceled = answer("status=canceled")["data"].as_array().unwrap();
    assert!(canceled.iter().any(|session| session["id"] == answer("/cancel")["id"]));
    assert!(answer("/submit").is_object());
    assert_eq!(newest_session(&address, &newest)["last_error"]["code"], "document_expired");
    assert!(done.iter().any(|(line, _)| line.contains("/_simulator/webhook_endpoints")));
}

fn newest_session(address: &str, id: &str) -> serde_json::Value {
    curl::run(&format!("curl -u sk_test_123: http://{address}/v1/identity/verification_sessions/{id}")).1
}

#[test]
fn simulator_is_started_where_the_commands_ask() {
    let starts: Vec<_> = shell_lines().into_iter().filter(|line| line.contains("--listen")).collect();
    assert_eq!(starts, [format!("cargo run -p stripe-identity-simulator -- --listen {LISTEN}")]);
}
