//! TCP connections: to the first address of a host that accepts, and with a check for early
//! responses while sending.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stripe_identity_core::transport_support::alternate_families;
use ureq::unversioned::resolver::Resolver;
use ureq::unversioned::transport::time::Duration as After;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// How long each of several addresses is tried in the first round. A round trip takes less. A
/// slower address gets more time in the next round.
const FIRST_SHARE: Duration = Duration::from_millis(500);
/// How long a server may take to read what is written before the client checks for input from it.
const STALL: Duration = Duration::from_millis(50);

/// A point in time by which an operation must end, and the timeout that it stems from.
#[derive(Clone, Copy)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    reason: Timeout,
}

impl Deadline {
    pub(crate) fn of(timeout: NextTimeout) -> Self {
        let at = match timeout.after {
            After::Exact(after) => Instant::now().checked_add(after),
            After::NotHappening => None,
        };
        Self { at, reason: timeout.reason }
    }

    fn or_sooner(self, other: Option<Self>) -> Self {
        match other.and_then(|other| other.at) {
            Some(at) if self.at.is_none_or(|own| at < own) => Self { at: Some(at), ..self },
            _ => self,
        }
    }

    /// Returns the time left, or `None` if there is no limit. It is never zero, which sockets
    /// reject.
    fn left(self) -> Result<Option<Duration>, Error> {
        let Some(at) = self.at else { return Ok(None) };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Error::Timeout(self.reason)) } else { Ok(Some(left)) }
    }

    fn left_of(self, limit: Duration) -> Result<Duration, Error> {
        Ok(self.left()?.map_or(limit, |left| left.min(limit)))
    }
}

/// State that the lowest and the highest layer of a connection share. TLS and tunnels lie between
/// them.
pub(crate) struct Link {
    /// When the connection must be established, until it is.
    established_by: Mutex<Option<Deadline>>,
    has_early_input: AtomicBool,
    is_abandoned: AtomicBool,
}

impl Link {
    pub(crate) fn new(established_by: Deadline) -> Self {
        Self {
            established_by: Mutex::new(Some(established_by)),
            has_early_input: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
        }
    }

