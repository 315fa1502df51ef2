//! A connection: its timeout, and its end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

/// The activity on a connection.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    reset: Notify,
}

#[derive(Debug)]
struct State {
    /// The number of requests that the server is working on.
    busy: usize,
    /// The time since which the server waits for the client.
    idle_since: Instant,
    is_reset: bool,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        let state = State { busy: 0, idle_since: Instant::now(), is_reset: false };
        Arc::new(Self { state: Mutex::new(state), reset: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the server as busy until the returned value is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.state().busy += 1;
        Busy(self.clone())
    }

    /// Extends the time for the client.
    pub(super) fn extend(&self, duration: Duration) {
        let mut state = self.state();
        // A duration beyond the range of the clock changes nothing.
        state.idle_since = Instant::now().checked_add(duration).unwrap_or(state.idle_since);
    }

    /// Ends the connection with a reset.
    pub(super) fn reset(&self) {
        self.state().is_reset = true;
        self.reset.notify_one();
    }

    /// Completes when the connection is to be reset.
    pub(super) async fn is_reset(&self) {
        self.reset.notified().await;
    }

    /// Completes when the server has waited for the client for longer than `timeout`.
    pub(super) async fn expires(&self, timeout: Duration) {
        loop {
            let (busy, deadline) = {
                let state = self.state();
                (state.busy > 0, state.idle_since.checked_add(timeout))
            };
            match deadline {
                Some(deadline) if !busy && deadline <= Instant::now() => return,
                Some(deadline) if !busy => sleep_until(deadline).await,
                _ => sleep(timeout).await,
            }
        }
    }
}

/// Marks the server as busy until it is dropped.
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.busy -= 1;
        state.idle_since = state.idle_since.max(Instant::now());
    }
}

/// A socket that may end with a reset.
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    pub(super) activity: Arc<Activity>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.activity.state().is_reset {
            // Otherwise the socket closes without a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
