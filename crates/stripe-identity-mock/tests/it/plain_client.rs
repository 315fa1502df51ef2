//! A small HTTP/1.1 client that keeps a transport's contract without TLS, or breaks it in one way.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use stripe_identity_core::{AttemptTimeout, BlockingHttpTransport, TransportError, TransportErrorKind as Kind};
use stripe_identity_mock::conformance::Setup;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    SendsGetForDelete,
    NormalizesThePath,
    SendsHeadersOnce,
    SendsHostTwice,
    SendsAcceptEncoding,
    SendsBodiesAsAscii,
    SendsChunkedBodies,
    OmitsZeroContentLength,
    SendsContentLengthWithGet,
    FailsOnErrorStatuses,
    KeepsTheLastHeader,
    ReadsBodiesAsUtf8,
    ReadsOnlyOneChunk,
    IgnoresBodiesWithoutLength,
    Decompresses,
    ReturnsInformationalResponses,
    FollowsRedirects,
    RetriesErrorStatuses,
    StoresCookies,
    ReportsRefusedAsOther,
    ReportsDnsAsConnect,
    AcceptsIncompleteBodies,
    RetriesIncompleteResponses,
    AcceptsAnyStatusLine,
    HasNoLimit,
    QuotesTheUrl,
    ConnectsWithItsOwnTimeout,
    ReadsHeadersWithItsOwnTimeout,
    ReadsBodiesWithItsOwnTimeout,
    HasAShortTimeoutOfItsOwn,
    FailsOnHugeTimeouts,
    SendsOneAtATime,
    DoesNotSleep,
    NeverReusesConnections,
    ReusesClosedConnections,
    KeepsSurplusBytes,
    AcceptsResetAsEnd,
    RetriesOverANewConnection,
    ReportsBreaksAsConnect,
    IgnoresTheTimeoutOnReusedConnections,
    ReusesConnectionsThatTimedOut,
    CachesResponses,
    HasNoLimitWithoutLength,
    TruncatesUploads,
    DropsHeadersThatAreNotAscii,
    ReadsHeadsInOneRead,
    HasALongerTimeoutOfItsOwn,
    CapsSleeps,
    RetriesTimeouts,
    SendsEightAtATime,
    SendsHttpsInPlainText,
    ReportsMissingTlsAsConnect,
    FailsOnLargeErrors,
    FailsOnBrokenErrors,
    ReusesConnectionsOfBrokenErrors,
    StopsItsClockWhileItSleeps,
}

pub(crate) struct PlainClient {
    wrong: Option<Wrong>,
    max_body_size: usize,
    /// The timeout of the requests that are meant to time out.
    timeout: Duration,
    /// Longer than the suite ever allows.
    own_timeout: Duration,
    idle: Mutex<Vec<Connection>>,
    cookie: Mutex<Option<HeaderValue>>,
    in_turn: Mutex<()>,
    places: Places,
    cache: Mutex<HashMap<String, Response<Bytes>>>,
    started: Instant,
    slept: Mutex<Duration>,
}

/// Counts requests under way, of which there are eight at most.
#[derive(Default)]
struct Places(Mutex<usize>, Condvar);

struct Place<'a>(&'a Places);

impl Places {
    fn take(&self) -> Place<'_> {
        let taken = self.0.lock().unwrap();
        *self.1.wait_while(taken, |taken| *taken == 8).unwrap() += 1;
        Place(self)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap() -= 1;
        self.0.1.notify_one();
    }
}

type Connection = BufReader<TcpStream>;

struct Deadline(Option<Instant>);

impl Deadline {
    fn apply(&self, connection: &Connection) -> io::Result<()> {
        let left = match self.0 {
            None => None,
            Some(end) => match end.saturating_duration_since(Instant::now()) {
                Duration::ZERO => return Err(io::ErrorKind::TimedOut.into()),
                left => Some(left),
            },
        };
        connection.get_ref().set_read_timeout(left)
    }
}

