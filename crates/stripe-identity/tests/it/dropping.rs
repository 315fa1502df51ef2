//! A future that is dropped takes its attempts and waits with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stripe_identity::{Client, Config, CreateVerificationSession, VerificationSession};
use stripe_identity_hyper::HyperTransport;
use stripe_identity_mock::RawServer;
use tokio::time::{sleep, timeout};

/// Beyond the first wait of a call, which is half a second.
const LATER: Duration = Duration::from_millis(1500);

fn client(server: &RawServer) -> Client {
    let config = Config::new("sk_test_123").unwrap().base_url(server.url()).unwrap();
    Client::new(config, HyperTransport::new().unwrap())
}

#[tokio::test]
async fn in_the_middle_of_an_attempt() {
    let client_left = Arc::new(AtomicBool::new(false));
    let left = client_left.clone();
    let server = RawServer::start(move |exchange| {
        left.store(!exchange.wait(Duration::from_secs(10)), Ordering::SeqCst);
        Ok(())
    });
    let server = server.unwrap();
    let call = client(&server).verification_sessions().create(CreateVerificationSession::document());
    timeout(Duration::from_millis(300), call.into_future()).await.expect_err("nobody answers");
    sleep(LATER).await;
    assert!(client_left.load(Ordering::SeqCst), "the connection is still open");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn in_the_middle_of_a_wait() {
    let server = RawServer::start(|exchange| exchange.respond("500 X", "{}")).unwrap();
    let call = client(&server).verification_sessions().create(CreateVerificationSession::document());
    timeout(Duration::from_millis(300), call.into_future()).await.expect_err("it waits for half a second");
    sleep(LATER).await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn while_waiting_for_a_session() {
    let server = RawServer::start(|exchange| exchange.respond("200 OK", r#"{"id": "vs_1"}"#)).unwrap();
    let call = client(&server).verification_sessions().retrieve("vs_1");
    let call = call.wait_until(VerificationSession::is_decided, Duration::from_secs(60));
    timeout(Duration::from_millis(300), call.into_future()).await.expect_err("it is never decided");
    sleep(LATER).await;
    assert_eq!(server.requests().len(), 1);
}
