//! A process that is killed keeps every change that it has acknowledged.
//!
//! The process is this test binary, which runs only [`child`].

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Method, Request, Response, StatusCode};
use stripe_identity_simulator::{Outcome, Simulator, StateFile, Submission, WebhookEndpoint};

use crate::folder::Folder;

const SESSIONS: &str = "/v1/identity/verification_sessions";
const FILE: &str = "STATE_KILL_FILE";
/// The number of the commit at which the child aborts, and whether it does so after the commit.
const COMMIT: &str = "STATE_KILL_COMMIT";
/// Instead of `COMMIT`, the first number of the sessions that the child creates until it is killed.
const FIRST: &str = "STATE_KILL_FIRST";

fn open(path: &Path) -> Simulator {
    Simulator::builder().seed(3).open(StateFile::new(path)).unwrap()
}

fn send(stripe: &Simulator, method: Method, path: &str, key: Option<&str>, body: &str) -> (Response<Bytes>, Value) {
    let mut request = Request::builder().method(method).uri(path).header("authorization", "Bearer sk_test_a");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let response = stripe.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap());
    let json = serde_json::from_slice(response.body()).unwrap();
    (response, json)
}

/// Creates a session under an idempotency key. Returns its id.
fn create(stripe: &Simulator, key: &str) -> String {
    let (response, session) = send(stripe, Method::POST, SESSIONS, Some(key), "type=document");
    assert_eq!(response.status(), 200, "{session}");
    session["id"].as_str().unwrap().to_owned()
}

/// Prints that a change was acknowledged, with its key and its result.
fn acknowledge(what: &str, key: &str, result: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "acknowledged {what} {key} {result}").unwrap();
    stdout.flush().unwrap();
}

/// Makes changes of each kind. Repeating a step has no effect.
fn script(stripe: &Simulator) {
    if stripe.deliveries().is_empty() {
        stripe.world("sk_test_a").unwrap().add_webhook(WebhookEndpoint::new("http://localhost/", "whsec_x").unwrap());
    }
    for number in 0..4 {
        let key = format!("key{number}");
        let id = create(stripe, &key);
        acknowledge("create", &key, &id);
        // It is refused if the session was submitted before.
        let _ = stripe.submit(&*id, Submission::from(Outcome::Verified));
        acknowledge("submit", &key, "verified");
    }
    for webhook in stripe.take_webhooks() {
        webhook.report(StatusCode::OK);
    }
    acknowledge("deliver", "all", "done");
    let id = create(stripe, "key0");
    let (response, _) = send(stripe, Method::POST, &format!("{SESSIONS}/{id}/redact"), Some("redact"), "");
    assert_eq!(response.status(), 200);
    acknowledge("redact", "key0", "processing");
    stripe.world("sk_test_b").unwrap().reset().unwrap();
    acknowledge("reset", "b", "done");
}

#[test]
fn child() {
    let Ok(file) = std::env::var(FILE) else { return };
    if let Ok(first) = std::env::var(FIRST) {
        return make_many(&open(Path::new(&file)), first.parse().unwrap());
    }
    let commit = std::env::var(COMMIT).unwrap();
    let (at, after) = commit.split_once(' ').unwrap();
    let (at, after): (u32, bool) = (at.parse().unwrap(), after.parse().unwrap());
    let commits = AtomicU32::new(0);
    let hook = move |is_done| {
        if is_done == after && commits.fetch_add(1, Ordering::Relaxed) + 1 == at {
            std::process::abort();
        }
    };
    let stripe = Simulator::builder().seed(3).open(StateFile::new(file).on_commit(hook)).unwrap();
    script(&stripe);
    drop(stripe);
    acknowledge("end", "all", "done");
}

fn make_many(stripe: &Simulator, first: u32) {
    std::thread::scope(|scope| {
        for thread in 0..3 {
            scope.spawn(move || {
                for number in first.. {
                    let key = format!("{thread}-{number}");
                    let id = create(stripe, &key);
                    acknowledge("create", &key, &id);
                    if number % 3 == 0 {
                        stripe.submit(&*id, Outcome::Verified).unwrap();
                        acknowledge("submit", &key, "verified");
                    }
                }
            });
        }
    });
}

