//! Dropping the future of a call ends its attempts and waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stripe_identity::{Client, Config, CreateVerificationSession, VerificationSession};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::RawServer;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Longer than the first wait of a call, even with the `Retry-After` of 2 s.
const LATER: Duration = Duration::from_secs(4);

/// Returns a client, and a signal that an attempt has ended.
fn client(server: &RawServer) -> (Client, Arc<Notify>) {
    let over = Arc::new(Notify::new());
    let attempt = over.clone();
    let config = Config::builder("sk_test_123").base_url(server.url()).on_attempt(move |_| attempt.notify_one());
    (Client::new(config.build().unwrap(), HyperTransport::new().unwrap()), over)
}

/// Runs a call until an event, and drops it.
async fn drop_after<T>(call: impl Future<Output = T>, event: impl Future<Output = ()>) {
    let event = timeout(Duration::from_secs(60), event);
    tokio::select! {
        biased;
        event = event => event.unwrap(),
        _ = call => panic!("the call ended before the event"),
    }
}

async fn becomes(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn call_dropped_during_an_attempt_stops() {
    let client_left = Arc::new(AtomicBool::new(false));
    let left = client_left.clone();
    let server = RawServer::start(move |exchange| {
        left.store(!exchange.wait(Duration::from_secs(60)), Ordering::SeqCst);
        Ok(())
    });
    let server = server.unwrap();
    let call = client(&server).0.verification_sessions().create(CreateVerificationSession::document());
    drop_after(call.into_future(), becomes(|| !server.requests().is_empty())).await;
    let left = becomes(|| client_left.load(Ordering::SeqCst));
    timeout(Duration::from_secs(30), left).await.expect("the connection should be closed");
    sleep(LATER).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn call_dropped_during_a_wait_stops() {
    let server =
        RawServer::start(|exchange| exchange.write("HTTP/1.1 500 X\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}"));
    let server = server.unwrap();
    let (client, over) = client(&server);
    let call = client.verification_sessions().create(CreateVerificationSession::document());
    drop_after(call.into_future(), over.notified()).await;
    sleep(LATER).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn call_dropped_while_polling_stops() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", r#"{"id": "vs_1"}"#)).unwrap();
    let (client, over) = client(&server);
    let call = client.verification_sessions().retrieve("vs_1");
    let call = call.wait_until(VerificationSession::is_decided, Duration::from_secs(60));
    drop_after(call.into_future(), over.notified()).await;
    sleep(LATER).await;
    assert_eq!(server.requests().len(), 1);
}