    fn established_by(&self) -> Option<Deadline> {
        *self.established_by.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the connection as established. From now on each request has its own timeout.
    pub(crate) fn establish(&self) {
        *self.established_by.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Returns whether input has arrived since the last call, from a server that was slow to read
    /// what was sent.
    pub(crate) fn take_early_input(&self) -> bool {
        self.has_early_input.swap(false, Ordering::Relaxed)
    }

    /// Discards all further output. The connection is not used again.
    pub(crate) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

/// Looks a host up and opens a connection to it, within its timeout and that of its link.
pub(crate) fn open(
    details: &ConnectionDetails<'_>,
    resolver: &dyn Resolver,
    link: Arc<Link>,
) -> Result<TcpTransport, Error> {
    let deadline = Deadline::of(details.timeout).or_sooner(link.established_by());
    let after = deadline.left()?.map_or(After::NotHappening, After::Exact);
    let timeout = NextTimeout { after, ..details.timeout };
    let addresses = resolver.resolve(details.uri, details.config, timeout)?;
    let stream = connect(&addresses, deadline)?;
    stream.set_nodelay(true)?;
    let config = details.config;
    Ok(TcpTransport {
        socket: Socket { stream, link, is_broken: false },
        buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        unsent: Vec::new(),
    })
}

/// Tries the addresses one after the other, each for a short time at first and for longer in each
/// further round. So an address that is silent does not use up the time of the others.
fn connect(addresses: &[SocketAddr], deadline: Deadline) -> Result<TcpStream, Error> {
    let mut waiting = alternate_families(addresses);
    let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
    let mut share = FIRST_SHARE;
    while !waiting.is_empty() {
        let mut silent = Vec::new();
        for (tried, address) in waiting.iter().enumerate() {
            let to_try = waiting.len() - tried;
            let left = deadline.left()?;
            let time = if to_try == 1 && silent.is_empty() {
                left
            } else {
                let equal = left.map(|left| left / u32::try_from(to_try).unwrap_or(u32::MAX));
                Some(equal.map_or(share, |equal| equal.min(share)).max(Duration::from_millis(1)))
            };
            let connected = match time {
                Some(time) => TcpStream::connect_timeout(address, time),
                None => TcpStream::connect(address),
            };
            match connected {
                Ok(stream) => return Ok(stream),
                // A timeout of the system has an error code and is final.
                Err(error) if error.kind() == ErrorKind::TimedOut && error.raw_os_error().is_none() => {
                    silent.push(*address);
                }
                Err(error) => failure = error,
            }
        }
        waiting = silent;
        share = share.saturating_mul(4);
    }
    Err(failure.into())
}

/// A TCP connection that checks for early input while the server is slow to read.
///
/// Output that is unsent at that point stays here, so that the layers above can read the input and
/// then continue.
#[derive(Debug)]
pub(crate) struct TcpTransport {
    socket: Socket,
    buffers: LazyBuffers,
    unsent: Vec<u8>,
}

struct Socket {
    stream: TcpStream,
    link: Arc<Link>,
    /// Whether writing has failed. Earlier input may still be read.
    is_broken: bool,
}

impl Socket {
    fn deadline(&self, timeout: NextTimeout) -> Deadline {
        Deadline::of(timeout).or_sooner(self.link.established_by())
    }

    /// Returns whether output is discarded.
    fn discards_output(&self) -> bool {
        self.is_broken || self.link.is_abandoned()
    }

    /// Writes until everything is written or input arrives. Returns how many bytes need no further
    /// attention.
    fn write(&mut self, bytes: &[u8], deadline: Deadline) -> Result<usize, Error> {
        let mut written = 0;
        while written < bytes.len() {
            self.stream.set_write_timeout(Some(deadline.left_of(STALL)?))?;
            match self.stream.write(&bytes[written..]) {
                Ok(taken) if taken > 0 => written += taken,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {}
                // The reason is in the input.
                Ok(_) | Err(_) => {
                    self.is_broken = true;
                    return Ok(bytes.len());
                }
            }
            // The system accepted only a part in that time.
            if written < bytes.len() && self.has_input() {
                self.link.has_early_input.store(true, Ordering::Relaxed);
                break;
            }
        }
        Ok(written)
    }

    /// Returns whether there is input, or the end of it.
    fn has_input(&self) -> bool {
        let peek = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            peeked
        };
        peek().map_or_else(|error| !is_timeout(&error), |_| true)
    }
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let deadline = self.socket.deadline(timeout);
        if self.socket.discards_output() {
            return Ok(());
        }
        let taken = self.socket.write(&self.unsent, deadline)?;
        self.unsent.drain(..taken);
        let output = &self.buffers.output()[..amount];
        let taken = if self.unsent.is_empty() { self.socket.write(output, deadline)? } else { 0 };
        self.unsent.extend(&output[taken..]);
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let deadline = self.socket.deadline(timeout);
        loop {
            let is_sending = !self.unsent.is_empty() && !self.socket.discards_output();
            let time = if is_sending { Some(deadline.left_of(STALL)?) } else { deadline.left()? };
            self.socket.stream.set_read_timeout(time)?;
            match self.socket.stream.read(self.buffers.input_append_buf()) {
                Ok(amount) => {
                    self.buffers.input_appended(amount);
                    return Ok(amount > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    if is_sending {
                        let taken = self.socket.write(&self.unsent, deadline)?;
                        self.unsent.drain(..taken);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.unsent.is_empty() && !self.socket.discards_output() && !self.socket.has_input()
    }
}

/// Returns whether a socket's timeout ran out. Systems differ in the kind of error.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use socket2::{Domain, Socket as RawSocket, Type};

    use super::*;

    /// Returns a listener that accepts no more connections, and those that occupy it.
    fn full(local: &str) -> (SocketAddr, TcpListener, Vec<TcpStream>) {
        let local: SocketAddr = local.parse().unwrap();
        let socket = RawSocket::new(Domain::for_address(local), Type::STREAM, None).unwrap();
        socket.bind(&local.into()).unwrap();
        socket.listen(0).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            waiting.push(stream);
        }
        (address, listener, waiting)
    }

    /// Returns a listener that accepts connections, and its address.
    fn good(local: &str) -> (SocketAddr, TcpListener) {
        let listener = TcpListener::bind(local).unwrap();
        (listener.local_addr().unwrap(), listener)
    }

    /// Returns an address that refuses connections: its port is reserved for a service that is not
    /// in use.
    fn refusing() -> SocketAddr {
        ([127, 0, 0, 1], 1).into()
    }

    fn within(time: Duration) -> Deadline {
        Deadline { at: Instant::now().checked_add(time), reason: Timeout::Connect }
    }

    fn expect_connection(addresses: &[SocketAddr], time: Duration, to: SocketAddr) {
        let started = Instant::now();
        let stream = connect(addresses, within(time)).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), to, "{addresses:?}");
        assert!(started.elapsed() < time, "{addresses:?}: {:?}", started.elapsed());
    }

    #[test]
    fn silent_address_leaves_time_for_the_others() {
        let ((silent, _full, _waiting), (good, _listener)) = (full("127.0.0.1:0"), good("127.0.0.1:0"));
        let long = Duration::from_secs(30);
        let started = Instant::now();
        expect_connection(&[silent, good], long, good);
        expect_connection(&[silent, silent, good], long, good);
        expect_connection(&[good, silent], long, good);
        assert!(started.elapsed() < long / 2, "{:?}", started.elapsed());
        let short = Duration::from_secs(6);
        expect_connection(&[silent, good], short, good);
        expect_connection(&[&[silent; 15][..], &[good]].concat(), short, good);
        expect_connection(&[refusing(), silent, refusing(), good], short, good);
    }

    #[test]
    fn silent_ipv6_address_leaves_time_for_an_ipv4_one() {
        let ((silent, _full, _waiting), (good, _listener)) = (full("[::1]:0"), good("127.0.0.1:0"));
        let started = Instant::now();
        expect_connection(&[silent, good], Duration::from_secs(30), good);
        expect_connection(&[&[silent; 15][..], &[good]].concat(), Duration::from_secs(30), good);
        // That is, before all of the silent ones were tried.
        assert!(started.elapsed() < 10 * FIRST_SHARE, "{:?}", started.elapsed());
    }

    #[test]
    fn slow_address_gets_more_time_in_the_next_round() {
        let ((silent, _full, _waiting), (slow, listener, waiting)) = (full("127.0.0.1:0"), full("127.0.0.1:0"));
        thread::spawn(move || {
            thread::sleep(2 * FIRST_SHARE);
            drop(waiting);
            // Accepts the connection of the test.
            listener.incoming().for_each(drop);
        });
        expect_connection(&[slow, silent], Duration::from_secs(30), slow);
    }

    #[test]
    fn refusal_by_all_addresses_is_an_io_error_and_silence_is_a_timeout() {
        let (silent, _full, _waiting) = full("127.0.0.1:0");
        let outcome = connect(&[refusing(), refusing()], within(Duration::from_secs(30)));
        assert!(matches!(outcome, Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused));
        for addresses in [&[silent][..], &[silent, silent], &[refusing(), silent]] {
            let outcome = connect(addresses, within(Duration::from_millis(300)));
            assert!(matches!(outcome, Err(Error::Timeout(Timeout::Connect))), "{addresses:?}: {outcome:?}");
        }
        let no_time = connect(&[silent], within(Duration::ZERO));
        assert!(matches!(no_time, Err(Error::Timeout(Timeout::Connect))));
        assert!(connect(&[], within(Duration::from_secs(1))).is_err());
    }
}
