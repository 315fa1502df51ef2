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

/// How long a connection may be idle before the server closes it, so that no test hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// An HTTP/1.1 server on a loopback socket, with or without TLS, whose handler may respond with any
/// bytes, break the connection, or send nothing.
///
/// The server stops when it is dropped. If the handler panics, the connection ends, and the panic
/// resumes where the server is dropped, so that the test fails.
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
#[must_use = "a server stops when it is dropped"]
pub struct RawServer {
    address: SocketAddr,
    url: String,
    identity: Option<Identity>,
    shared: Arc<Shared>,
}

type Handler = dyn Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync;

struct Shared {
    handle: Box<Handler>,
    connections: AtomicUsize,
    requests: Mutex<Vec<Request<Bytes>>>,
    /// The connections that are open, to close them with the server.
    open: Mutex<HashMap<usize, TcpStream>>,
    stopped: AtomicBool,
    /// The panic of the handler.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl RawServer {
    /// Starts a server without TLS on a free port. If `handle` returns an error, the connection
    /// ends and the server continues.
    ///
    /// # Errors
    ///
    /// If the system provides no socket.
    pub fn start(handle: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_with(Box::new(handle), None)
    }

    /// Starts a server with TLS for the names `localhost` and `stripe.test`, with a new self-signed
    /// [`certificate`](Self::certificate). The second name has no address, so only a proxy can reach
    /// the server by it.
    ///
    /// ```
    /// use stripe_identity_mock::RawServer;
    ///
    /// let server = RawServer::start_tls(|exchange| exchange.respond("200 OK", "{}"))?;
    /// assert!(server.url().starts_with("https://localhost:"));
    /// assert!(server.certificate().is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the system provides no socket, or no certificate could be made.
    pub fn start_tls(handle: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_with(Box::new(handle), Some(Identity::new(&["localhost", "stripe.test"])?))
    }

    /// Starts a server whose certificate is for another name than that of its URL.
    pub(crate) fn start_tls_as(
        name: &str,
        handle: impl Fn(&mut Exchange<'_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::start_with(Box::new(handle), Some(Identity::new(&[name])?))
    }

    fn start_with(handle: Box<Handler>, identity: Option<Identity>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let url = match &identity {
            None => format!("http://{address}"),
            Some(_) => format!("https://localhost:{}", address.port()),
        };
        let shared = Arc::new(Shared {
            handle,
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

    /// Returns the address on which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL of the server: `http://127.0.0.1:…`, or `https://localhost:…` with TLS.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the certificate for clients to trust, in DER form, or `None` without TLS.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.identity.as_ref().map(Identity::certificate)
    }

    /// Returns how many connections were made to the server.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Returns how many connections the server has not closed yet.
    pub(crate) fn open_connections(&self) -> usize {
        self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the requests that arrived whole, in order of arrival. Their URIs are the targets of
    /// the request lines.
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts connections. If that fails, it has ended.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        for connection in self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).values() {
            // Fails if the connection has ended, which is fine.
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
        // An error ends the connection and nothing else, since the client is under test. A panic
        // comes from the test's own handler.
        let serve = AssertUnwindSafe(|| self.serve_requests(stream, identity));
        if let Err(panic) = catch_unwind(serve) {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
        // Drops the last handle, which closes the connection.
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
            (self.handle)(&mut exchange)?;
            match exchange.end {
                None => {}
                Some(End::Close) => break,
                Some(End::Abandon) => return Ok(()),
                // Dropping a connection that does not linger resets it.
                Some(End::Reset) => return connection.do_not_linger(),
            }
        }
        connection.close();
        Ok(())
    }
}

/// One request to a [`RawServer`], and the connection on which it arrived.
///
/// ```
/// use std::io::{Read as _, Write as _};
/// use std::net::TcpStream;
///
/// use stripe_identity_mock::RawServer;
///
/// // Sends half of a body to the first request, and a whole response to every other.
/// let server = RawServer::start(|exchange| {
///     if exchange.number() > 1 {
///         return exchange.respond("200 OK", "{}");
///     }
///     exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf ")?;
///     exchange.close();
///     Ok(())
/// })?;
///
/// let mut client = TcpStream::connect(server.address())?;
/// client.write_all(b"GET /v1/x HTTP/1.1\r\n\r\n")?;
/// let mut response = String::new();
/// client.read_to_string(&mut response)?;
/// assert!(response.ends_with("half "));
/// # Ok::<(), std::io::Error>(())
/// ```
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
    /// Returns the request. Its URI is the target of the request line.
    pub fn request(&self) -> &Request<Bytes> {
        &self.request
    }

    /// Returns the number of this request among all requests to the server. The first is 1.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Writes bytes to the client.
    ///
    /// # Errors
    ///
    /// If the client has closed the connection.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.connection.write_all(bytes.as_ref())?;
        self.connection.flush()
    }

    /// Writes a response with a status such as `200 OK`, a body and its `Content-Length`.
    ///
    /// # Errors
    ///
    /// If the client has closed the connection.
    pub fn respond(&mut self, status: &str, body: impl AsRef<[u8]>) -> io::Result<()> {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.write([head.as_bytes(), body].concat())
    }

    /// Closes the connection once the handler returns, in TLS with `close_notify`.
    pub fn close(&mut self) {
        self.end = Some(End::Close);
    }

    /// Closes the connection once the handler returns, in TLS without `close_notify`, as an
    /// attacker who truncates a response would.
    pub fn abandon(&mut self) {
        self.end = Some(End::Abandon);
    }

    /// Resets the connection once the handler returns. Bytes that the client has not read may be
    /// lost.
    pub fn reset(&mut self) {
        self.end = Some(End::Reset);
    }

    /// Waits until the next request begins to arrive on this connection, and leaves it unread.
    ///
    /// # Errors
    ///
    /// If the client closes the connection, or sends nothing for 60 s.
    pub fn wait_for_next(&mut self) -> io::Result<()> {
        self.connection.wait_for_bytes()
    }

    /// Returns whether bytes of the next request have arrived, and leaves them unread.
    pub(crate) fn has_next(&mut self) -> bool {
        self.connection.has_bytes()
    }

    /// Waits, for 60 s at most, until the client closes the connection or the server is dropped.
    /// Returns `false` if one of them did, and `true` if the duration passed.
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

/// Reads the next request. Returns `None` if the client closed the connection instead.
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

/// Reads a line, without its end. Returns `None` if the client closed the connection instead.
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
