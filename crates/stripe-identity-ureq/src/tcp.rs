//! TCP connections: to the first of several addresses that answers, with an ear for the server while sending.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::unversioned::transport::time::Duration as After;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// How long each of several addresses is tried at first. Round trips take less; what takes longer gets more time in the
/// next round.
const FIRST_SHARE: Duration = Duration::from_millis(500);
/// How long a server may take to read what is written before it is looked whether it said something.
const STALL: Duration = Duration::from_millis(50);

/// Time that is left for something.
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

    /// `None` if there is no end. Never zero, which sockets do not take.
    fn left(self) -> Result<Option<Duration>, Error> {
        let Some(at) = self.at else { return Ok(None) };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Error::Timeout(self.reason)) } else { Ok(Some(left)) }
    }

    fn left_of(self, limit: Duration) -> Result<Duration, Error> {
        Ok(self.left()?.map_or(limit, |left| left.min(limit)))
    }
}

/// What the layers of a connection share past TLS and tunnels, which lie between them.
pub(crate) struct Link {
    /// When the connection must stand, until it does.
    established_by: Mutex<Option<Deadline>>,
    has_news: AtomicBool,
    is_abandoned: AtomicBool,
}

impl Link {
    pub(crate) fn new(established_by: Deadline) -> Self {
        Self {
            established_by: Mutex::new(Some(established_by)),
            has_news: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
        }
    }

    fn established_by(&self) -> Option<Deadline> {
        *self.established_by.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection stands. From now on each request has its own time.
    pub(crate) fn establish(&self) {
        *self.established_by.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether something came from the server since the last time, while it was slow to take what was sent.
    pub(crate) fn take_news(&self) -> bool {
        self.has_news.swap(false, Ordering::Relaxed)
    }

    /// Nothing more is sent; what is to be sent is dropped. The connection is not used again.
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

/// Opens a connection as `details` say, by the time that its link says.
pub(crate) fn open(details: &ConnectionDetails<'_>, link: Arc<Link>) -> Result<TcpTransport, Error> {
    let deadline = Deadline::of(details.timeout).or_sooner(link.established_by());
    let stream = connect(&details.addrs, deadline)?;
    stream.set_nodelay(true)?;
    let config = details.config;
    Ok(TcpTransport {
        socket: Socket { stream, link, is_broken: false },
        buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
        unsent: Vec::new(),
    })
}

/// Tries the addresses one after the other, each for a short time first and longer in each further round, so that one that
/// swallows all packets does not use up the time of the others.
fn connect(addresses: &[SocketAddr], deadline: Deadline) -> Result<TcpStream, Error> {
    let mut waiting = alternate(addresses);
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
                // The system's own timeout comes with a number and is final.
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

/// The same addresses, IPv4 and IPv6 in turn, for where one of the two leads nowhere.
fn alternate(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else { return Vec::new() };
    let is_alike = |address: &SocketAddr| address.is_ipv6() == first.is_ipv6();
    let mut alike = addresses.iter().filter(|address| is_alike(address));
    let mut others = addresses.iter().filter(|address| !is_alike(address));
    let mut ordered = Vec::new();
    while ordered.len() < addresses.len() {
        ordered.extend(alike.next());
        ordered.extend(others.next());
    }
    ordered
}

/// A connection that, when the server is slow to take what is sent, looks whether it said something instead. What is then left
/// to be sent waits here, so that the layers above can look, and go on.
#[derive(Debug)]
pub(crate) struct TcpTransport {
    socket: Socket,
    buffers: LazyBuffers,
    unsent: Vec<u8>,
}

struct Socket {
    stream: TcpStream,
    link: Arc<Link>,
    /// Nothing can be written any more. What the server said before may still be read.
    is_broken: bool,
}

impl Socket {
    fn deadline(&self, timeout: NextTimeout) -> Deadline {
        Deadline::of(timeout).or_sooner(self.link.established_by())
    }

    fn takes_nothing(&self) -> bool {
        self.is_broken || self.link.is_abandoned()
    }

    /// Writes until all is written or the server says something. Returns how many bytes are done with.
    fn write(&mut self, bytes: &[u8], deadline: Deadline) -> Result<usize, Error> {
        let mut written = 0;
        while written < bytes.len() {
            self.stream.set_write_timeout(Some(deadline.left_of(STALL)?))?;
            match self.stream.write(&bytes[written..]) {
                Ok(taken) if taken > 0 => written += taken,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {}
                // Why is said by what can be read.
                Ok(_) | Err(_) => {
                    self.is_broken = true;
                    return Ok(bytes.len());
                }
            }
            // The system took less than all of it in that time.
            if written < bytes.len() && self.has_input() {
                self.link.has_news.store(true, Ordering::Relaxed);
                break;
            }
        }
        Ok(written)
    }

    /// Whether there is something to read, be it the end.
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
        if self.socket.takes_nothing() {
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
            let is_sending = !self.unsent.is_empty() && !self.socket.takes_nothing();
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
        self.unsent.is_empty() && !self.socket.takes_nothing() && !self.socket.has_input()
    }
}

/// Systems differ in which they say.
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

    /// A listener that takes no more connections, and what keeps it busy.
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

    /// A listener that takes connections, and its address.
    fn good(local: &str) -> (SocketAddr, TcpListener) {
        let listener = TcpListener::bind(local).unwrap();
        (listener.local_addr().unwrap(), listener)
    }

    /// A port that is reserved for a service which nobody runs.
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
        // Not after all of the others.
        assert!(started.elapsed() < 10 * FIRST_SHARE, "{:?}", started.elapsed());
    }

    #[test]
    fn slow_address_gets_more_time_in_the_next_round() {
        let ((silent, _full, _waiting), (slow, listener, waiting)) = (full("127.0.0.1:0"), full("127.0.0.1:0"));
        thread::spawn(move || {
            thread::sleep(2 * FIRST_SHARE);
            drop(waiting);
            // Until the test's own connection has come, and a moment longer.
            listener.incoming().for_each(drop);
        });
        expect_connection(&[slow, silent], Duration::from_secs(30), slow);
    }

    #[test]
    fn what_all_addresses_refuse_is_refused_and_what_none_answers_is_late() {
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

    #[test]
    fn addresses_alternate_between_families() {
        let [v6, w6, x6] = ["[::1]:1", "[::1]:2", "[::1]:3"].map(|address| address.parse().unwrap());
        let [v4, w4] = ["127.0.0.1:1", "127.0.0.1:2"].map(|address| address.parse().unwrap());
        assert_eq!(alternate(&[v6, w6, x6, v4, w4]), [v6, v4, w6, w4, x6]);
        assert_eq!(alternate(&[v4, v6, w4]), [v4, v6, w4]);
        assert_eq!(alternate(&[v6, w6]), [v6, w6]);
        assert_eq!(alternate(&[]), []);
    }
}
