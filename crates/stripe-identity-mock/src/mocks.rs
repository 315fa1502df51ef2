use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use mockall::mock;
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

mock! {
    /// An [`HttpTransport`] made by mockall, set up with `expect_send()` and `expect_sleep()`.
    ///
    /// Its [`now`](HttpTransport::now) is not mocked and returns the time of the system's monotonic
    /// clock. For virtual time, use [`ScriptedTransport`](crate::ScriptedTransport).
    ///
    /// ```
    /// use stripe_identity_core::http::{Method, Response};
    /// use stripe_identity_core::{Client, Config};
    /// use stripe_identity_mock::MockHttpTransport;
    ///
    /// # async fn example() -> Result<(), stripe_identity_core::Error> {
    /// let mut transport = MockHttpTransport::new();
    /// transport
    ///     .expect_send()
    ///     .withf(|request| request.method() == Method::GET && request.uri().path().ends_with("/vs_123"))
    ///     .times(1)
    ///     .returning(|_| Ok(Response::new(r#"{"id": "vs_123"}"#.into())));
    ///
    /// let client = Client::new(Config::new("sk_test_123")?, transport);
    /// let session = client.verification_sessions().retrieve("vs_123").await?;
    /// assert_eq!(session.id, "vs_123");
    /// # Ok(())
    /// # }
    /// # let mut future = std::pin::pin!(example());
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # let std::task::Poll::Ready(result) = future.as_mut().poll(&mut context) else { panic!("nothing here waits") };
    /// # result.unwrap();
    /// ```
    pub HttpTransport {}

    #[async_trait]
    impl HttpTransport for HttpTransport {
        async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
        async fn sleep(&self, duration: Duration);
    }
}

mock! {
    /// A [`BlockingHttpTransport`] made by mockall, set up with `expect_send()` and
    /// `expect_sleep()`.
    ///
    /// Its [`now`](BlockingHttpTransport::now) is not mocked and returns the time of the system's
    /// monotonic clock. For virtual time, use [`ScriptedTransport`](crate::ScriptedTransport).
    ///
    /// ```
    /// use stripe_identity_core::{BlockingClient, Config, TransportErrorKind};
    /// use stripe_identity_mock::MockBlockingHttpTransport;
    ///
    /// let mut transport = MockBlockingHttpTransport::new();
    /// transport.expect_send().times(1).returning(|_| Err(TransportErrorKind::Tls.into()));
    ///
    /// let client = BlockingClient::new(Config::new("sk_test_123")?, transport);
    /// let error = client.verification_sessions().retrieve("vs_123").send().unwrap_err();
    /// assert!(!error.was_sent());
    /// # Ok::<(), stripe_identity_core::Error>(())
    /// ```
    pub BlockingHttpTransport {}

    impl BlockingHttpTransport for BlockingHttpTransport {
        fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
        fn sleep(&self, duration: Duration);
    }
}

// The traits need `Debug`, which mockall does not derive.
impl fmt::Debug for MockHttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockHttpTransport")
    }
}

impl fmt::Debug for MockBlockingHttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockBlockingHttpTransport")
    }
}