impl PlainClient {
    pub(crate) fn new(wrong: Option<Wrong>, setup: &Setup) -> Self {
        let (max_body_size, timeout, own_timeout) = (setup.max_body_size(), setup.timeout(), setup.longest_wait());
        let idle = Mutex::default();
        let (cookie, in_turn, cache) = (Mutex::default(), Mutex::default(), Mutex::default());
        let (places, started, slept) = (Places::default(), Instant::now(), Mutex::default());
        Self { wrong, max_body_size, timeout, own_timeout, idle, cookie, in_turn, places, cache, started, slept }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }

    fn connect(&self, request: &Request<Bytes>, deadline: &Deadline) -> Result<Connection, TransportError> {
        if request.uri().scheme_str() == Some("https") && !self.is(Wrong::SendsHttpsInPlainText) {
            return Err(if self.is(Wrong::ReportsMissingTlsAsConnect) { Kind::Connect } else { Kind::Tls }.into());
        }
        let (host, port) = (request.uri().host().unwrap(), request.uri().port_u16().unwrap_or(80));
        let no_name = if self.is(Wrong::ReportsDnsAsConnect) { Kind::Connect } else { Kind::Dns };
        let address = (host, port).to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or(no_name)?;
        let left = deadline.0.map(|end| end.saturating_duration_since(Instant::now()));
        let left = if self.is(Wrong::ConnectsWithItsOwnTimeout) { Some(self.own_timeout) } else { left };
        let stream = TcpStream::connect_timeout(&address, left.unwrap_or(self.own_timeout)).map_err(|error| {
            let refused = if self.is(Wrong::ReportsRefusedAsOther) { Kind::Other } else { Kind::Connect };
            TransportError::new(if error.kind() == io::ErrorKind::TimedOut { Kind::Timeout } else { refused }, error)
        })?;
        Ok(BufReader::new(stream))
    }

    fn kept_connection(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap();
        while let Some(connection) = idle.pop() {
            if self.is(Wrong::ReusesClosedConnections) {
                return Some(connection);
            }
            let stream = connection.get_ref();
            stream.set_nonblocking(true).unwrap();
            // Only a connection that is open and has nothing to read can be reused.
            let is_silent = stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
            stream.set_nonblocking(false).unwrap();
            if is_silent && (connection.buffer().is_empty() || self.is(Wrong::KeepsSurplusBytes)) {
                return Some(connection);
            }
        }
        None
    }

    fn write(&self, connection: &mut Connection, request: &Request<Bytes>) -> io::Result<()> {
        let method = match *request.method() {
            Method::DELETE if self.is(Wrong::SendsGetForDelete) => &Method::GET,
            _ => request.method(),
        };
        let mut target = request.uri().path_and_query().unwrap().to_string();
        if self.is(Wrong::NormalizesThePath) {
            target = target.replace("%2F", "/").replace("//", "/");
        }
        let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\n", request.uri().authority().unwrap());
        let mut line = |name: &str, value: &str| head += &[name, ": ", value, "\r\n"].concat();
        if self.is(Wrong::SendsHostTwice) {
            line("host", "again");
        }
        if self.is(Wrong::SendsAcceptEncoding) {
            line("accept-encoding", "gzip");
        }
        if self.is(Wrong::SendsContentLengthWithGet) && *method == Method::GET {
            line("content-length", "0");
        }
        if let Some(cookie) = &*self.cookie.lock().unwrap() {
            line("cookie", cookie.to_str().unwrap());
        }
        let is_empty = request.body().is_empty();
        for name in request.headers().keys() {
            let is_length = name == "content-length";
            if is_length && (self.is(Wrong::SendsChunkedBodies) || is_empty && self.is(Wrong::OmitsZeroContentLength)) {
                continue;
            }
            for value in request.headers().get_all(name) {
                if is_length && self.is(Wrong::TruncatesUploads) {
                    line("content-length", &request.body().len().min(1_000_000).to_string());
                    continue;
                }
                line(name.as_str(), value.to_str().unwrap());
                if self.is(Wrong::SendsHeadersOnce) {
                    break;
                }
            }
        }
        let mut body = request.body().to_vec();
        if self.is(Wrong::TruncatesUploads) {
            body.truncate(1_000_000);
        }
        if self.is(Wrong::SendsBodiesAsAscii) {
            // Keeps the length, so that only the bytes are wrong.
            body.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        }
        if self.is(Wrong::SendsChunkedBodies) && *method == Method::POST {
            line("transfer-encoding", "chunked");
            let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
            body = if is_empty { b"0\r\n\r\n".to_vec() } else { [&chunk[..], b"0\r\n\r\n"].concat() };
        }
        connection.get_mut().write_all(&[head.as_bytes(), b"\r\n", &body].concat())
    }

