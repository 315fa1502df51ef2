use std::time::Duration;

use stripe_identity_core::http::{Method, Response};
use stripe_identity_core::{BlockingClient, Client, Config, ErrorKind, TransportErrorKind};
use stripe_identity_mock::mockall::Sequence;
use stripe_identity_mock::{MockBlockingHttpTransport, MockHttpTransport};

fn config() -> Config {
    Config::builder("sk_test_123").random_source(|| Ok(0)).build().unwrap()
}

#[tokio::test]
async fn async_client_over_mockall_retries_after_half_a_second() {
    let mut transport = MockHttpTransport::new();
    let mut order = Sequence::new();
    transport
        .expect_send()
        .withf(|request| request.method() == Method::GET && request.uri().path().ends_with("/vs_1"))
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Err(TransportErrorKind::Interrupted.into()));
    transport
        .expect_sleep()
        .withf(|duration| *duration == Duration::from_millis(500))
        .times(1)
        .in_sequence(&mut order)
        .return_const(());
    transport
        .expect_send()
        .times(1)
        .in_sequence(&mut order)
        .returning(|_| Ok(Response::new(r#"{"id": "vs_1"}"#.into())));

    let session = Client::new(config(), transport).verification_sessions().retrieve("vs_1").await.unwrap();
    assert_eq!(session.id, "vs_1");
}

#[test]
fn blocking_client_over_mockall_sends_the_request() {
    let mut transport = MockBlockingHttpTransport::new();
    transport.expect_send().times(1).returning(|_| Err(TransportErrorKind::Tls.into()));

    let error = BlockingClient::new(config(), transport).verification_sessions().retrieve("vs_1").send().unwrap_err();
    assert_eq!((error.kind(), error.was_sent(), error.attempts()), (ErrorKind::Transport, false, 1));
}
