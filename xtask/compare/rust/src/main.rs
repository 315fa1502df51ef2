//! The rows of COMPARISON.md for async-stripe and for this project: `python3 ../server.py cargo run`.

mod async_stripe;
mod this_project;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PARSE: [&str; 5] = ["enum", "field", "missing", "null", "shape"];
const PAGES: [&str; 3] = ["emptypage", "emptyfirst", "samepage"];
const SILENCE: Duration = Duration::from_secs(100);

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn server() -> String {
    std::env::var("SERVER").expect("the server's address is in SERVER: start this program with server.py")
}

/// Returns the requests that the server got with a key since the last time.
fn requests(name: &str) -> Vec<Value> {
    let mut response = ureq::get(format!("{}/_requests/{name}", server())).call().unwrap();
    response.body_mut().read_json().unwrap()
}

fn attempts(name: &str) -> String {
    let made = requests(name);
    let keys: BTreeSet<_> = made.iter().map(|it| it["headers"]["idempotency-key"].as_str().unwrap_or("none")).collect();
    format!("{} attempts, keys {keys:?}", made.len())
}

/// Returns whether a redirect was followed, and whether the key went along.
fn redirected() -> String {
    let made = requests("elsewhere");
    let with_key = made.iter().any(|it| it["headers"]["authorization"].is_string());
    format!("followed: {}, with the key: {with_key}", !made.is_empty())
}

fn row(name: &str, fact: impl Debug) {
    println!("{name}: {fact:?}");
}

fn shows(text: &str) -> String {
    let person = ["FIRSTNAME", "LASTNAME", "IDNUMBER", "STREET", "1931", "EMAIL"];
    let secrets = ["_SECRET", "start/URL"];
    let found = |words: &[&str]| words.iter().any(|word| text.contains(word));
    format!("person: {}, secrets: {}, key: {}", found(&person), found(&secrets), text.contains("sk_test_"))
}

/// Empties the log, and returns what it showed, of the libraries below too.
fn logged() -> String {
    let log = String::from_utf8(std::mem::take(&mut *LOG.lock().unwrap())).unwrap();
    format!("{} lines, {}", log.lines().count(), shows(&log))
}

fn webhook(kind: &str, object: Value) -> String {
    let event = json!({
        "id": "evt_1", "object": "event", "type": kind, "created": 1_700_000_000, "livemode": false,
        "pending_webhooks": 1, "request": null, "data": {"object": object}
    });
    event.to_string()
}

/// Returns webhooks that are unusual, by name.
fn webhooks() -> Vec<(&'static str, String)> {
    let session: Value = serde_json::from_str(&std::env::var("SESSION").unwrap()).unwrap();
    let mut changed = session.clone();
    changed["metadata"] = Value::Null;
    let verified = "identity.verification_session.verified";
    vec![
        ("usual", webhook(verified, session.clone())),
        ("of an unknown type", webhook("identity.verification_session.novel", session)),
        ("whose object has a null where an object was", webhook(verified, changed)),
    ]
}

fn after(start: Instant) -> String {
    format!("after {:.1} s", start.elapsed().as_secs_f64())
}

#[tokio::main]
async fn main() {
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log);
    log.with_max_level(tracing_subscriber::filter::LevelFilter::TRACE).init();
    println!("async-stripe, with redacted Debug: {}", cfg!(feature = "redacted"));
    async_stripe::rows().await;
    println!("\nstripe-identity");
    this_project::rows().await;
}