    /// Returns the response, and whether the connection can be reused.
    fn read(
        &self,
        connection: &mut Connection,
        deadline: &Deadline,
    ) -> Result<(Response<Bytes>, bool), TransportError> {
        let own = Deadline(Some(Instant::now() + self.own_timeout));
        let in_head = if self.is(Wrong::ReadsHeadersWithItsOwnTimeout) { &own } else { deadline };
        let in_body = if self.is(Wrong::ReadsBodiesWithItsOwnTimeout) { &own } else { deadline };
        let mut response = loop {
            let response = self.read_head(connection, in_head)?;
            if !response.status().is_informational() || self.is(Wrong::ReturnsInformationalResponses) {
                break response;
            }
        };
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let mut body = Vec::new();
        let mut is_reusable = true;
        let is_error = !response.status().is_success();
        let may_cut = is_error && !matches!(self.wrong, Some(Wrong::FailsOnLargeErrors | Wrong::HasNoLimit));
        if !matches!(response.status().as_u16(), 100..200 | 204 | 304) {
            let ended = if header("transfer-encoding").is_some() {
                self.read_chunks(connection, in_body, &mut body)
            } else if let Some(length) = header("content-length") {
                let length: usize = length.parse().map_err(|_| Kind::Other)?;
                if may_cut && length > self.max_body_size {
                    is_reusable = false;
                    read_exactly(connection, in_body, self.max_body_size, &mut body)
                } else {
                    self.check_size(length)?;
                    read_exactly(connection, in_body, length, &mut body)
                }
            } else {
                is_reusable = false;
                self.read_to_end(connection, in_body, &mut body)
            };
            match ended {
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge && may_cut => {
                    body.truncate(self.max_body_size);
                    is_reusable = false;
                }
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => return Err(Kind::BodyTooLarge.into()),
                Err(_) if self.is(Wrong::AcceptsIncompleteBodies) => is_reusable = false,
                // The status of an error matters more than the rest of its body.
                Err(_) if is_error && !self.is(Wrong::FailsOnBrokenErrors) => {
                    is_reusable = self.is(Wrong::ReusesConnectionsOfBrokenErrors);
                }
                ended => ended.map_err(broken)?,
            }
        }
        if !self.has_no_limit_without_length() {
            self.check_size(body.len())?;
        }
        if self.is(Wrong::ReadsBodiesAsUtf8) {
            body = String::from_utf8_lossy(&body).into_owned().into_bytes();
        }
        if self.is(Wrong::Decompresses) && header("content-encoding").is_some() {
            body.clear();
        }
        *response.body_mut() = body.into();
        Ok((response, is_reusable))
    }

    fn check_size(&self, size: usize) -> Result<(), TransportError> {
        let is_fine = size <= self.max_body_size || self.is(Wrong::HasNoLimit);
        if is_fine { Ok(()) } else { Err(Kind::BodyTooLarge.into()) }
    }

