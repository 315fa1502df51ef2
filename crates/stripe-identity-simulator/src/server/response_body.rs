//! The bodies of responses: whole, cut, or slow.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// The time for a part of a body to leave before the connection ends.
const PAUSE: Duration = Duration::from_millis(20);
/// The number of pieces of a slow body.
const MOST_PIECES: usize = 100;

/// The body of a response.
#[derive(Default)]
pub(super) struct Body {
    rest: Bytes,
    /// The number of bytes that are sent at a time.
    piece: usize,
    /// The wait after each piece.
    pause: Duration,
    waits: Option<Pin<Box<Sleep>>>,
    /// The time when the next piece is due.
    due: Option<Instant>,
    /// The number of unsent bytes at which the connection ends.
    cut_at: Option<usize>,
}

impl Body {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { piece: bytes.len(), rest: bytes, ..Self::default() }
    }

    /// Creates a body of which the first half is sent before the connection ends.
    pub(super) fn cut(bytes: Bytes) -> Self {
        let half = bytes.len() / 2;
        Self { piece: half.max(1), pause: PAUSE, cut_at: Some(bytes.len() - half), rest: bytes, ..Self::default() }
    }

    /// Creates a body that is sent in pieces over the `duration`.
    pub(super) fn slow(bytes: Bytes, duration: Duration) -> Self {
        let piece = bytes.len().div_ceil(MOST_PIECES).max(1);
        let pauses = bytes.len().div_ceil(piece).saturating_sub(1).max(1);
        let pause = duration / u32::try_from(pauses).unwrap_or(u32::MAX);
        Self { piece, pause, rest: bytes, ..Self::default() }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(wait) = &mut self.waits {
            ready!(wait.as_mut().poll(context));
            self.waits = None;
        }
        if self.cut_at.is_some_and(|left| self.rest.len() <= left) {
            return Poll::Ready(Some(Err(Broken)));
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(size);
        if !self.pause.is_zero() {
            // Counted from the previous due time, so that delays of the pieces do not add up.
            let due = self.due.unwrap_or_else(Instant::now).checked_add(self.pause);
            self.due = due;
            self.waits = Some(Box::pin(due.map_or_else(|| sleep(self.pause), sleep_until)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.cut_at.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len().try_into().unwrap_or(u64::MAX))
    }
}

/// The error that ends a connection without a response, or in the middle of one.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault ends the connection")
    }
}

impl std::error::Error for Broken {}
