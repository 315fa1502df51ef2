//! Deliveries of a server, and the times of their signatures and attempts.
#![cfg(feature = "server")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use stripe_identity_simulator::{Server, Simulator, WebhookEndpoint};
use stripe_identity_webhook::Verifier;

use super::http::create;

const SECRET: &str = "whsec_made_up";
const KEY: &str = "sk_test_a";
const WAIT: Duration = Duration::from_secs(60);

/// Starts a receiver that responds with these statuses in turn. Returns its URL, and a channel with the signature and
/// the body of each request.
fn receiver(statuses: &'static [&'static str]) -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = String::new();
            let mut buffer = [0; 4096];
            let (head, length) = loop {
                let read = stream.read(&mut buffer).unwrap();
                assert!(read > 0, "{text}");
                text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let header = |name: &str| {
                    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name)).unwrap();
                    line.split_once(": ").unwrap().1.to_owned()
                };
                if body.len() == header("content-length").parse::<usize>().unwrap() {
                    break (header("stripe-signature"), body.len());
                }
            };
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
            sender.send((head, text[text.len() - length..].to_owned())).unwrap();
        }
    });
    (url, receiver)
}

fn start(simulator: Simulator, url: &str) -> Server {
    let server = Server::start("127.0.0.1:0", simulator).unwrap();
    server.add_webhook(WebhookEndpoint::new(url, SECRET).unwrap());
    server
}

fn is_recent((signature, body): &(String, String)) -> bool {
    Verifier::new(SECRET).unwrap().verify_event(body.as_bytes(), Some(signature.as_bytes())).is_ok()
}

#[test]
fn delivery_of_a_frozen_world_is_signed_at_the_real_time() {
    let (url, received) = receiver(&["200 OK"]);
    let server = start(Simulator::new(), &url);
    create(&server, KEY);
    assert!(is_recent(&received.recv_timeout(WAIT).unwrap()));
}

#[test]
fn virtual_signature_has_the_time_of_its_world() {
    let (url, received) = receiver(&["200 OK"]);
    let server = start(Simulator::builder().virtual_signatures(true).build(), &url);
    create(&server, KEY);
    let delivery = received.recv_timeout(WAIT).unwrap();
    assert!(!is_recent(&delivery) && delivery.0.starts_with("t=1793000000,"), "{}", delivery.0);
}

#[test]
fn failed_delivery_is_retried_by_the_clock_of_its_world() {
    let (url, received) = receiver(&["500 X", "500 X", "200 OK"]);
    let server = start(Simulator::new(), &url);
    create(&server, KEY);
    create(&server, "sk_test_b");
    // The first delivery of each world.
    let first = [received.recv_timeout(WAIT).unwrap().1, received.recv_timeout(WAIT).unwrap().1];
    let world = server.world(KEY).unwrap();
    let end = Instant::now() + WAIT;
    let again = loop {
        assert!(Instant::now() < end);
        // The result of the first attempt may not be known yet.
        world.run_until_idle();
        if let Ok((_, body)) = received.recv_timeout(Duration::from_millis(20)) {
            break body;
        }
    };
    assert!(first.contains(&again));
    assert!(
        world.time().as_secs() - server.time().as_secs() <= 3 * 3600,
        "the clock moved no further than to the next attempt"
    );
}
