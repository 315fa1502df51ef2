//! A connection between hyper and TLS that does two things which hyper does not.
//!
//! - It detects a refused handshake. Under TLS 1.3, a client completes the handshake before the
//!   server has checked it. A refusal then arrives as an alert in place of a response, and hyper
//!   reports it as a broken connection.
//! - It yields to the runtime after a few reads, so that a server which sends without end cannot
//!   starve other tasks and timeouts.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{self, ReadBuf, ReadBufCursor};
use hyper_util::client::legacy::connect::{Connected, Connection};
use stripe_identity_core::http::{Extensions, Uri};
use stripe_identity_core::transport_support;
use tower_service::Service;

/// The state of a connection's handshake. Clones share it. hyper passes it along with the
/// connection.
#[derive(Clone, Debug)]
pub(crate) struct Handshake(Arc<HandshakeState>);

#[derive(Debug, Default)]
struct HandshakeState {
    was_refused: AtomicBool,
    has_served: AtomicBool,
    refusals: Refusals,
}

/// The number of refused handshakes of one client.
///
/// If a connection ends before it is ready for a request, hyper's error has no connection, and so
/// no [`Handshake`]. Then a change of this number shows that a handshake was refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals(Arc<AtomicUsize>);

impl Refusals {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Handshake {
    fn new(refusals: Refusals) -> Self {
        Self(Arc::new(HandshakeState { refusals, ..HandshakeState::default() }))
    }

    /// Returns the handshake of a connection that [`Watching`] made.
    pub(crate) fn of(connected: &Connected) -> Option<Self> {
        let mut extensions = Extensions::new();
        connected.get_extras(&mut extensions);
        extensions.remove()
    }

    /// Records a response. Later alerts do not concern the handshake.
    pub(crate) fn has_served(&self) {
        self.0.has_served.store(true, Ordering::Relaxed);
    }

    /// Returns whether the server refused the handshake.
    pub(crate) fn was_refused(&self) -> bool {
        self.0.was_refused.load(Ordering::Relaxed) && !self.0.has_served.load(Ordering::Relaxed)
    }

    /// Records a failed read if it was a refusal.
    fn note(&self, error: &io::Error) {
        if is_refusal(error) && !self.0.was_refused.swap(true, Ordering::Relaxed) {
            self.0.refusals.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn is_refusal(error: &io::Error) -> bool {
    let mut errors = transport_support::causes(error).filter_map(|cause| cause.downcast_ref());
    errors.any(|error| match error {
        rustls::Error::AlertReceived(alert) => transport_support::refuses_handshake((*alert).into()),
        _ => false,
    })
}

/// Wraps the connections of a connector in [`Watched`].
#[derive(Clone)]
pub(crate) struct Watching<C> {
    pub(crate) connector: C,
    pub(crate) refusals: Refusals,
}

impl<C> Service<Uri> for Watching<C>
where
    C: Service<Uri>,
    C::Response: rt::Read + Unpin,
    C::Future: Send + 'static,
{
    type Response = Watched<C::Response>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, C::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, refusals) = (self.connector.call(uri), self.refusals.clone());
        Box::pin(async { Ok(Watched::new(connecting.await?, refusals)) })
    }
}

/// A connection that inspects its errors before hyper converts them: HTTP/2 keeps only their text.
pub(crate) struct Watched<S> {
    stream: S,
    handshake: Handshake,
    has_read: bool,
    /// A byte that was read in search of a refusal and turned out to be data.
    early: Option<u8>,
    /// A failed write whose reason is still to be read.
    failed_write: Option<io::Error>,
    /// The number of consecutive reads that were ready at once.
    ready_reads: usize,
}

/// How many consecutive reads, of at most 64 KiB each, a connection makes before it yields.
///
/// tokio allows 128. That takes long for input that is slow to parse and leads nowhere, such as a
/// chunk size of endless zeros.
const MAX_READY_READS: usize = 8;

impl<S: rt::Read + Unpin> Watched<S> {
    fn new(stream: S, refusals: Refusals) -> Self {
        Self {
            stream,
            handshake: Handshake::new(refusals),
            has_read: false,
            early: None,
            failed_write: None,
            ready_reads: 0,
        }
    }