    fn read_head(&self, connection: &mut Connection, deadline: &Deadline) -> Result<Response<Bytes>, TransportError> {
        if self.is(Wrong::ReadsHeadsInOneRead) {
            deadline.apply(connection).map_err(broken)?;
            let bytes = connection.fill_buf().map_err(broken)?;
            if !bytes.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                return Err(Kind::Interrupted.into());
            }
        }
        let first = read_line(connection, deadline).map_err(broken)?;
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        let status = match status {
            Some(status) => status,
            None if self.is(Wrong::AcceptsAnyStatusLine) => StatusCode::NO_CONTENT,
            None => return Err(Kind::Other.into()),
        };
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        loop {
            let line = read_bytes(connection, deadline).map_err(broken)?;
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Ok(response) };
            let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| Kind::Other)?;
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| Kind::Other)?;
            if self.is(Wrong::DropsHeadersThatAreNotAscii) && value.to_str().is_err() {
                continue;
            }
            if self.is(Wrong::KeepsTheLastHeader) {
                response.headers_mut().insert(name, value);
            } else {
                response.headers_mut().append(name, value);
            }
        }
    }

    fn read_chunks(&self, connection: &mut Connection, deadline: &Deadline, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let size = usize::from_str_radix(&read_line(connection, deadline)?, 16).map_err(io::Error::other)?;
            if body.len() + size > self.max_body_size && !self.is(Wrong::HasNoLimit) {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let length = body.len();
            read_exactly(connection, deadline, size, body)?;
            if self.is(Wrong::ReadsOnlyOneChunk) && length > 0 {
                body.truncate(length);
            }
            if size == 0 {
                while !read_line(connection, deadline)?.is_empty() {}
                return Ok(());
            }
            read_line(connection, deadline)?;
        }
    }

    fn read_to_end(&self, connection: &mut Connection, deadline: &Deadline, body: &mut Vec<u8>) -> io::Result<()> {
        if self.is(Wrong::IgnoresBodiesWithoutLength) {
            return Ok(());
        }
        loop {
            deadline.apply(connection)?;
            let bytes = match connection.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset && self.is(Wrong::AcceptsResetAsEnd) => {
                    &[]
                }
                bytes => bytes?,
            };
            let read = bytes.len();
            body.extend(bytes);
            connection.consume(read);
            if read == 0 {
                return Ok(());
            }
            if body.len() > self.max_body_size && !self.has_no_limit_without_length() {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
    }

    fn has_no_limit_without_length(&self) -> bool {
        self.is(Wrong::HasNoLimit) || self.is(Wrong::HasNoLimitWithoutLength)
    }

    fn exchange(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let timeout = request.extensions().get::<AttemptTimeout>().map(|timeout| timeout.0);
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if timeout.is_some() && end.is_none() && self.is(Wrong::FailsOnHugeTimeouts) {
            return Err(Kind::Other.into());
        }
        let patience = match self.wrong {
            Some(Wrong::HasAShortTimeoutOfItsOwn) => Some(self.timeout),
            Some(Wrong::HasALongerTimeoutOfItsOwn) => Some(3 * self.timeout),
            _ => None,
        };
        let own_end = patience.map(|patience| Instant::now() + patience);
        let end = end.into_iter().chain(own_end).min();
        let deadline = Deadline(end);
        let kept = self.kept_connection();
        let is_kept = kept.is_some();
        let deadline =
            if is_kept && self.is(Wrong::IgnoresTheTimeoutOnReusedConnections) { Deadline(None) } else { deadline };
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.connect(request, &deadline)?,
        };
        self.write(&mut connection, request).map_err(broken)?;
        let (response, is_reusable) = match self.read(&mut connection, &deadline) {
            Err(error) if is_kept && error.kind() == Kind::Interrupted => match self.wrong {
                Some(Wrong::RetriesOverANewConnection) => return self.exchange(request),
                Some(Wrong::ReportsBreaksAsConnect) => return Err(TransportError::new(Kind::Connect, error)),
                _ => return Err(error),
            },
            Err(error) => {
                if error.kind() == Kind::Timeout && self.is(Wrong::RetriesTimeouts) {
                    // In the background, since the caller gets the timeout.
                    self.write(&mut self.connect(request, &Deadline(None))?, request).map_err(broken)?;
                }
                if error.kind() == Kind::Timeout && self.is(Wrong::ReusesConnectionsThatTimedOut) {
                    self.idle.lock().unwrap().push(connection);
                }
                return Err(error);
            }
            read => read?,
        };
        if is_reusable && !self.is(Wrong::NeverReusesConnections) {
            self.idle.lock().unwrap().push(connection);
        }
        Ok(response)
    }
}

