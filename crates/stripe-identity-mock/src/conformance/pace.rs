use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often the probe reads the clock.
const TICK: Duration = Duration::from_millis(5);

/// The most that a thread of this machine woke late by since the current check began.
#[derive(Clone, Default)]
pub(super) struct Pace {
    worst: Arc<AtomicU64>,
}

/// Keeps the measurement running until it is dropped.
pub(super) struct Probe {
    _running: Sender<()>,
}

impl Pace {
    pub(super) fn start() -> (Self, Probe) {
        let pace = Self::default();
        let (running, stopped) = channel::<()>();
        let worst = pace.worst.clone();
        thread::spawn(move || {
            loop {
                let started = Instant::now();
                match stopped.recv_timeout(TICK) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
                let late = started.elapsed().saturating_sub(TICK);
                worst.fetch_max(u64::try_from(late.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
            }
        });
        (pace, Probe { _running: running })
    }

    pub(super) fn restart(&self) {
        self.worst.store(0, Ordering::Relaxed);
    }

    pub(super) fn worst(&self) -> Duration {
        Duration::from_micros(self.worst.load(Ordering::Relaxed))
    }

    /// Returns how late a transport may be. An exchange wakes a few threads one after another, each
    /// at least as late as the probe. The allowance is bounded, so that an event that never happens
    /// is late on a busy machine too.
    pub(super) fn allowance(&self, slack: Duration) -> Duration {
        slack + (50 * self.worst()).min(2 * slack)
    }

    /// Returns whether the machine was so late that it, and not the transport, may have used up
    /// this time.
    pub(super) fn explains(&self, time: Duration) -> bool {
        40 * self.worst() >= time
    }
}

/// Measures a request and a response of one byte between two threads over a new connection.
pub(super) fn roundtrip() -> io::Result<Duration> {
    let started = Instant::now();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        stream.read_exact(&mut [0])?;
        stream.write_all(b"x")
    });
    let mut client = TcpStream::connect(address)?;
    client.set_read_timeout(Some(Duration::from_secs(60)))?;
    client.write_all(b"x")?;
    client.read_exact(&mut [0])?;
    drop(server);
    Ok(started.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late_by(milliseconds: u64) -> Pace {
        let pace = Pace::default();
        pace.worst.store(1000 * milliseconds, Ordering::Relaxed);
        pace
    }

    #[test]
    fn allowance_grows_with_the_lateness_and_ends() {
        let slack = Duration::from_secs(3);
        let allowed = |late| late_by(late).allowance(slack).as_millis();
        assert_eq!([0, 10, 100, 120, 1000, 100_000].map(allowed), [3000, 3500, 8000, 9000, 9000, 9000]);
    }

    #[test]
    fn lateness_explains_what_is_not_much_longer() {
        let explains = |late| late_by(late).explains(Duration::from_millis(300));
        assert_eq!([0, 1, 7, 8, 300].map(explains), [false, false, false, true, true]);
    }

    #[test]
    fn probe_measures_until_it_is_dropped() {
        let (pace, probe) = Pace::start();
        while pace.worst().is_zero() {
            thread::sleep(TICK);
        }
        pace.restart();
        drop(probe);
        while Arc::strong_count(&pace.worst) > 1 {
            thread::sleep(TICK);
        }
    }
}
