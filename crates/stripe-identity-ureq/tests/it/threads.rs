//! Threads that a request starts.

use std::process::Command;
use std::thread;

use stripe_identity_ureq::{Proxy, UreqTransport};

use crate::servers::{Server, get, post, send};

/// The threads of other tests would count too, so another process sends the requests.
#[test]
fn request_on_a_kept_connection_starts_no_thread() {
    let server = Server::start(None, |stream, _| {
        loop {
            if stream.read_head()?.starts_with("POST") {
                stream.read_exact(&mut [0; 3])?;
            }
            stream.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")?;
        }
    });
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "threads::send_over_one_connection", "--ignored", "--nocapture"]);
    let output = child.env("TEST_URL", server.url().replace("127.0.0.1", "localhost")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(server.connections(), 1);
}

#[test]
#[ignore = "run by the test above, in another process"]
fn send_over_one_connection() {
    let url = std::env::var("TEST_URL").unwrap();
    let transport = UreqTransport::builder().proxy(Proxy::none()).build().unwrap();
    let before = started_threads();
    send(&transport, get(&url)).unwrap();
    let connected = started_threads();
    // The lookup started a thread, so the count includes such threads.
    assert_eq!(connected - before, 2);
    for _ in 0..10 {
        send(&transport, get(&url)).unwrap();
        send(&transport, post(&url, "a=1")).unwrap();
    }
    assert_eq!(started_threads() - connected, 1);
}

/// Starts a thread, and returns how many this process has started with it. std numbers them.
fn started_threads() -> u64 {
    let id = format!("{:?}", thread::spawn(|| thread::current().id()).join().unwrap());
    id.trim_start_matches("ThreadId(").trim_end_matches(')').parse().unwrap()
}