fn start(file: &Path, name: &str, value: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "state_kill::child", "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .env(name, value)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

/// The acknowledged changes: the ids of created sessions by key, and the other changes with their keys.
#[derive(Default)]
struct Acknowledged {
    created: BTreeMap<String, String>,
    done: Vec<(String, String)>,
}

impl Acknowledged {
    fn add(&mut self, line: &str) {
        let Some((_, line)) = line.split_once("acknowledged ") else { return };
        let mut words = line.split_whitespace().map(str::to_owned);
        // An incomplete line does not count.
        let (Some(what), Some(key), Some(result)) = (words.next(), words.next(), words.next()) else { return };
        if what == "create" {
            let before = self.created.insert(key, result.clone());
            assert!(before.is_none_or(|before| before == result), "a key always has the same session");
        } else {
            self.done.push((what, key));
        }
    }

    fn has(&self, what: &str) -> bool {
        self.done.iter().any(|(done, _)| done == what)
    }

    /// Checks that the simulator has all acknowledged changes.
    fn check(&self, stripe: &Simulator) {
        for (key, id) in &self.created {
            let (response, session) = send(stripe, Method::GET, &format!("{SESSIONS}/{id}"), None, "");
            assert_eq!(response.status(), 200, "{key}: {session}");
            let (replayed, again) = send(stripe, Method::POST, SESSIONS, Some(key), "type=document");
            assert_eq!((replayed.status().as_u16(), again["id"].as_str()), (200, Some(id.as_str())), "{key}");
            assert!(replayed.headers().contains_key("idempotent-replayed"));
            let is_submitted = self.done.contains(&("submit".to_owned(), key.clone()));
            assert!(!is_submitted || session["status"] == "verified", "{key}: {session}");
            let is_redacted = self.done.contains(&("redact".to_owned(), key.clone()));
            assert!(!is_redacted || session["redaction"]["status"] == "processing", "{key}: {session}");
        }
    }
}

/// Checks that the state is consistent.
fn check_whole(stripe: &Simulator) {
    let events = |type_: &str| {
        let mut ids = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("/v1/events?limit=100&type=identity.verification_session.{type_}{after}");
            let (_, page) = send(stripe, Method::GET, &path, None, "");
            let data = page["data"].as_array().unwrap();
            ids.extend(data.iter().map(|event| event["data"]["object"]["id"].as_str().unwrap().to_owned()));
            match data.last() {
                Some(last) if page["has_more"] == true => {
                    after = format!("&starting_after={}", last["id"].as_str().unwrap());
                }
                _ => return ids,
            }
        }
    };
    let (created, verified) = (events("created"), events("verified"));
    let mut distinct = created.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), created.len(), "one event for each creation");
    for id in verified.iter().rev().take(20) {
        let (_, session) = send(stripe, Method::GET, &format!("{SESSIONS}/{id}"), None, "");
        let report = session["last_verification_report"].as_str().unwrap();
        let (response, _) = send(stripe, Method::GET, &format!("/v1/identity/verification_reports/{report}"), None, "");
        assert_eq!(response.status(), 200);
    }
}

#[test]
fn process_that_aborts_at_any_commit_keeps_every_acknowledged_change() {
    for after in [false, true] {
        let mut kills = 0;
        loop {
            let folder = Folder::new();
            let (mut child, stdout) = start(&folder.file(), COMMIT, &format!("{} {after}", kills + 1));
            let mut acknowledged = Acknowledged::default();
            stdout.lines().map_while(Result::ok).for_each(|line| acknowledged.add(&line));
            let is_complete = child.wait().unwrap().success();
            assert_eq!(is_complete, acknowledged.has("end"));

            let stripe = open(&folder.file());
            acknowledged.check(&stripe);
            if acknowledged.has("deliver") {
                assert!(stripe.take_webhooks().len() < 4, "some were delivered before");
            }
            // The script completes, and nothing happens twice.
            script(&stripe);
            let (_, all) = send(&stripe, Method::GET, &format!("{SESSIONS}?limit=100"), None, "");
            assert_eq!(all["data"].as_array().unwrap().len(), 4);
            check_whole(&stripe);
            if is_complete {
                break;
            }
            kills += 1;
        }
        assert!(kills > 15, "{kills} commits");
    }
}

#[test]
fn process_that_is_killed_under_load_keeps_every_acknowledged_change() {
    const KILLS: u32 = 50;
    std::thread::scope(|scope| {
        for lane in 0..4 {
            scope.spawn(move || {
                let mut random = pseudorandom(lane);
                let mut folder = Folder::new();
                let mut first = 0;
                for round in 0..KILLS {
                    if round % 10 == 0 {
                        (folder, first) = (Folder::new(), 0);
                    }
                    let (mut child, mut stdout) = start(&folder.file(), FIRST, &first.to_string());
                    let mut acknowledged = Acknowledged::default();
                    let (mut line, enough) = (String::new(), 1 + random() % 60);
                    for _ in 0..enough {
                        line.clear();
                        assert!(stdout.read_line(&mut line).unwrap() > 0, "the child must run until it is killed");
                        acknowledged.add(&line);
                    }
                    child.kill().unwrap();
                    child.wait().unwrap();
                    // The lines that it has written before count, too.
                    stdout.lines().map_while(Result::ok).for_each(|line| acknowledged.add(&line));

                    // A copy, so that the next process finds the file as this one left it.
                    let copy = folder.copy();
                    let stripe = open(&copy.file());
                    acknowledged.check(&stripe);
                    check_whole(&stripe);
                    first += 10_000;
                }
            });
        }
    });
}

/// Returns a generator of pseudorandom numbers, which are the same for the same seed.
fn pseudorandom(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    }
}
