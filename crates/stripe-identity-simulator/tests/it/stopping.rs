//! Requests and deliveries in progress when a server stops.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use http::Method;
use stripe_identity_simulator::{
    DeliveryFailure, DeliveryStatus, Fault, Server, Simulator, WebhookDelivery, WebhookEndpoint,
};

use crate::http::{SESSIONS, create, exchange};

const KEY: &str = "Authorization: Bearer sk_test_a\r\n";
const LONG: Duration = Duration::from_secs(60);

/// Waits for a condition, for a minute at most.
fn wait_until(mut happened: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !happened() {
        assert!(Instant::now() < end, "the condition is not met");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Opens a connection without a request. It ends when the server begins to stop.
fn idle(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

fn wait_for_end(mut stream: TcpStream) {
    // A connection that is reset has ended, too.
    let end = stream.read(&mut [0]);
    assert!(end.as_ref().is_ok_and(|&read| read == 0) || end.is_err_and(|it| it.kind() == ErrorKind::ConnectionReset));
}

#[test]
fn request_in_progress_gets_its_response_and_idle_connection_ends() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let (address, simulator) = (server.address(), server.clone());
    simulator.add_fault(Fault::latency(Duration::from_millis(500)).method(Method::GET));
    let idle = idle(address);
    let request = thread::spawn(move || exchange(address, "x", &format!("GET {SESSIONS}"), KEY, "").0);
    wait_until(|| simulator.world("sk_test_a").unwrap().faults().iter().any(|rule| rule.applied > 0));
    let start = Instant::now();
    server.stop(LONG);
    assert_eq!(request.join().unwrap(), 200);
    wait_for_end(idle);
    // Stopping must not wait for the whole grace.
    assert!(start.elapsed() < LONG / 2);
}

#[test]
fn request_that_outlasts_the_grace_is_cut() {
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    let simulator = server.clone();
    simulator.add_fault(Fault::latency(LONG * 10).method(Method::GET));
    let mut stream = idle(server.address());
    write!(stream, "GET {SESSIONS} HTTP/1.1\r\nHost: x\r\n{KEY}\r\n").unwrap();
    wait_until(|| simulator.world("sk_test_a").unwrap().faults().iter().any(|rule| rule.applied > 0));
    server.stop(Duration::from_millis(50));
    wait_for_end(stream);
}

/// Starts a server with one delivery in progress. Returns the server and the connection of the receiver.
fn delivery_in_progress() -> (Server, TcpStream) {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/webhook", receiver.local_addr().unwrap());
    let server = Server::start("127.0.0.1:0", Simulator::new()).unwrap();
    server.add_webhook(WebhookEndpoint::new(&url, "whsec_made_up").unwrap());
    create(&server, "sk_test_a");
    let (mut stream, _) = receiver.accept().unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    // A response before the request would not count.
    assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
    (server, stream)
}

fn only(deliveries: &[WebhookDelivery]) -> &WebhookDelivery {
    assert_eq!(deliveries.len(), 1);
    &deliveries[0]
}

#[test]
fn delivery_in_progress_is_completed() {
    let (server, mut stream) = delivery_in_progress();
    let (idle, simulator) = (idle(server.address()), server.clone());
    let receiver = thread::spawn(move || {
        wait_for_end(idle);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        stream
    });
    server.stop(LONG);
    assert_eq!(only(&simulator.deliveries()).status, DeliveryStatus::Delivered);
    drop(receiver.join().unwrap());
}

#[test]
fn delivery_that_outlasts_the_grace_counts_as_closed() {
    let (server, _stream) = delivery_in_progress();
    let simulator = server.clone();
    server.stop(Duration::from_millis(50));
    let deliveries = simulator.deliveries();
    let delivery = only(&deliveries);
    assert_eq!(delivery.status, DeliveryStatus::Pending);
    assert_eq!(delivery.attempts.len(), 1);
    assert_eq!(delivery.attempts[0].result, Some(DeliveryFailure::Closed.into()));
}

#[test]
fn delivery_of_dropped_server_counts_as_closed() {
    let (server, _stream) = delivery_in_progress();
    let simulator = server.clone();
    drop(server);
    assert_eq!(only(&simulator.deliveries()).attempts[0].result, Some(DeliveryFailure::Closed.into()));
}

#[test]
fn delivery_that_has_not_begun_stays_pending() {
    let (server, _stream) = delivery_in_progress();
    let simulator = server.clone();
    server.stop(Duration::ZERO);
    create(&simulator, "sk_test_a");
    let deliveries = simulator.deliveries();
    assert_eq!(deliveries.len(), 2);
    assert!(deliveries[1].attempts.is_empty());
}