fn broken(error: io::Error) -> TransportError {
    let is_late = matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
    TransportError::new(if is_late { Kind::Timeout } else { Kind::Interrupted }, error)
}

fn read_exactly(connection: &mut Connection, deadline: &Deadline, size: usize, into: &mut Vec<u8>) -> io::Result<()> {
    let end = into.len() + size;
    while into.len() < end {
        deadline.apply(connection)?;
        let bytes = connection.fill_buf()?;
        let read = bytes.len().min(end - into.len());
        into.extend(&bytes[..read]);
        connection.consume(read);
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn read_bytes(connection: &mut Connection, deadline: &Deadline) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        deadline.apply(connection)?;
        let mut byte = [0];
        connection.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(line)
}

fn read_line(connection: &mut Connection, deadline: &Deadline) -> io::Result<String> {
    String::from_utf8(read_bytes(connection, deadline)?)
        .map(|line| line.trim_end().to_owned())
        .map_err(io::Error::other)
}

impl BlockingHttpTransport for PlainClient {
    fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let _place = self.is(Wrong::SendsEightAtATime).then(|| self.places.take());
        let _turn = self.is(Wrong::SendsOneAtATime).then(|| self.in_turn.lock().unwrap());
        let target = request.uri().to_string();
        if let Some(response) = self.cache.lock().unwrap().get(&target).filter(|_| request.method() == Method::GET) {
            return Ok(response.clone());
        }
        let mut outcome = self.exchange(&request);
        let retries = |outcome: &Result<Response<Bytes>, TransportError>| match outcome {
            Ok(response) => self.is(Wrong::RetriesErrorStatuses) && response.status().as_u16() > 400,
            Err(error) => self.is(Wrong::RetriesIncompleteResponses) && error.kind() == Kind::Interrupted,
        };
        if retries(&outcome) {
            outcome = self.exchange(&request);
        }
        if let Ok(response) = &outcome {
            if self.is(Wrong::CachesResponses) {
                self.cache.lock().unwrap().insert(target, response.clone());
            }
            if self.is(Wrong::StoresCookies) {
                *self.cookie.lock().unwrap() = response.headers().get("set-cookie").cloned();
            }
            if let (true, Some(location)) = (self.is(Wrong::FollowsRedirects), response.headers().get("location")) {
                *request.uri_mut() = location.to_str().unwrap().parse().unwrap();
                return self.exchange(&request);
            }
            if self.is(Wrong::FailsOnErrorStatuses) && response.status().as_u16() >= 400 {
                return Err(Kind::Other.into());
            }
        }
        outcome.map_err(|error| match self.wrong {
            Some(Wrong::QuotesTheUrl) => TransportError::new(error.kind(), format!("{} failed", request.uri())),
            _ => error,
        })
    }

    fn sleep(&self, duration: Duration) {
        let most = match self.wrong {
            Some(Wrong::DoesNotSleep) => Duration::ZERO,
            Some(Wrong::CapsSleeps) => 3 * self.timeout,
            _ => Duration::MAX,
        };
        thread::sleep(duration.min(most));
        *self.slept.lock().unwrap() += duration;
    }

    fn now(&self) -> Duration {
        let now = self.started.elapsed();
        if self.is(Wrong::StopsItsClockWhileItSleeps) { now.saturating_sub(*self.slept.lock().unwrap()) } else { now }
    }
}

impl std::fmt::Debug for PlainClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainClient").field("wrong", &self.wrong).finish_non_exhaustive()
    }
}
