use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, join_all, select};
use http::{Request, Response};
use stripe_identity_core::{BlockingHttpTransport, HttpTransport, TransportError, TransportErrorKind, async_trait};

/// What a transport returned for a request.
pub(super) type Outcome = Result<Response<Bytes>, TransportError>;

/// The transport under test, asynchronous or blocking.
#[async_trait]
pub(super) trait Candidate: Send + Sync {
    async fn send(&self, request: Request<Bytes>) -> Outcome;

    /// Sends the requests concurrently.
    async fn send_all(&self, requests: Vec<Request<Bytes>>) -> Vec<Outcome>;

    /// Sends a request, and drops its future as soon as `is_due` returns `true`.
    async fn send_and_drop(&self, request: Request<Bytes>, is_due: &(dyn Fn() -> bool + Send + Sync));

    async fn sleep(&self, duration: Duration);

    fn now(&self) -> Duration;

    fn debug(&self) -> String;
}

pub(super) struct Asynchronous<T>(pub(super) T);

pub(super) struct Blocking<T>(pub(super) Arc<T>);

#[async_trait]
impl<T: HttpTransport> Candidate for Asynchronous<T> {
    async fn send(&self, request: Request<Bytes>) -> Outcome {
        self.0.send(request).await
    }

    async fn send_all(&self, requests: Vec<Request<Bytes>>) -> Vec<Outcome> {
        join_all(requests.into_iter().map(|request| self.0.send(request))).await
    }

    async fn send_and_drop(&self, request: Request<Bytes>, is_due: &(dyn Fn() -> bool + Send + Sync)) {
        let due = pin!(async {
            while !is_due() {
                self.0.sleep(Duration::from_millis(20)).await;
            }
        });
        match select(self.0.send(request), due).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    fn now(&self) -> Duration {
        self.0.now()
    }

    fn debug(&self) -> String {
        format!("{:?}", self.0)
    }
}

#[async_trait]
impl<T: BlockingHttpTransport + 'static> Candidate for Blocking<T> {
    async fn send(&self, request: Request<Bytes>) -> Outcome {
        self.0.send(request)
    }

    async fn send_all(&self, requests: Vec<Request<Bytes>>) -> Vec<Outcome> {
        let send = |request| {
            let transport = self.0.clone();
            thread::spawn(move || transport.send(request))
        };
        let threads: Vec<_> = requests.into_iter().map(send).collect();
        let panicked = |_| Err(TransportErrorKind::Other.into());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    }

    /// Does nothing: a call that blocks cannot be dropped.
    async fn send_and_drop(&self, _: Request<Bytes>, _: &(dyn Fn() -> bool + Send + Sync)) {}

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration);
    }

    fn now(&self) -> Duration {
        self.0.now()
    }

    fn debug(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// Runs a future that never waits for another task, as is the case over a blocking transport.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future: Pin<&mut _> = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
        thread::yield_now();
    }
}
