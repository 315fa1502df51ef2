use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

/// Keeps a copy of each request, and passes it on to another transport. Clones share the copies.
///
/// The copies include the API key and all data of the requests, so use it in tests with made-up
/// data only.
///
/// ```
/// use stripe_identity_core::http::Method;
/// use stripe_identity_core::{BlockingClient, Config};
/// use stripe_identity_mock::{Recorder, ScriptedTransport};
///
/// let stripe = ScriptedTransport::new();
/// stripe.expect(Method::GET, "/v1/identity/verification_sessions/vs_123").reply(200, r#"{"id": "vs_123"}"#);
///
/// let recorder = Recorder::new(stripe);
/// let client = BlockingClient::new(Config::new("sk_test_123")?, recorder.clone());
/// client.verification_sessions().retrieve("vs_123").send()?;
///
/// let requests = recorder.requests();
/// assert_eq!(requests.len(), 1);
/// assert!(requests[0].headers().contains_key("stripe-version"));
/// # Ok::<(), stripe_identity_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Recorder<T> {
    inner: T,
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

impl<T> Recorder<T> {
    /// Wraps a transport.
    pub fn new(inner: T) -> Self {
        Self { inner, requests: Arc::default() }
    }

    /// Returns copies of the requests so far, in the order in which they were sent.
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<http::Request<Bytes>>> {
        // A push that panicked left the list as it was.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<T: HttpTransport> HttpTransport for Recorder<T> {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.lock().push(request.clone());
        self.inner.send(request).await
    }

    async fn sleep(&self, duration: Duration) {
        self.inner.sleep(duration).await;
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }
}

impl<T: BlockingHttpTransport> BlockingHttpTransport for Recorder<T> {
    fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        self.lock().push(request.clone());
        self.inner.send(request)
    }

    fn sleep(&self, duration: Duration) {
        self.inner.sleep(duration);
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }
}

impl<T: fmt::Debug> fmt::Debug for Recorder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("inner", &self.inner).finish_non_exhaustive()
    }
}
