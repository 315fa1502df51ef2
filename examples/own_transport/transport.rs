//! The transport: `send` and `sleep`, each of which runs on a new thread.

use std::net::{Shutdown, TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{Request, Response};
use stripe_identity::{AttemptTimeout, HttpTransport, TransportError, TransportErrorKind, async_trait};
use tokio::sync::oneshot;

use crate::http1::{Connection, Deadline, exchange};

/// A transport without TLS, and so only for servers on this machine.
#[derive(Debug)]
pub(crate) struct ThreadTransport {
    max_body_size: usize,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl ThreadTransport {
    pub(crate) fn new(max_body_size: usize) -> Self {
        Self { max_body_size, idle: Arc::default() }
    }
}

#[async_trait]
impl HttpTransport for ThreadTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (max_body_size, idle) = (self.max_body_size, self.idle.clone());
        let line = Arc::new(Mutex::new(Line::Free));
        // If the future is dropped, this closes the connection.
        let _hang_up = HangUp(line.clone());
        let (tell, told) = oneshot::channel();
        thread::spawn(move || {
            // The receiver is gone if the future was dropped.
            let _ = tell.send(send(&request, max_body_size, &idle, &line));
        });
        told.await.unwrap_or_else(|_| Err(TransportErrorKind::Other.into()))
    }

    async fn sleep(&self, duration: Duration) {
        let (tell, told) = oneshot::channel();
        thread::spawn(move || {
            thread::sleep(duration);
            let _ = tell.send(());
        });
        // It is an error only if the thread panicked: then there is no wait.
        let _ = told.await;
    }
}

fn send(
    request: &Request<Bytes>,
    max_body_size: usize,
    idle: &Mutex<Vec<Connection>>,
    line: &Mutex<Line>,
) -> Result<Response<Bytes>, TransportError> {
    // An `https` request must not leave without TLS.
    if request.uri().scheme_str() != Some("http") {
        return Err(TransportError::new(TransportErrorKind::Tls, "this transport has no TLS"));
    }
    let timeout = request.extensions().get::<AttemptTimeout>();
    let deadline = Deadline(timeout.and_then(|timeout| Instant::now().checked_add(timeout.0)));
    let mut connection = match kept(idle) {
        Some(connection) => connection,
        None => connect(request, &deadline)?,
    };
    pick_up(line, &connection)?;
    let outcome = exchange(&mut connection, request, &deadline, max_body_size);
    let was_hung_up = matches!(std::mem::replace(&mut *lock(line), Line::Free), Line::HungUp);
    let (response, can_be_kept) = outcome?;
    if can_be_kept && !was_hung_up {
        lock(idle).push(connection);
    }
    Ok(response)
}

fn connect(request: &Request<Bytes>, deadline: &Deadline) -> Result<Connection, TransportError> {
    let uri = request.uri();
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let no_address = |error| TransportError::new(TransportErrorKind::Dns, error);
    let addresses = (host, uri.port_u16().unwrap_or(80)).to_socket_addrs().map_err(no_address)?;
    let mut failure = TransportError::from(TransportErrorKind::Dns);
    for address in addresses {
        let left = deadline.left().map_err(|_| TransportErrorKind::Connect)?;
        let stream = match left {
            Some(left) => TcpStream::connect_timeout(&address, left),
            None => TcpStream::connect(address),
        };
        match stream.and_then(Connection::new) {
            Ok(connection) => return Ok(connection),
            Err(error) => failure = TransportError::new(TransportErrorKind::Connect, error),
        }
    }
    Err(failure)
}

/// Returns an idle connection that is still usable.
fn kept(idle: &Mutex<Vec<Connection>>) -> Option<Connection> {
    let mut idle = lock(idle);
    while let Some(connection) = idle.pop() {
        if connection.is_silent() {
            return Some(connection);
        }
    }
    None
}

/// The state of a request, which the future and its thread share.
enum Line {
    Free,
    Busy(TcpStream),
    HungUp,
}

fn pick_up(line: &Mutex<Line>, connection: &Connection) -> Result<(), TransportError> {
    let stream = connection.handle().map_err(|error| TransportError::new(TransportErrorKind::Connect, error))?;
    let mut line = lock(line);
    if matches!(*line, Line::HungUp) {
        return Err(TransportErrorKind::Connect.into());
    }
    *line = Line::Busy(stream);
    Ok(())
}

struct HangUp(Arc<Mutex<Line>>);

impl Drop for HangUp {
    fn drop(&mut self) {
        if let Line::Busy(stream) = std::mem::replace(&mut *lock(&self.0), Line::HungUp) {
            // The thread wakes and finds the connection closed. It is no error if it was closed before.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
