//! The part of HTTP/1.1 that a client needs if it sends and reads whole bodies.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use stripe_identity::bytes::Bytes;
use stripe_identity::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use stripe_identity::{TransportError, TransportErrorKind};

const MAX_HEAD_SIZE: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Returns a handle with which another thread can shut the connection down.
    pub(crate) fn handle(&self) -> io::Result<TcpStream> {
        self.0.get_ref().try_clone()
    }

    /// Returns whether the connection is open and has nothing to read. Bytes between two responses belong to neither.
    pub(crate) fn is_silent(&self) -> bool {
        let stream = self.0.get_ref();
        let is_silent = stream.set_nonblocking(true).is_ok()
            && stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            && self.0.buffer().is_empty();
        stream.set_nonblocking(false).is_ok() && is_silent
    }

    /// Returns the bytes that can be read, or none if the other side has closed the connection.
    fn fill(&mut self, deadline: &Deadline) -> io::Result<&[u8]> {
        self.0.get_ref().set_read_timeout(deadline.left()?)?;
        self.0.fill_buf()
    }
}

pub(crate) struct Deadline(pub(crate) Option<Instant>);

impl Deadline {
    /// Returns the time that is left, or `None` if there is no limit.
    pub(crate) fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.0.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// Sends a request and reads the response. Also returns whether the connection can be used again.
pub(crate) fn exchange(
    connection: &mut Connection,
    request: &Request<Bytes>,
    deadline: &Deadline,
    max_body_size: usize,
) -> Result<(Response<Bytes>, bool), TransportError> {
    write(connection, request, deadline).map_err(broken)?;
    let mut response = read_head(connection, deadline)?;
    while response.status().is_informational() {
        response = read_head(connection, deadline)?;
    }
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_chunked = header(header::TRANSFER_ENCODING).is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
    let length = header(header::CONTENT_LENGTH).map(str::parse::<usize>);
    let closes = header(header::CONNECTION).is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let mut body = Body { bytes: Vec::new(), max_size: max_body_size };
    let read = match (response.status(), length) {
        (StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED, _) => Ok(true),
        _ if is_chunked => body.read_chunks(connection, deadline).map(|()| true),
        (_, Some(Ok(length))) => body.read(connection, deadline, length).map(|()| true),
        (_, Some(Err(_))) => return Err(TransportErrorKind::Other.into()),
        (_, None) => body.read_to_end(connection, deadline).map(|()| false),
    };
    let has_end = match read {
        // Of an error response, the head is enough.
        Err(_) if !response.status().is_success() => false,
        read => read.map_err(broken)?,
    };
    *response.body_mut() = body.bytes.into();
    Ok((response, has_end && !closes))
}

fn write(connection: &mut Connection, request: &Request<Bytes>, deadline: &Deadline) -> io::Result<()> {
    let (uri, method) = (request.uri(), request.method());
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
    for (name, value) in request.headers() {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let stream = connection.0.get_mut();
    stream.set_write_timeout(deadline.left()?)?;
    stream.write_all(&[&head, &b"\r\n"[..], request.body()].concat())
}

fn read_head(connection: &mut Connection, deadline: &Deadline) -> Result<Response<Bytes>, TransportError> {
    let mut size = 0;
    let mut next_line = || {
        let line = read_line(connection, deadline).map_err(broken)?;
        size += line.len();
        if size > MAX_HEAD_SIZE { Err(TransportError::from(TransportErrorKind::Other)) } else { Ok(line) }
    };
    let mut response = Response::new(Bytes::new());
    let line = next_line()?;
    let status = line.strip_prefix(b"HTTP/1.").and_then(|rest| StatusCode::from_bytes(rest.get(2..5)?).ok());
    *response.status_mut() = status.ok_or(TransportErrorKind::Other)?;
    loop {
        let line = next_line()?;
        if line.is_empty() {
            return Ok(response);
        }
        // A value may hold bytes that are not text.
        let colon = line.iter().position(|byte| *byte == b':').ok_or(TransportErrorKind::Other)?;
        let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| TransportErrorKind::Other)?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| TransportErrorKind::Other)?;
        response.headers_mut().append(name, value);
    }
}

fn read_line(connection: &mut Connection, deadline: &Deadline) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') && line.len() <= MAX_HEAD_SIZE {
        let byte = *connection.fill(deadline)?.first().ok_or(io::ErrorKind::UnexpectedEof)?;
        line.push(byte);
        connection.0.consume(1);
    }
    line.pop();
    line.pop_if(|byte| *byte == b'\r');
    Ok(line)
}

struct Body {
    bytes: Vec<u8>,
    max_size: usize,
}

impl Body {
    fn read(&mut self, connection: &mut Connection, deadline: &Deadline, size: usize) -> io::Result<()> {
        let whole = self.bytes.len().saturating_add(size);
        let end = whole.min(self.max_size);
        while self.bytes.len() < end {
            let wanted = end - self.bytes.len();
            if self.read_some(connection, deadline, wanted)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if whole > end { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
    }

    fn read_chunks(&mut self, connection: &mut Connection, deadline: &Deadline) -> io::Result<()> {
        loop {
            let line = String::from_utf8(read_line(connection, deadline)?).map_err(io::Error::other)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
            if size == 0 {
                while !read_line(connection, deadline)?.is_empty() {}
                return Ok(());
            }
            self.read(connection, deadline, size)?;
            read_line(connection, deadline)?;
        }
    }

    fn read_to_end(&mut self, connection: &mut Connection, deadline: &Deadline) -> io::Result<()> {
        while self.read_some(connection, deadline, usize::MAX)? > 0 {
            if self.bytes.len() > self.max_size {
                self.bytes.truncate(self.max_size);
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(())
    }

    fn read_some(&mut self, connection: &mut Connection, deadline: &Deadline, wanted: usize) -> io::Result<usize> {
        let bytes = connection.fill(deadline)?;
        let read = bytes.len().min(wanted);
        self.bytes.extend_from_slice(&bytes[..read]);
        connection.0.consume(read);
        Ok(read)
    }
}

/// Returns the error of an exchange that had begun, so that the request may have been sent.
fn broken(error: io::Error) -> TransportError {
    let kind = match error.kind() {
        // Which of the two a socket returns after its timeout depends on the platform.
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => TransportErrorKind::Timeout,
        io::ErrorKind::FileTooLarge => TransportErrorKind::BodyTooLarge,
        _ => TransportErrorKind::Interrupted,
    };
    TransportError::new(kind, error)
}
