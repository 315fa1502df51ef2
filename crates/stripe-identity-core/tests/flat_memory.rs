//! How much memory a walk through a list takes. This is a separate program, since allocations of other tests would
//! count.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::time::Duration;

use peak_alloc::PeakAlloc;
use stripe_identity_core::bytes::Bytes;
use stripe_identity_core::http::{Request, Response};
use stripe_identity_core::types::ListVerificationSessions;
use stripe_identity_core::{BlockingClient, BlockingHttpTransport, Config, TransportError};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const PAGE: usize = 100;

/// A server with a list of this many sessions, which it creates on request.
#[derive(Debug)]
struct Sessions(usize);

impl BlockingHttpTransport for Sessions {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let query = request.uri().query().unwrap_or_default();
        let after = query.split_once("starting_after=vs_").map_or(0, |(_, id)| id.parse::<usize>().unwrap() + 1);
        let end = (after + PAGE).min(self.0);
        let padding = "x".repeat(1000);
        let session = |number| format!(r#"{{"id": "vs_{number}", "client_reference_id": "{padding}"}}"#);
        let data: Vec<_> = (after..end).map(session).collect();
        let body = format!(r#"{{"data": [{}], "has_more": {}}}"#, data.join(","), end < self.0);
        Ok(Response::new(body.into()))
    }

    fn sleep(&self, _: Duration) {}
}

/// Returns how many bytes more than before are in use at most, during a walk through all items.
fn peak(items: usize) -> usize {
    let client = BlockingClient::new(Config::new("sk_test_123").unwrap(), Sessions(items));
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let list = client.verification_sessions().list(ListVerificationSessions::new().limit(100));
    assert_eq!(list.items().inspect(|item| assert!(item.is_ok())).count(), items);
    MEMORY.peak_usage().checked_sub(before).unwrap()
}

#[test]
fn ten_thousand_items_take_no_more_memory_than_three_pages() {
    let (few, many) = (peak(3 * PAGE), peak(100 * PAGE));
    assert!(few > PAGE * 1000, "a page takes less than its objects, so this measures nothing: {few}");
    assert!(many < few + few / 10, "{few} bytes for 3 pages, {many} for 100");
}
