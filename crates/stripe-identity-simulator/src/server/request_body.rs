//! Limits the memory for the bodies of requests and for large bodies of responses.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::refusal::Refusal;

const LARGEST: usize = 16 * 1024 * 1024;
/// The limit for an import.
const LARGEST_IMPORT: usize = 8 * LARGEST;
/// The limit for all bodies that are being received or handled, together.
const LARGEST_TOGETHER: usize = 16 * LARGEST;

/// The size up to which a response takes no room.
const LARGE: usize = 1024 * 1024;

/// The room for bodies.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// A body, and the room that it takes until it is dropped.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// A body that is being sent.
struct Held {
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Room {
    pub(super) fn new() -> Self {
        Self::with_size(LARGEST_TOGETHER)
    }

    fn with_size(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// Returns the body of a response. A large body takes room until it is sent.
    pub(super) fn hold(&self, bytes: Bytes) -> Result<Bytes, Refusal> {
        if bytes.len() <= LARGE {
            return Ok(bytes);
        }
        let size = u32::try_from(bytes.len()).map_err(|_| Refusal::no_room())?;
        let room = self.0.clone().try_acquire_many_owned(size).map_err(|_| Refusal::no_room())?;
        Ok(Bytes::from_owner(Held { bytes, _room: room }))
    }

    /// Reads a body that must arrive within the time `longest`. Returns `None` if the connection broke.
    pub(super) async fn read<B>(&self, body: B, path: &str, longest: Duration) -> Result<Option<Body>, Refusal>
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
    {
        if body.is_end_stream() {
            return Ok(Some(Body { bytes: Bytes::new(), _room: None }));
        }
        let largest = if path == "/_simulator/import" { LARGEST_IMPORT } else { LARGEST };
        timeout(longest, self.collect(body, largest)).await.unwrap_or_else(|_| Err(Refusal::slow_body()))
    }

    async fn collect<B>(&self, mut body: B, largest: usize) -> Result<Option<Body>, Refusal>
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
    {
        let (mut bytes, mut room) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Ok(None) };
            // Other frames are trailers.
            let Ok(data) = frame.into_data() else { continue };
            if data.len() > largest - bytes.len() {
                return Err(Refusal::too_large());
            }
            // The check above bounds its size.
            let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let more = self.0.clone().try_acquire_many_owned(size).map_err(|_| Refusal::no_room())?;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Some(Body { bytes: bytes.freeze(), _room: room }))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    async fn read(room: &Room, length: usize) -> Result<Body, u16> {
        let body = room.read(Full::new(Bytes::from(vec![b'x'; length])), "/v1/files", LONG).await;
        body.map(Option::unwrap).map_err(|refusal| refusal.into_response().status().as_u16())
    }

    #[tokio::test]
    async fn body_beyond_limit_is_refused() {
        let room = Room::new();
        assert_eq!(read(&room, LARGEST).await.unwrap().bytes.len(), LARGEST);
        assert_eq!(read(&room, LARGEST + 1).await.err(), Some(413));
        assert_eq!(room.0.available_permits(), LARGEST_TOGETHER);
    }

    #[test]
    fn large_responses_beyond_the_room_are_refused() {
        let room = Room::with_size(2 * LARGE);
        let hold = |length| room.hold(Bytes::from(vec![b'x'; length])).ok();
        let first = hold(LARGE + 1).unwrap();
        assert_eq!(first.len(), LARGE + 1);
        assert!(hold(LARGE).is_some() && hold(LARGE + 1).is_none());
        // A rest that is still to be sent keeps the room of the whole.
        let rest = first.slice(LARGE..);
        drop(first);
        assert!(hold(LARGE + 1).is_none());
        drop(rest);
        assert!(hold(LARGE + 1).is_some());
    }

    #[tokio::test]
    async fn bodies_beyond_the_room_are_refused() {
        let room = Room::with_size(10);
        let first = read(&room, 6).await.unwrap();
        assert_eq!(read(&room, 5).await.err(), Some(503));
        let second = read(&room, 4).await.unwrap();
        drop(first);
        assert_eq!(read(&room, 6).await.unwrap().bytes.len() + second.bytes.len(), 10);
    }
}
