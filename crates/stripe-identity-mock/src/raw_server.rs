use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};

use crate::connection::Connection;
use crate::tls::Identity;

/// How long a connection may be idle before the server gives it up, so that no test hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a real socket of this machine that does with each request what you say: answer with any bytes, break
/// off, or say nothing.
///
/// It is for HTTP/1.1, with or without TLS. It ends when it is dropped. If what you say panics, the connection ends, and the
/// panic goes on where the server is dropped, so that the test fails.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use stripe_identity_mock::RawServer;
///
/// let server = RawServer::start(|exchange| exchange.write("HTTP/1.1 204 No Content\r\n\r\n"))?;
/// let mut client = std::net::TcpStream::connect(server.address())?;
/// client.write_all(b"GET /v1/x HTTP/1.1\r\nConnection: close\r\n\r\n")?;
/// let mut status = [0; 12];
/// client.read_exact(&mut status)?;
/// assert_eq!(&status, b"HTTP/1.1 204");
/// assert_eq!(server.requests()[0].uri(), "/v1/x");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RawServer {
    address: SocketAddr,
    url: String,
    identity: Option<Identity>,
    shared: Arc<Shared>,
}

type Behaviour = dyn Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync;

struct Shared {
    behave: Box<Behaviour>,
    connections: AtomicUsize,
    requests: Mutex<Vec<Request<Bytes>>>,
    /// The connections that are open, to end them with the server.
    open: Mutex<HashMap<usize, TcpStream>>,
    stopped: AtomicBool,
    /// What the behaviour panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl RawServer {
    /// A server without TLS on a free port. An error of `behave` ends the connection, and nothing else.
    ///
    /// # Errors
    /// If no socket can be had.
    pub fn start(behave: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_with(Box::new(behave), None)
    }

    /// A server with TLS for the names `localhost` and `stripe.test`, with a certificate that it makes for itself: see
    /// [`certificate`](Self::certificate). The second name leads nowhere but through a proxy.
    ///
    /// # Errors
    /// If no socket or no certificate can be had.
    pub fn start_tls(behave: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_with(Box::new(behave), Some(Identity::new(&["localhost", "stripe.test"])?))
    }

    /// One with a certificate for another name than that of its URL.
    pub(crate) fn start_tls_as(
        name: &str,
        behave: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::start_with(Box::new(behave), Some(Identity::new(&[name])?))
    }

    fn start_with(behave: Box<Behaviour>, identity: Option<Identity>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let url = match &identity {
            None => format!("http://{address}"),
            Some(_) => format!("https://localhost:{}", address.port()),
        };
        let shared = Arc::new(Shared {
            behave,
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
            open: Mutex::default(),
            stopped: AtomicBool::new(false),
            panic: Mutex::default(),
        });
        let (server, for_tls) = (shared.clone(), identity.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if server.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (server, identity) = (server.clone(), for_tls.clone());
                thread::spawn(move || server.serve(stream, identity.as_ref()));
            }
        });
        Ok(Self { address, url, identity, shared })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a base URL: `http://127.0.0.1:…`, or `https://localhost:…` with TLS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate to trust, in DER form; `None` without TLS.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.identity.as_ref().map(Identity::certificate)
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// How many of them it has not ended yet.
    pub(crate) fn open_connections(&self) -> usize {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The requests that came in whole, the first one first. Their URIs are what stood in the request line.
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts; if that fails, there is none.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        for connection in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            // Of one that has ended, there is nothing to end.
            let _ = connection.shutdown(Shutdown::Both);
        }
        let panic = self.shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic.filter(|_| !thread::panicking()) {
            resume_unwind(panic);
        }
    }
}

impl fmt::Debug for RawServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawServer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream, identity: Option<&Identity>) {
        let number = self.connections.fetch_add(1, Ordering::SeqCst);
        let open = || self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(handle) = stream.try_clone() {
            open().insert(number, handle);
        }
        // Whatever goes wrong with a connection ends it; the client's side is what is under test. But what panics is the test.
        let serve = AssertUnwindSafe(|| self.serve_requests(stream, identity));
        if let Err(panic) = catch_unwind(serve) {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        // The last handle, with which it closes.
        open().remove(&number);
    }

