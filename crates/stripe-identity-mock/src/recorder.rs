use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, async_trait};

/// Keeps a copy of each request that goes through to another transport. Clones share what they keep.
///
/// The copies hold whatever the requests held, so this is for tests with made-up data.
#[derive(Clone)]
pub struct Recorder<T> {
    inner: T,
    requests: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

impl<T> Recorder<T> {
    /// A recorder in front of a transport.
    pub fn new(inner: T) -> Self {
        Self { inner, requests: Arc::default() }
    }

    /// The requests so far, the first one first.
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<http::Request<Bytes>>> {
        // A push that panicked has left the list as it was.
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