    /// Passes on the result of a write, except that a refused handshake is reported as such.
    ///
    /// A server that refuses the handshake also closes the connection, so a write may fail before
    /// the alert was read. Either the alert or the end of the stream can then be read without a
    /// long wait.
    fn after_write<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Err(error)) if !self.has_read && is_closed(&error) => {
                self.failed_write = Some(error);
                self.reason_for_failed_write(context).map(Err)
            }
            result => result,
        }
    }

    /// Reads the reason for a failed write, or returns the failure itself if there is none.
    fn reason_for_failed_write(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        if !self.has_read {
            let mut byte = [0];
            let mut buffer = ReadBuf::new(&mut byte);
            let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer.unfilled()));
            self.has_read = true;
            match read {
                Ok(()) => self.early = buffer.filled().first().copied(),
                Err(reason) => {
                    self.handshake.note(&reason);
                    return Poll::Ready(reason);
                }
            }
        }
        Poll::Ready(self.failed_write.take().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()))
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
    )
}

impl<S: Connection> Connection for Watched<S> {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.handshake.clone())
    }
}

impl<S: rt::Read + Unpin> rt::Read for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(byte) = self.early.take()
        {
            buffer.put_slice(&[byte]);
            return Poll::Ready(Ok(()));
        }
        if self.ready_reads == MAX_READY_READS {
            self.ready_reads = 0;
            ready!(pin!(tokio::task::yield_now()).poll(context));
        }
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) else {
            self.ready_reads = 0;
            return Poll::Pending;
        };
        self.has_read = true;
        self.ready_reads += 1;
        if let Err(error) = &read {
            self.handshake.note(error);
        }
        Poll::Ready(read)
    }
}

impl<S: rt::Read + rt::Write + Unpin> rt::Write for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.failed_write.is_some() {
            return self.reason_for_failed_write(context).map(Err);
        }
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.after_write(context, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.failed_write.is_some() {
            return self.reason_for_failed_write(context).map(Err);
        }
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.after_write(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.failed_write.is_some() {
            return self.reason_for_failed_write(context).map(Err);
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.after_write(context, result)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::task::Waker;

    use http_body_util::{BodyExt as _, Full};
    use hyper_util::client::legacy::{Client, Error};
    use hyper_util::rt::TokioExecutor;
    use rustls::AlertDescription;
    use stripe_identity_core::bytes::Bytes;
    use stripe_identity_core::http::Request;

    use super::*;

    /// A connector whose connections respond to some requests and refuse the next with an alert.
    #[derive(Clone)]
    struct Scripted {
        responses: usize,
        alert: AlertDescription,
    }

    impl Service<Uri> for Scripted {
        type Response = Script;
        type Error = Infallible;
        type Future = Ready<Result<Script, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Uri) -> Self::Future {
            ready(Ok(Script { responses: self.responses, alert: self.alert, unanswered: 0, reader: None }))
        }
    }

    struct Script {
        responses: usize,
        alert: AlertDescription,
        unanswered: usize,
        reader: Option<Waker>,
    }

    impl Connection for Script {
        fn connected(&self) -> Connected {
            Connected::new()
        }
    }

    impl rt::Read for Script {
        fn poll_read(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
            mut buffer: ReadBufCursor<'_>,
        ) -> Poll<io::Result<()>> {
            if self.unanswered == 0 {
                self.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            self.unanswered -= 1;
            if self.responses == 0 {
                let alert = rustls::Error::AlertReceived(self.alert);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, alert)));
            }
            self.responses -= 1;
            buffer.put_slice(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            Poll::Ready(Ok(()))
        }
    }

    impl rt::Write for Script {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.unanswered += 1;
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Returns whether an alert after some responses counts as a refused handshake.
    async fn counts_as_refusal(responses: usize, alert: AlertDescription) -> bool {
        let connector = Watching { connector: Scripted { responses, alert }, refusals: Refusals::default() };
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
        loop {
            let request = Request::get("http://x.test/").body(Full::default()).unwrap();
            let outcome: Result<_, Error> = client.request(request).await;
            match outcome {
                Err(error) => return Handshake::of(error.connect_info().unwrap()).unwrap().was_refused(),
                Ok(mut response) => {
                    response.extensions_mut().remove::<Handshake>().unwrap().has_served();
                    response.into_body().collect().await.unwrap();
                }
            }
        }
    }

    #[test]
    fn alert_refuses_the_handshake_until_a_response_arrived() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for alert in [AlertDescription::CertificateRequired, AlertDescription::UnknownCA] {
                assert!(counts_as_refusal(0, alert).await, "{alert:?}");
                assert!(!counts_as_refusal(1, alert).await, "{alert:?}");
            }
            for alert in [AlertDescription::InternalError, AlertDescription::BadRecordMac] {
                assert!(!counts_as_refusal(0, alert).await, "{alert:?}");
            }
        });
    }
}