    fn serve_requests(&self, stream: TcpStream, identity: Option<&Identity>) -> io::Result<()> {
        let mut connection = Connection::accept(stream, identity, PATIENCE)?;
        while let Some(request) = read_request(&mut connection)? {
            let number = {
                let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
                requests.push(request.clone());
                requests.len()
            };
            let mut exchange = Exchange { connection: &mut connection, request, number, shared: self, end: None };
            (self.behave)(&mut exchange)?;
            match exchange.end {
                None => {}
                Some(End::Close) => break,
                Some(End::Abandon) => return Ok(()),
                // To drop a connection that does not linger resets it.
                Some(End::Reset) => return connection.do_not_linger(),
            }
        }
        connection.close();
        Ok(())
    }
}

/// One request, and the connection that it came over.
pub struct Exchange<'a> {
    connection: &'a mut Connection,
    request: Request<Bytes>,
    number: usize,
    shared: &'a Shared,
    end: Option<End>,
}

enum End {
    Close,
    Abandon,
    Reset,
}

impl Exchange<'_> {
    /// The request. Its URI is what stood in the request line.
    pub fn request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// Which request to the server it is; the first is number 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Writes bytes to the client.
    ///
    /// # Errors
    /// If the client is gone.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.connection.write_all(bytes.as_ref())?;
        self.connection.flush()
    }

    /// Writes a response with a status such as `200 OK`, a body and its length.
    ///
    /// # Errors
    /// If the client is gone.
    pub fn respond(&mut self, status: &str, body: impl AsRef<[u8]>) -> io::Result<()> {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.write([head.as_bytes(), body].concat())
    }

    /// Ends the connection in good order, after what was written.
    pub fn close(&mut self) {
        self.end = Some(End::Close);
    }

    /// Ends the connection without telling the client in TLS that nothing more comes, as someone in between might.
    pub fn abandon(&mut self) {
        self.end = Some(End::Abandon);
    }

    /// Ends the connection by resetting it, which may take back what was written.
    pub fn reset(&mut self) {
        self.end = Some(End::Reset);
    }

    /// Waits until the next request begins to come in, and leaves it unread.
    ///
    /// # Errors
    /// If none comes.
    pub fn wait_for_next(&mut self) -> io::Result<()> {
        self.connection.wait_for_bytes()
    }

    /// Whether bytes of a next request have come in, which are left unread.
    pub(crate) fn has_next(&mut self) -> bool {
        self.connection.has_bytes()
    }

    /// Waits that long, but no longer than the client and the server are there. Returns whether both still are.
    pub fn wait(&mut self, duration: Duration) -> bool {
        let end = Instant::now() + duration.min(PATIENCE);
        loop {
            if self.shared.stopped.load(Ordering::SeqCst) || self.connection.is_closed() {
                return false;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(Duration::from_millis(10)));
        }
    }
}

impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The next request, or `None` if the client has closed the connection instead.
fn read_request(connection: &mut Connection) -> io::Result<Option<Request<Bytes>>> {
    let Some(line) = read_line(connection)? else { return Ok(None) };
    let mut parts = line.split(' ');
    let (method, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(malformed)?;
    *request.uri_mut() = target.parse().map_err(malformed)?;
    while let Some(line) = read_line(connection)?.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header without a colon"))?;
        let name: HeaderName = name.parse().map_err(malformed)?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(malformed)?;
        request.headers_mut().append(name, value);
    }
    *request.body_mut() = read_body(connection, &request)?;
    Ok(Some(request))
}

fn read_body(connection: &mut Connection, request: &Request<Bytes>) -> io::Result<Bytes> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let mut body = Vec::new();
    if text("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        loop {
            let line = read_line(connection)?.unwrap_or_default();
            let size = usize::from_str_radix(line.trim(), 16).map_err(malformed)?;
            body.extend(read_exact(connection, size)?);
            read_line(connection)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = text("content-length") {
        body = read_exact(connection, length.parse().map_err(malformed)?)?;
    }
    Ok(body.into())
}

fn read_exact(connection: &mut Connection, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    connection.take(size as u64).read_to_end(&mut bytes)?;
    if bytes.len() == size { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A line without its end; `None` if there are no more.
fn read_line(connection: &mut Connection) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while connection.read(&mut byte)? == 1 {
        if byte == *b"\n" {
            line.pop_if(|byte| *byte == b'\r');
            return String::from_utf8(line).map(Some).map_err(malformed);
        }
        line.push(byte[0]);
    }
    if line.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn malformed(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}
