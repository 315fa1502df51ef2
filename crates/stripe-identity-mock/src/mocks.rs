use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use mockall::mock;
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

mock! {
    /// An [`HttpTransport`] made by mockall: `expect_send()` and `expect_sleep()` say what it does.
    pub HttpTransport {}

    #[async_trait]
    impl HttpTransport for HttpTransport {
        async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
        async fn sleep(&self, duration: Duration);
    }
}

mock! {
    /// A [`BlockingHttpTransport`] made by mockall: `expect_send()` and `expect_sleep()` say what it does.
    pub BlockingHttpTransport {}

    impl BlockingHttpTransport for BlockingHttpTransport {
        fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
        fn sleep(&self, duration: Duration);
    }
}

// mockall makes none, and the traits ask for one.
macro_rules! opaque_debug {
    ($($mock:ident)+) => { $(
        impl fmt::Debug for $mock {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($mock))
            }
        }
    )+ };
}
opaque_debug! { MockHttpTransport MockBlockingHttpTransport }
