//! Watches connections: whether the server refused a handshake that the client held to be complete, as it may under TLS 1.3,
//! and that no flood keeps anything else from running.

use std::error::Error as StdError;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{self, ReadBuf, ReadBufCursor};
use hyper_util::client::legacy::connect::{Connected, Connection};
use rustls::AlertDescription;
use stripe_identity_core::http::{Extensions, Uri};
use tower_service::Service;

use crate::classify::causes;

/// What is known of the handshake of a connection. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Handshake(Arc<Facts>);

#[derive(Debug, Default)]
struct Facts {
    was_refused: AtomicBool,
    has_served: AtomicBool,
    refusals: Refusals,
}

/// How many handshakes were refused to a client. Says of an error whether that is its cause where hyper does not give along
/// the connection: one may end before it is ready for the request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals(Arc<AtomicUsize>);

impl Refusals {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Handshake {
    fn new(refusals: Refusals) -> Self {
        Self(Arc::new(Facts { refusals, ..Facts::default() }))
    }

    pub(crate) fn of(connected: &Connected) -> Option<Self> {
        let mut extensions = Extensions::new();
        connected.get_extras(&mut extensions);
        extensions.remove()
    }

    /// A response came, so from now on an alert is about something else.
    pub(crate) fn has_served(&self) {
        self.0.has_served.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_refused(&self) -> bool {
        self.0.was_refused.load(Ordering::Relaxed) && !self.0.has_served.load(Ordering::Relaxed)
    }

    fn note(&self, error: &io::Error) {
        if refuses_handshake(error) && !self.0.was_refused.swap(true, Ordering::Relaxed) {
            self.0.refusals.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn refuses_handshake(error: &io::Error) -> bool {
    let error: &(dyn StdError + 'static) = error;
    let mut errors = causes(error).filter_map(|cause| cause.downcast_ref::<rustls::Error>());
    errors.any(|error| {
        matches!(
            error,
            rustls::Error::AlertReceived(
                AlertDescription::HandshakeFailure
                    | AlertDescription::NoCertificate
                    | AlertDescription::BadCertificate
                    | AlertDescription::UnsupportedCertificate
                    | AlertDescription::CertificateRevoked
                    | AlertDescription::CertificateExpired
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::UnknownCA
                    | AlertDescription::AccessDenied
                    | AlertDescription::DecryptError
                    | AlertDescription::InsufficientSecurity
                    | AlertDescription::CertificateRequired
                    | AlertDescription::UnknownPSKIdentity
            )
        )
    })
}

/// Connects, and watches the connections.
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

/// A connection whose errors are looked at before hyper gets them: HTTP/2 keeps of them the text alone.
pub(crate) struct Watched<S> {
    stream: S,
    handshake: Handshake,
    has_read: bool,
    /// What was read to learn why a write failed, and was data after all.
    early: Option<u8>,
    failed_write: Option<io::Error>,
    /// Reads in a row that gave something at once.
    reads: usize,
}

/// How many reads, of 64 KiB at most, a connection makes before it lets anything else run, timeouts included. tokio allows 128,
/// which is long for what takes long to parse and leads to nothing, such as zeros as the size of a chunk.
const MOST_READS: usize = 8;

impl<S: rt::Read + Unpin> Watched<S> {
    fn new(stream: S, refusals: Refusals) -> Self {
        Self { stream, handshake: Handshake::new(refusals), has_read: false, early: None, failed_write: None, reads: 0 }
    }

    /// Passes on the result of a write. A server that refuses the handshake also closes, and a write may fail for that before
    /// the reason was read. It is there to be read then, or the end is, so this does not wait for long.
    fn written<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Err(error)) if !self.has_read && is_closed(&error) => {
                self.failed_write = Some(error);
                self.why_the_write_failed(context).map(Err)
            }
            result => result,
        }
    }

    fn why_the_write_failed(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
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
        if self.reads == MOST_READS {
            self.reads = 0;
            ready!(pin!(tokio::task::yield_now()).poll(context));
        }
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) else {
            self.reads = 0;
            return Poll::Pending;
        };
        self.has_read = true;
        self.reads += 1;
        if let Err(error) = &read {
            self.handshake.note(error);
        }
        Poll::Ready(read)
    }
}

impl<S: rt::Read + rt::Write + Unpin> rt::Write for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.failed_write.is_some() {
            return self.why_the_write_failed(context).map(Err);
        }
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.failed_write.is_some() {
            return self.why_the_write_failed(context).map(Err);
        }
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.written(context, result)
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
            return self.why_the_write_failed(context).map(Err);
        }
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.written(context, result)
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
    use stripe_identity_core::bytes::Bytes;
    use stripe_identity_core::http::Request;

    use super::*;

    /// Makes connections that answer some requests and refuse the next with an alert.
    #[derive(Clone)]
    struct Scripted {
        answers: usize,
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
            ready(Ok(Script { answers: self.answers, alert: self.alert, requests: 0, reader: None }))
        }
    }

    struct Script {
        answers: usize,
        alert: AlertDescription,
        /// That wait for an answer.
        requests: usize,
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
            if self.requests == 0 {
                self.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            self.requests -= 1;
            if self.answers == 0 {
                let alert = rustls::Error::AlertReceived(self.alert);
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, alert)));
            }
            self.answers -= 1;
            buffer.put_slice(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            Poll::Ready(Ok(()))
        }
    }

    impl rt::Write for Script {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.requests += 1;
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

    /// Whether the first request that is refused counts as refused in the handshake.
    async fn is_refusal(answers: usize, alert: AlertDescription) -> bool {
        let connector = Watching { connector: Scripted { answers, alert }, refusals: Refusals::default() };
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
    fn an_alert_is_about_the_handshake_until_a_response_came() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for alert in [AlertDescription::CertificateRequired, AlertDescription::UnknownCA] {
                assert!(is_refusal(0, alert).await, "{alert:?}");
                assert!(!is_refusal(1, alert).await, "{alert:?}");
            }
            for alert in [AlertDescription::InternalError, AlertDescription::BadRecordMac] {
                assert!(!is_refusal(0, alert).await, "{alert:?}");
            }
        });
    }
}
